#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hookwright {

// A store's cursor may be any bytes; what callers get goes into URLs and JSON, so it is their hex
// digits.
inline std::string to_mark(std::string_view cursor) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string mark;
  for (const char c : cursor) {
    const auto byte = static_cast<unsigned char>(c);
    mark += digits[byte >> 4U];
    mark += digits[byte & 15U];
  }
  return mark;
}

// Nothing if no page gave such a mark: it may be a customer's.
inline std::optional<std::string> from_mark(std::string_view mark) {
  if (mark.size() % 2 != 0) return std::nullopt;
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string cursor;
  for (std::size_t at = 0; at < mark.size(); at += 2) {
    const int high = value(mark[at]);
    const int low = value(mark[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    cursor += static_cast<char>(high * 16 + low);
  }
  return cursor;
}

}  // namespace hookwright
