#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hookwright {

// How long something took, as counts: `counts[i]` of those that took at most `upper_seconds[i]` and
// longer than the bound before it; the last is of those beyond all bounds.
struct Histogram {
  static constexpr std::array<double, 18> upper_seconds = {
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25,  0.5,   1,      2.5,
      5,     10,   30,    60,   300, 1'800, 7'200, 28'800, 86'400};

  std::array<std::uint64_t, upper_seconds.size() + 1> counts{};
  double sum_seconds = 0;

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t each : counts) all += each;
    return all;
  }
};

}  // namespace hookwright
