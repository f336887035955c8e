#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "powerloss/disk.hpp"

namespace hookwright::powerloss {

// What is wrong with the machine, on purpose.
struct Setup {
  Faults disk{};
  std::string synchronous{};  // instead of FULL: "NORMAL", "OFF"
};

struct Result {
  std::uint64_t cuts = 0;
  std::uint64_t mid_call = 0;      // of these, in the middle of a write or a sync
  std::uint64_t acknowledged = 0;  // events whose receipt said that they are durable
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;     // of the acknowledged ones
  std::uint64_t damaged = 0;  // databases that don't open, or are not whole
  std::vector<std::string> violations{};
};

// One machine's life: a dispatcher without threads, in virtual time, on a SQLite store on a disk
// whose power is cut some three times, at moments that the seed decides; then one start without a
// cut, after which everything acknowledged must have been delivered. The same seed, the same life.
Result live(std::uint64_t seed, const Setup& setup, const std::string& folder);

}  // namespace hookwright::powerloss
