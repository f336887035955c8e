#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "hookwright/detail/shape.hpp"
#include "hookwright/json.hpp"

// How each kind of member is written. Only calls of JsonWriter are instantiated here, so that an
// event type costs a compiler no more than a hand-written function would.

namespace hookwright {

namespace detail {
template <class T>
void write_value(JsonWriter& json, const T& value);
}  // namespace detail

// The `f` of fields() while an event is written.
class ObjectWriter {
 public:
  explicit ObjectWriter(JsonWriter& json) noexcept : json_(json) {}

  template <class T>
  void operator()(FieldName name, const T& value) {
    if constexpr (detail::is_a<T, std::optional>) {
      if (!value) return;
      json_.field(name);
      detail::write_value(json_, *value);
    } else {
      json_.field(name);
      detail::write_value(json_, value);
    }
  }

 private:
  JsonWriter& json_;
};

namespace detail {

template <class T>
void write_value(JsonWriter& json, const T& value) {
  require_supported<T>();
  constexpr Shape shape = shape_of<T>();
  if constexpr (shape == Shape::boolean) {
    json.boolean(value);
  } else if constexpr (shape == Shape::signed_integer) {
    json.integer(std::int64_t{value});
  } else if constexpr (shape == Shape::unsigned_integer) {
    json.unsigned_integer(std::uint64_t{value});
  } else if constexpr (shape == Shape::number) {
    json.number(value);
  } else if constexpr (shape == Shape::text) {
    json.string(value);
  } else if constexpr (shape == Shape::text_array) {
    const std::string_view all(value, std::extent_v<T>);
    json.string(all.substr(0, all.find('\0')));
  } else if constexpr (shape == Shape::optional) {
    if (value) {
      write_value(json, *value);
    } else {
      json.null();
    }
  } else if constexpr (shape == Shape::or_null) {
    write_value(json, value.value);
  } else if constexpr (shape == Shape::timestamp) {
    json.timestamp(std::chrono::floor<std::chrono::seconds>(value));
  } else if constexpr (shape == Shape::enumeration) {
    json.string(to_string(value));
  } else if constexpr (shape == Shape::map) {
    json.begin_object();
    for (const auto& [key, mapped] : value) {
      if (!json.ok()) return;
      json.key(key);
      write_value(json, mapped);
    }
    json.end_object();
  } else if constexpr (shape == Shape::array) {
    json.begin_array();
    // Named, so that the proxies of std::vector<bool> become the bool they stand for.
    using Element = typename std::iterator_traits<decltype(std::begin(value))>::value_type;
    for (const Element& element : value) {
      if (!json.ok()) return;
      write_value(json, element);
    }
    json.end_array();
  } else if constexpr (shape == Shape::object) {
    json.begin_object();
    ObjectWriter visitor(json);
    value.fields(visitor);
    json.end_object();
  }
}

}  // namespace detail
}  // namespace hookwright
