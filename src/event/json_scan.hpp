#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookwright::event {

// JSON text made fit for a parser that trusts its input: valid UTF-8, no NUL, and no \u escape of
// half a surrogate pair.
struct ScannedText {
  std::string_view text{};    // the text given, or `repaired`
  std::string repaired{};     // used only if something had to be replaced
  std::size_t replaced = 0;   // sequences and escapes that became U+FFFD
  std::size_t first_bad = 0;  // where in the given text the first of them was
  bool has_nul = false;       // then the rest means nothing
};

// The result's `text` may point into `text` or into the result itself: do not move it.
void scan_json(std::string_view text, ScannedText& result);

}  // namespace hookwright::event
