#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "hookwright/time.hpp"

namespace hookwright::simulation {

// All that happens in a world, in order: the hash over it says whether two runs were the same, and
// the list is what a failing seed is understood by. `what` is a literal; the numbers are ordinals
// and milliseconds, never addresses.
class Trace {
 public:
  explicit Trace(bool keep) : keep_(keep) {}

  void add(std::string_view what, int process, std::int64_t a = 0, std::int64_t b = 0,
           std::int64_t c = 0);

  void set_time(SteadyTime now) { now_ = now; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  // The last `lines` of it.
  void print(std::ostream& out, std::size_t lines) const;

 private:
  struct Entry {
    std::int64_t ms = 0;
    std::string_view what{};
    int process = 0;
    std::array<std::int64_t, 3> numbers{};
  };

  void mix(std::uint64_t number) {
    hash_ = (hash_ ^ number) * 0x100000001B3ULL;
    hash_ ^= hash_ >> 29U;
  }

  bool keep_;
  SteadyTime now_{};
  std::uint64_t hash_ = 14695981039346656037ULL;
  std::size_t size_ = 0;
  std::vector<Entry> entries_{};
};

}  // namespace hookwright::simulation
