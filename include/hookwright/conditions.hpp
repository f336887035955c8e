#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hookwright/export.hpp"

namespace hookwright {

namespace detail {
template <class T>
concept ComparedAsNumber = !std::same_as<T, bool> && (std::integral<T> || std::floating_point<T>);
}

// What a field is compared with: text, a number, true or false. Values of different kinds are never
// equal: 7 is not "7". Numbers are compared as double, as JavaScript would.
//
// The constructors are implicit, so that a condition reads like a sentence.
class FieldValue {
 public:
  FieldValue() = default;  // nothing: for `present` and `absent`
  FieldValue(std::string text) : value_(std::move(text)) {}
  FieldValue(std::string_view text) : value_(std::string(text)) {}
  FieldValue(const char* text) : value_(std::string(text)) {}
  FieldValue(std::same_as<bool> auto truth) : value_(truth) {}
  FieldValue(detail::ComparedAsNumber auto number) : value_(static_cast<double>(number)) {}

  // What it holds: exactly one of these four is true or not null.
  [[nodiscard]] bool none() const { return value_.index() == 0; }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const double* number() const { return std::get_if<double>(&value_); }
  [[nodiscard]] const bool* truth() const { return std::get_if<bool>(&value_); }
  friend bool operator==(const FieldValue&, const FieldValue&) = default;

 private:
  std::variant<std::monostate, std::string, double, bool> value_{};
};

enum class Comparison : std::uint8_t {
  equal = 0,
  not_equal = 1,    // the field is there and holds no such value
  starts_with = 2,  // text only, byte by byte
  less = 3,         // numbers only, these four
  at_most = 4,
  greater = 5,
  at_least = 6,
  present = 7,  // without a value
  absent = 8,   // without a value
};

// One test of an event's payload:
//
//   {"data.campaign", Comparison::starts_with, "summer-"}
//   {"data.clicks", Comparison::greater, 10'000}
//
// `field` is the path to it in the body, names joined by dots, beginning with "data."; a name that
// holds a dot itself can't be reached. Lists are looked into: the field is every element of it. A
// null counts as absent, and an absent field meets no comparison but `absent`. (Ours, all of it:
// the seeds promise "dynamic alert routing" and say nothing of how.)
struct Condition {
  std::string field{};
  Comparison comparison = Comparison::equal;
  FieldValue value{};
  friend bool operator==(const Condition&, const Condition&) = default;
};

// Which of the events that it subscribes to an endpoint gets: those for which each of `all` holds
// and, if there are some, at least one of `any`. Empty: every event. One that all subscribers'
// conditions leave out is stored like any other, and delivered to nobody.
struct Conditions {
  std::vector<Condition> all{};
  std::vector<Condition> any{};
  [[nodiscard]] bool empty() const { return all.empty() && any.empty(); }
  friend bool operator==(const Conditions&, const Conditions&) = default;
};

// Throws ConfigError ("endpoint.conditions.all[2].field") unless each can be tested: a path of at
// most 256 bytes and 16 names, a value of the comparison's kind, text of at most 1 KiB, finite
// numbers, 32 conditions together.
HOOKWRIGHT_EXPORT void check(const Conditions& conditions);

// The first condition that an event's body does not meet, as a person would read it
// ("data.campaign starts with \"summer-\"", or those of `any` joined by " or "); empty if it meets
// them all.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string unmet(const Conditions& conditions,
                                                  std::string_view body);

}  // namespace hookwright
