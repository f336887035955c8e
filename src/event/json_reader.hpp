#pragma once

#include <cstddef>
#include <string_view>

#include "hookwright/json.hpp"

namespace hookwright::event {

enum class LargeIntegers {
  refuse,      // beyond +-(2^53-1): it may be an id that JavaScript would round
  as_doubles,  // to look at text that was written from doubles
};

// Puts the JSON object in `text` into `json` as its next value, or makes `json` say why not.
// Returns the number of sequences that became U+FFFD before the writer saw them.
std::size_t copy_json_object(std::string_view text, InvalidUtf8 invalid_utf8,
                             LargeIntegers integers, JsonWriter& json);

}  // namespace hookwright::event
