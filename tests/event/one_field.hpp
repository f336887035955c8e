#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "hookwright/event.hpp"

// An event with one member of any type, to look at how that member is written.
template <class T>
struct OneField {
  static constexpr std::string_view event_type = "one.field";
  T value{};
  void fields(auto& f) const { f("value", value); }
};

template <class T>
hookwright::EncodedEvent encode_one(T value, const hookwright::EncodeOptions& options = {}) {
  return hookwright::encode(OneField<T>{.value = std::move(value)}, {}, options);
}

// The JSON of `value`, or why there is none.
template <class T>
std::string written(T value, const hookwright::EncodeOptions& options = {}) {
  const hookwright::EncodedEvent event = encode_one(std::move(value), options);
  if (!event.ok()) return event.refusal;
  const std::string before =
      R"({"event":"one.field","timestamp":"1970-01-01T00:00:00Z","data":{"value":)";
  if (!event.body.starts_with(before) || !event.body.ends_with("}}")) return event.body;
  return event.body.substr(before.size(), event.body.size() - before.size() - 2);
}

// The JSON of `data` after it came in as text, or why it was refused.
inline std::string rewritten(std::string_view data, const hookwright::EncodeOptions& options = {}) {
  const hookwright::EncodedEvent event =
      hookwright::encode(hookwright::DynamicEvent{.type = "dynamic", .data = data}, {}, options);
  if (!event.ok()) return event.refusal;
  const std::string before = R"({"event":"dynamic","timestamp":"1970-01-01T00:00:00Z","data":)";
  if (!event.body.starts_with(before)) return event.body;
  return event.body.substr(before.size(), event.body.size() - before.size() - 1);
}
