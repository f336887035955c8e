#include "event/json_scan.hpp"

#include <optional>

#include "event/utf8.hpp"

namespace hookwright::event {

namespace {

// The code unit of the escape \uXXXX at the front of `text`, if there is one.
std::optional<unsigned> escaped_unit(std::string_view text) noexcept {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  unsigned unit = 0;
  for (const char c : text.substr(2, 4)) {
    unit *= 16;
    if (c >= '0' && c <= '9') {
      unit += static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      unit += static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      unit += static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
  }
  return unit;
}

bool is_high(unsigned unit) noexcept {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) noexcept {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// How much of the text the escape at its front takes, and whether it is half a surrogate pair.
Utf8Step escape_step(std::string_view text) noexcept {
  const std::optional<unsigned> unit = escaped_unit(text);
  if (!unit) {  // \" and its like; what can't be one is looked at by itself
    const unsigned char next = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0;
    return {next == 0 || next >= 0x80 ? std::size_t{1} : std::size_t{2}, true};
  }
  if (is_low(*unit)) return {6, false};
  if (!is_high(*unit)) return {6, true};
  const std::optional<unsigned> next = escaped_unit(text.substr(6));
  return next && is_low(*next) ? Utf8Step{12, true} : Utf8Step{6, false};
}

}  // namespace

void scan_json(std::string_view text, ScannedText& result) {
  bool in_string = false;
  std::size_t kept = 0;  // up to here the text is in `repaired`, once there is one
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\0') {
      result.has_nul = true;
      return;
    }
    Utf8Step step{1, true};
    if (in_string && c == '\\') {
      step = escape_step(text.substr(i));
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      step = utf8_step(text.substr(i));
    } else if (c == '"') {
      in_string = !in_string;
    }
    if (!step.valid) {
      if (result.replaced++ == 0) result.first_bad = i;
      result.repaired.append(text, kept, i - kept);
      result.repaired.append(utf8_replacement);
      kept = i + step.bytes;
    }
    i += step.bytes;
  }
  result.text = text;
  if (result.replaced != 0) {
    result.repaired.append(text, kept);
    result.text = result.repaired;
  }
}

}  // namespace hookwright::event
