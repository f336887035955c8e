#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// Canonical JSON: the one text of a value that survives JavaScript unchanged,
//
//     JSON.stringify(JSON.parse(text)) === text
//
// byte for byte. The seeds' own receivers verify a signature over exactly that expression (Snipy,
// SnapGlyph) or over the raw bytes (HyperSnap), so only such a body satisfies them all.
//
// - No white space, no byte order mark. Members stay in the order in which they were written.
// - Strings are UTF-8, raw but for \" \\ \b \t \n \f \r and \u00xx (lower case) below 0x20.
// - Numbers have the digits and the layout of ECMAScript's Number::toString: 1, 0.1, 1e-7, 1e+21.
//   -0 is written as 0.
//
// Refused, because JavaScript would change or lose them: NaN and infinity; integers beyond
// +-9007199254740991 (see as_string in fields.hpp); a key twice in one object; keys that look like
// integers (they move to the front); the keys that hosts and frameworks treat as special
// ("__proto__", "constructor", "prototype", "toJSON"); invalid UTF-8 in a key.

// What becomes of a string value that is not UTF-8. Visitors' browsers send such referrers and user
// agents, and a click with a broken user agent is still a click.
enum class InvalidUtf8 {
  replace,  // each invalid sequence becomes U+FFFD, as browsers and Node.js do, and is counted
  refuse,
};

// Bounds that hold for whatever is written or read here (Ours). The limit on what is *sent* is the
// dispatcher's, and far lower.
inline constexpr std::size_t json_depth_max = 16;  // objects and arrays in each other; `data` is 1
inline constexpr std::size_t json_string_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t json_body_bytes_max = std::size_t{4} << 20;

// True if `text` is one object in canonical JSON, within the bounds above: what this library would
// write for it. (Numbers of 2^53 and more are fine here where they are written as JavaScript does.)
[[nodiscard]] HOOKWRIGHT_EXPORT bool is_canonical_json(std::string_view text);

// The name of a struct's field in JSON: a literal, checked while compiling.
class FieldName {
 public:
  consteval FieldName(const char* name);  // implicit, so that fields() may say f("alias", alias)
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

// Writes one canonical object. It is what encode() drives; an application rarely needs it.
//
// Errors: never thrown (but for want of memory). The first thing that can't be written makes
// refusal() say what and where ("data.geo.lat: NaN cannot be written as JSON"), never the value;
// from then on all calls do nothing. Calls in a wrong order are refused likewise.
// Ownership: each thread keeps one buffer for its next writer, so a short-lived JsonWriter
// allocates nothing but the text it gives away.
// Threads: one at a time.
class HOOKWRIGHT_EXPORT JsonWriter {
 public:
  explicit JsonWriter(InvalidUtf8 invalid_utf8 = InvalidUtf8::replace);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void field(FieldName name);       // a key that the compiler has checked
  void key(std::string_view name);  // any other key, checked here
  void end_object();
  void begin_array();
  void end_array();

  void string(std::string_view text);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void number(double value);
  void number(float value);  // as the shortest decimal that means this float: 0.1F is 0.1
  void boolean(bool value);
  void null();

  // A string "2026-03-04T12:00:00Z". Refused outside the years 0000 to 9999.
  void timestamp(std::chrono::sys_seconds at);

  // Refuses the value that would come now, for a reason of the caller's.
  void refuse(std::string_view why);

  [[nodiscard]] bool ok() const noexcept;  // nothing was refused so far
  [[nodiscard]] const std::string& refusal() const noexcept;
  [[nodiscard]] std::size_t replaced() const noexcept;  // sequences that became U+FFFD

  // The text, once. Empty if anything was refused or the object was not ended.
  [[nodiscard]] std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

namespace detail {

// Deliberately not constexpr: the compiler's message names the one that was called.
inline void a_field_name_is_letters_digits_and_underscores_and_starts_with_no_digit() {}
inline void this_field_name_is_special_in_javascript() {}

constexpr bool reserved_key(std::string_view key) noexcept {
  return key == "__proto__" || key == "constructor" || key == "prototype" || key == "toJSON";
}

constexpr bool plain_field_name(std::string_view name) noexcept {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

}  // namespace detail

consteval FieldName::FieldName(const char* name) : text_(name) {
  if (!detail::plain_field_name(text_))
    detail::a_field_name_is_letters_digits_and_underscores_and_starts_with_no_digit();
  if (detail::reserved_key(text_)) detail::this_field_name_is_special_in_javascript();
}

}  // namespace hookwright
