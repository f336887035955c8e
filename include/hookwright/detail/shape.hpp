#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

// Which of the kinds of fields.hpp a member's type is. The writer, the catalogue and the compile
// errors all ask here, so they can't disagree.

namespace hookwright {

class ObjectWriter;

// What or_null() makes.
template <class T>
struct OrNull {
  const std::optional<T>& value;
};

namespace detail {

enum class Shape {
  boolean,
  signed_integer,
  unsigned_integer,
  number,
  text,
  text_array,
  optional,
  or_null,
  timestamp,
  enumeration,
  map,
  array,
  object,
  // From here on: not in an event.
  pointer,
  character,
  long_double,
  duration,
  other_clock,
  enum_without_text,
  map_without_text_keys,
  mutable_fields,
  unknown,
};

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Parts>
inline constexpr bool is_a<Template<Parts...>, Template> = true;

template <class T>
inline constexpr bool is_char_array = false;
template <std::size_t N>
inline constexpr bool is_char_array<char[N]> = true;

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class T>
concept PointerLike =
    std::is_pointer_v<T> || std::is_null_pointer_v<T> || std::is_member_pointer_v<T> ||
    is_a<T, std::unique_ptr> || is_a<T, std::shared_ptr> || is_a<T, std::weak_ptr>;

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  { to_string(value) } -> std::convertible_to<std::string_view>;
};

template <class T>
inline constexpr bool is_sys_time = false;
template <std::integral Rep, class Period>
inline constexpr bool is_sys_time<std::chrono::sys_time<std::chrono::duration<Rep, Period>>> =
    std::ratio_less_equal_v<Period, std::chrono::seconds::period>;

template <class T>
concept Iterable = requires(const T& range) {
  { std::begin(range) != std::end(range) } -> std::convertible_to<bool>;
  ++std::declval<decltype(std::begin(range))&>();
};

// What is its own element, as std::filesystem::path is, would never end.
template <class T>
concept Range = Iterable<T> &&
    !std::same_as<std::remove_cvref_t<decltype(*std::begin(std::declval<const T&>()))>, T>;

template <class T>
concept Map = Range<T> && requires {
  typename T::key_type;
  typename T::mapped_type;
};

template <class T>
concept HasEventType = requires {
  std::string_view(T::event_type);
};

template <class T>
concept HasFields = requires(const T& value, ObjectWriter& visitor) {
  value.fields(visitor);
};

template <class T>
concept HasMutableFields = !HasFields<T> && requires(T & value, ObjectWriter& visitor) {
  value.fields(visitor);
};

template <class T>
consteval Shape shape_of() {
  if constexpr (std::same_as<T, bool>)
    return Shape::boolean;
  else if constexpr (Character<T>)
    return Shape::character;
  else if constexpr (std::same_as<T, long double>)
    return Shape::long_double;
  else if constexpr (std::floating_point<T>)
    return Shape::number;
  else if constexpr (std::signed_integral<T> && sizeof(T) <= 8)
    return Shape::signed_integer;
  else if constexpr (std::unsigned_integral<T> && sizeof(T) <= 8)
    return Shape::unsigned_integer;
  else if constexpr (PointerLike<T>)
    return Shape::pointer;
  else if constexpr (is_char_array<T>)
    return Shape::text_array;
  else if constexpr (std::is_convertible_v<const T&, std::string_view>)
    return Shape::text;
  else if constexpr (is_a<T, std::optional>)
    return Shape::optional;
  else if constexpr (is_a<T, OrNull>)
    return Shape::or_null;
  else if constexpr (is_sys_time<T>)
    return Shape::timestamp;
  else if constexpr (is_a<T, std::chrono::time_point>)
    return Shape::other_clock;
  else if constexpr (is_a<T, std::chrono::duration>)
    return Shape::duration;
  else if constexpr (NamedEnum<T>)
    return Shape::enumeration;
  else if constexpr (std::is_enum_v<T>)
    return Shape::enum_without_text;
  else if constexpr (HasFields<T>)
    return Shape::object;
  else if constexpr (HasMutableFields<T>)
    return Shape::mutable_fields;
  else if constexpr (Map<T>) {
    return std::is_convertible_v<const typename T::key_type&, std::string_view>
               ? Shape::map
               : Shape::map_without_text_keys;
  } else if constexpr (Range<T>)
    return Shape::array;
  else
    return Shape::unknown;
}

// The compile errors. Exactly one fires for a type that can't go into an event.
template <class T>
consteval void require_supported() {
  constexpr Shape shape = shape_of<T>();
  static_assert(shape != Shape::pointer,
                "a pointer cannot go into an event: use the value itself, std::string for text, or "
                "std::optional for what may be missing");
  static_assert(shape != Shape::character,
                "a single character cannot go into an event: use std::string, or std::int32_t for "
                "a number");
  static_assert(shape != Shape::long_double,
                "long double cannot go into an event: JavaScript has only double; use that");
  static_assert(shape != Shape::duration,
                "a duration in an event needs a unit: f(\"seconds\", hookwright::as_seconds(d)) or "
                "as_milliseconds(d)");
  static_assert(shape != Shape::other_clock,
                "a time in an event must be hookwright::TimePoint or another time of "
                "std::chrono::system_clock in ticks of a second or less");
  static_assert(
      shape != Shape::enum_without_text,
      "an enum in an event needs `std::string_view to_string(E)` beside it (found by ADL)");
  static_assert(shape != Shape::map_without_text_keys,
                "a map in an event needs string keys: JSON has no others");
  static_assert(shape != Shape::mutable_fields,
                "fields() must be const: `void fields(auto& f) const { ... }`");
  static_assert(shape != Shape::unknown,
                "this type cannot go into an event: use bool, integers, double, std::string, "
                "std::optional, an enum with to_string, hookwright::TimePoint, ranges, maps with "
                "string keys, or a struct with `void fields(auto& f) const`");
}

}  // namespace detail
}  // namespace hookwright
