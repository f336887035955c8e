#pragma once

// Mistakes that the simulation's tests make on purpose, to see that the simulation notices. In the
// library as it is built for use none of them exists: mutated() is false when it is compiled.

#include <cstdint>

namespace hookwright::detail {

enum class Mutation : std::uint8_t {
  none,
  no_fence,              // outcomes are settled whoever holds the lane
  settle_before_commit,  // what a batch says is taken as done before the store has said so
  jitter_downwards,      // a retry comes before its time
  no_unique_key,         // an event may be stored twice
  whole_too_early,       // a lane is taken as whole while rows of it are unread
  drain_forgets_batch,   // a shutdown forgets what has come in last
};

#ifdef HOOKWRIGHT_SIMULATION_FAULTS
extern Mutation mutation;
[[nodiscard]] inline bool mutated(Mutation which) {
  return mutation == which;
}
#else
[[nodiscard]] constexpr bool mutated(Mutation) {
  return false;
}
#endif

}  // namespace hookwright::detail
