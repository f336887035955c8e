#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hookwright::event {

// A value somewhere in a body. An object or a list that is there holds nothing itself.
struct BodyField {
  std::string path{};  // "data.geo.country"; the elements of a list have the list's
  std::variant<std::monostate, std::string, double, bool> value{};
};

// The fields of a body, read once and then found by path. What can't be read any more ends the
// reading: the bytes of an encoded event may be the host's own. Nulls and numbers that JavaScript
// would read as Infinity are left out; the depth is bounded as the writer's is.
class BodyFields {
 public:
  explicit BodyFields(std::string_view body);

  [[nodiscard]] std::span<const BodyField> at(std::string_view path) const;

 private:
  std::vector<BodyField> fields_;
};

}  // namespace hookwright::event
