#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "hookwright/detail/field_writer.hpp"

namespace hookwright {

// What a member of an event may be, and how it is written:
//
//   bool, integers up to 64 bits         true, 42. Beyond +-(2^53-1) refused: see as_string
//   double, float                        as JavaScript prints it; NaN and infinity are refused
//   std::string, std::string_view,
//     "literal", char[N] up to its NUL   a string
//   an enum with a std::string_view
//     to_string(E) beside it             a string
//   sys_time (TimePoint and others)      "2026-03-04T12:00:00Z": UTC, whole seconds, rounded down
//   std::optional<T>                     T; without a value the key is left out (null in an array)
//   a range of T                         an array
//   a map with string keys               an object in the map's order; the keys are checked
//   a struct with fields()               an object
//
// A duration is written with a unit of the caller's choice: as_seconds, as_milliseconds. Money is
// an integer of minor units and a currency, as in the seeds ("price": 1999, "currency": "usd").
// There are no pointers, const char* included: they say neither who owns the text nor that it is
// there. Anything else is a compile error that says what to use instead.

// A 64-bit integer as a string of decimal digits, for ids that JavaScript must not round:
// f("id", as_string(id)).
struct DecimalText {
  std::array<char, 20> digits{};
  std::size_t size = 0;
  constexpr operator std::string_view() const noexcept { return {digits.data(), size}; }
};

template <std::integral Integer>
[[nodiscard]] constexpr DecimalText as_string(Integer value) noexcept {
  static_assert(!std::same_as<Integer, bool> && sizeof(Integer) <= sizeof(std::uint64_t));
  // The magnitude of the lowest value has no positive counterpart, so negate after widening.
  auto rest = static_cast<std::uint64_t>(value);
  bool negative = false;
  if constexpr (std::signed_integral<Integer>) {
    negative = value < 0;
    if (negative) rest = std::uint64_t{0} - static_cast<std::uint64_t>(std::int64_t{value});
  }
  std::array<char, 20> reversed{};
  std::size_t count = 0;
  do {
    reversed[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) reversed[count++] = '-';
  DecimalText text{.digits = {}, .size = count};
  for (std::size_t i = 0; i < count; ++i) text.digits[i] = reversed[count - 1 - i];
  return text;
}

template <std::integral Integer>
[[nodiscard]] constexpr std::optional<DecimalText> as_string(
    std::optional<Integer> value) noexcept {
  if (!value) return std::nullopt;
  return as_string(*value);
}

// Keeps the key of an optional without a value, as null: f("city", or_null(city)).
template <class T>
[[nodiscard]] constexpr OrNull<T> or_null(const std::optional<T>& value) noexcept {
  return OrNull<T>{value};
}

// A duration as an integer of whole units, rounded down.
template <class Rep, class Period>
[[nodiscard]] constexpr std::int64_t as_seconds(std::chrono::duration<Rep, Period> span) {
  return std::int64_t{std::chrono::floor<std::chrono::seconds>(span).count()};
}

template <class Rep, class Period>
[[nodiscard]] constexpr std::int64_t as_milliseconds(std::chrono::duration<Rep, Period> span) {
  return std::int64_t{std::chrono::floor<std::chrono::milliseconds>(span).count()};
}

template <class Rep, class Period>
[[nodiscard]] constexpr std::optional<std::int64_t> as_seconds(
    std::optional<std::chrono::duration<Rep, Period>> span) {
  if (!span) return std::nullopt;
  return as_seconds(*span);
}

template <class Rep, class Period>
[[nodiscard]] constexpr std::optional<std::int64_t> as_milliseconds(
    std::optional<std::chrono::duration<Rep, Period>> span) {
  if (!span) return std::nullopt;
  return as_milliseconds(*span);
}

}  // namespace hookwright
