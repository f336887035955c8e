#include "hookwright/error.hpp"

#include <cstddef>

namespace hookwright {
namespace {

constexpr std::size_t value_bytes_shown_max = 200;

// A value may come from a tenant and end in a log: one line, bounded, and never half a UTF-8
// sequence.
std::string shown(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::size_t end = value.size();
  if (end > value_bytes_shown_max) {
    end = value_bytes_shown_max;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;
  }
  std::string text;
  text.reserve(end);
  for (const char c : value.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      text += c;
      continue;
    }
    text += "\\x";
    text += hex[byte >> 4U];
    text += hex[byte & 0xFU];
  }
  if (end < value.size()) text += "...";
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
