#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "hookwright/detail/shape.hpp"
#include "hookwright/json.hpp"

namespace hookwright {

// One field of an event, as a catalogue shows it.
struct CatalogField {
  std::string name{};     // "geo.country"; inside an array "top[].country", inside a map "labels.*"
  std::string type{};     // "boolean", "integer", "number", "string", "timestamp", "object",
                          // "array of <type>", "map of <type>"
  bool optional = false;  // the key may be missing, or null
};

namespace detail {

template <class T>
T sample_of() {
  if constexpr (requires {
                  { T::sample() } -> std::same_as<T>;
                }) {
    return T::sample();
  } else if constexpr (std::default_initializable<T>) {
    return T{};
  } else {
    static_assert(std::default_initializable<T>,
                  "an event without a default constructor needs `static E sample();`");
  }
}

template <class T>
using Element =
    typename std::iterator_traits<decltype(std::begin(std::declval<const T&>()))>::value_type;

// What a member's type is called, and the struct inside it, if there is one.
template <class T>
struct Described {
  static std::string type() {
    constexpr Shape shape = shape_of<T>();
    if constexpr (shape == Shape::boolean) return "boolean";
    if constexpr (shape == Shape::signed_integer || shape == Shape::unsigned_integer)
      return "integer";
    if constexpr (shape == Shape::number) return "number";
    if constexpr (shape == Shape::timestamp) return "timestamp";
    if constexpr (shape == Shape::array) return "array of " + Described<Element<T>>::type();
    if constexpr (shape == Shape::map)
      return "map of " + Described<typename T::mapped_type>::type();
    if constexpr (shape == Shape::object) return "object";
    return "string";
  }
};

template <class T>
struct Described<std::optional<T>> : Described<T> {};
template <class T>
struct Described<OrNull<T>> : Described<T> {};

// The `f` of fields() while a catalogue is made: it notes names and types, and looks into nested
// structs through a sample of each.
class FieldLister {
 public:
  explicit FieldLister(std::vector<CatalogField>& out, std::string prefix = {},
                       const FieldLister* outer = nullptr, const void* inside = nullptr)
      : out_(out), prefix_(std::move(prefix)), outer_(outer), inside_(inside) {}

  template <class T>
  void operator()(FieldName name, const T&) {
    require_supported<T>();
    const std::string full = prefix_ + std::string(name.text());
    out_.push_back({full, Described<T>::type(), is_a<T, std::optional> || is_a<T, OrNull>});
    descend<T>(full);
  }

 private:
  template <class T>
  void descend(const std::string& name) {
    constexpr Shape shape = shape_of<T>();
    if constexpr (shape == Shape::optional) {
      descend<typename T::value_type>(name);
    } else if constexpr (shape == Shape::or_null) {
      descend<std::remove_cvref_t<decltype(*std::declval<T>().value)>>(name);
    } else if constexpr (shape == Shape::array) {
      descend<Element<T>>(name + "[]");
    } else if constexpr (shape == Shape::map) {
      descend<typename T::mapped_type>(name + ".*");
    } else if constexpr (shape == Shape::object) {
      const void* const self = &identity<T>;
      for (const FieldLister* f = this; f != nullptr; f = f->outer_)
        if (f->inside_ == self) return;  // a struct inside itself: said once is enough
      if constexpr (std::default_initializable<T>) {
        FieldLister nested(out_, name + ".", this, self);
        const T value{};
        value.fields(nested);
      }
    }
  }

  template <class T>
  static constexpr char identity = 0;

  std::vector<CatalogField>& out_;
  std::string prefix_;
  const FieldLister* outer_;
  const void* inside_;
};

}  // namespace detail
}  // namespace hookwright
