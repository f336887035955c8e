#include "hookwright/error.hpp"

#include <cstddef>

#include "event/utf8.hpp"

namespace hookwright {
namespace {

constexpr std::size_t value_bytes_shown_max = 200;

// Of a character that is whole: what ends a line, or moves a terminal's cursor, in one encoding or
// another. C0, DEL, C1, and the line and paragraph separators U+2028 and U+2029.
bool breaks_lines(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  return character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9";
}

// A value may come from a tenant and end in a log: one line, bounded, and valid UTF-8.
std::string shown(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  std::size_t at = 0;
  while (at < value.size()) {
    const event::Utf8Step step = event::utf8_step(value.substr(at));
    if (at + step.bytes > value_bytes_shown_max) break;
    const std::string_view character = value.substr(at, step.bytes);
    at += step.bytes;
    if (step.valid && !breaks_lines(character)) {
      text += character;
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      text += "\\x";
      text += hex[byte >> 4U];
      text += hex[byte & 0xFU];
    }
  }
  if (at < value.size()) text += "...";
  return text;
}

std::string message(std::string_view field, std::string_view rule, std::string_view value) {
  std::string text;
  text.append(field).append(": ").append(rule);
  if (!value.empty()) text.append(" (got \"").append(shown(value)).append("\")");
  return text;
}

}  // namespace

ConfigError::ConfigError(std::string_view field, std::string_view rule, std::string_view value)
    : std::invalid_argument(message(field, rule, value)), field_(field) {}

ConfigError::~ConfigError() = default;

}  // namespace hookwright
