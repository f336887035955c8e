#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "event/key_log.hpp"
#include "hookwright/json.hpp"

namespace hookwright::event {

// Where a writer stands in the document: which objects and arrays are open, and under which keys.
// It allows what comes next, or says why not, and gives a place its name for a refusal. The keys'
// text is in the writer's output, which is passed where it is needed.
class Outline {
 public:
  void clear() noexcept;

  // Each notes the step, or returns what is wrong with it and notes nothing; null is right.
  const char* begin_object();
  const char* begin_array();
  const char* key();
  const char* value();
  const char* end_object();
  const char* end_array();

  // The key that was just written: its text, without quotes, begins at `offset` of the output.
  void note_key(std::size_t offset, std::string_view text) { keys_.push(offset, text); }

  [[nodiscard]] bool complete() const noexcept { return complete_; }

  // The value that was begun last, or the object or array in which the next would stand:
  // "data.top[3].city".
  [[nodiscard]] std::string path(const char* output) const;

  // The path of a key that comes twice in the innermost object.
  [[nodiscard]] std::optional<std::string> duplicate(const char* output) const;

 private:
  struct Level {
    bool object = false;
    bool key_pending = false;
    std::size_t first_key = 0;  // in keys_
    std::size_t elements = 0;   // of an array
  };

  const char* begin(bool object);
  const char* end(bool object);
  [[nodiscard]] std::string outer_path(std::size_t levels, const char* output) const;

  KeyLog keys_{};
  std::array<Level, json_depth_max + 1> levels_{};  // one more for the envelope around `data`
  std::size_t depth_ = 0;
  bool complete_ = false;
};

}  // namespace hookwright::event
