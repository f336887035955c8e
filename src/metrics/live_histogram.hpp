#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hookwright/histogram.hpp"
#include "hookwright/time.hpp"

namespace hookwright::metrics {

// A histogram that is written by some threads and read by others, without locks.
class LiveHistogram {
 public:
  void add(Duration took) noexcept {
    const auto ms = took.count() > 0 ? static_cast<std::uint64_t>(took.count()) : 0U;
    std::size_t bucket = 0;
    while (bucket < Histogram::upper_seconds.size() &&
           static_cast<double>(ms) / 1'000 > Histogram::upper_seconds[bucket]) {
      ++bucket;
    }
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_ms_.fetch_add(ms, std::memory_order_relaxed);
  }

  [[nodiscard]] Histogram snapshot() const noexcept {
    Histogram result;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      result.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    result.sum_seconds = static_cast<double>(sum_ms_.load(std::memory_order_relaxed)) / 1'000;
    return result;
  }

 private:
  std::array<std::atomic<std::uint64_t>, Histogram::upper_seconds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_ms_{0};
};

}  // namespace hookwright::metrics
