#pragma once

#include <cstddef>
#include <string_view>

namespace hookwright::event {

struct Utf8Step {
  std::size_t bytes = 0;
  bool valid = false;
};

// The sequence at the front of a text that is not empty: RFC 3629's shortest forms, no surrogates,
// nothing above U+10FFFF. Invalid bytes come in the portions that the WHATWG decoder (browsers,
// Node.js) replaces by one U+FFFD each. Never looks beyond the text's end.
constexpr Utf8Step utf8_step(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace hookwright::event
