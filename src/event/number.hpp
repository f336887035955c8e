#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hookwright::event {

// A number as ECMAScript's Number::toString lays it out.
struct NumberText {
  std::array<char, 32> chars{};
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const noexcept { return {chars.data(), size}; }
};

// `value` is finite.
NumberText number_text(double value) noexcept;
NumberText number_text(float value) noexcept;

// The double that JavaScript reads for a JSON number; nothing if it reads Infinity.
std::optional<double> parse_number(std::string_view token);

}  // namespace hookwright::event
