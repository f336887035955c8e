#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation/trace.hpp"

namespace hookwright::simulation {

// Which invariants did not hold, and how.
class Violations {
 public:
  explicit Violations(Trace& trace) : trace_(trace) {}

  struct One {
    std::string invariant{};
    std::string what{};
  };

  void add(std::string_view invariant, std::string what) {
    trace_.add("VIOLATION", -1, static_cast<std::int64_t>(++count_));
    if (list_.size() < 20) list_.push_back({std::string(invariant), std::move(what)});
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::vector<One>& list() const { return list_; }

 private:
  Trace& trace_;
  std::size_t count_ = 0;
  std::vector<One> list_{};
};

}  // namespace hookwright::simulation
