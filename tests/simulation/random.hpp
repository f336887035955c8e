#pragma once

#include <cstddef>
#include <cstdint>

#include "hookwright/time.hpp"

namespace hookwright::simulation {

// The simulation's own dice (splitmix64): the same numbers from the same seed with every standard
// library. Each part of a world has its own, so that one more throw in one part leaves the others
// as they were.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  // 0 to n - 1; 0 if n is 0.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(next() % n); }
  std::size_t between(std::size_t least, std::size_t most) {
    return least + below(most - least + 1);
  }
  Duration between(Duration least, Duration most) {
    return least + Duration{static_cast<Duration::rep>(
                       below(static_cast<std::size_t>((most - least).count()) + 1))};
  }
  bool chance(unsigned percent) { return below(100) < percent; }

  // Dice of another part.
  Random fork() { return Random(next() ^ 0xD1B54A32D192ED03ULL); }

 private:
  std::uint64_t state_;
};

}  // namespace hookwright::simulation
