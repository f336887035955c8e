#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/options.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/time.hpp"

namespace hookwright::simulation {

// What can go wrong in a world.
enum class Hazard : std::uint8_t {
  crash,            // a dispatcher ends at any step; what is not durable is lost
  shutdown,         // one is shut down, and started again
  pause,            // one stands still, for longer than its lease
  lost_commits,     // a commit fails, and has not happened
  unknown_commits,  // a commit's answer is lost: it has happened, or not
  late_commits,     // a commit's answer is lost, and it happens later
  half_answers,     // a commit happens, and its answer is cut short; so do fetches
  slow_store,       // a call takes long, and the others go on meanwhile
  failing_reads,    // fetch and find fail
  failing_lanes,    // acquire and heartbeat fail, and may have happened
  throwing_store,   // the store breaks its contract
  clock_jumps,      // the wall clock is set, forward or back
  clock_skew,       // the dispatchers' wall clocks differ
  flapping,         // receivers that fail for a while
  hanging,          // receivers that do not answer in time
  asking_for_rest,  // receivers that answer 429 and 503 with Retry-After
  gone,             // receivers that answer 410
  our_own,          // attempts that end by a fault of ours
  endpoint_life,    // endpoints are made, edited, paused, disabled, enabled, removed
  bursts,           // many events at once
  repeats,          // events published twice, by id and by idempotency key
  tiny_limits,      // every bound of Limits is small
  sick_observer,    // notices are refused
  recoveries,       // what was missed is sent once more: dead letters, skipped events
  trials,           // endpoints are tested and verified; some don't echo what they are asked
  latches,          // events that happen once, in one part or in several
  conditions,       // endpoints that want some of the events that they subscribe to
  own_bounds,       // events that expire, or are tried less often than the profile says
};
inline constexpr std::size_t hazard_count = 28;

[[nodiscard]] std::string_view to_string(Hazard hazard);
[[nodiscard]] std::optional<Hazard> hazard_named(std::string_view name);

// What a seed has drawn.
struct Scenario {
  explicit Scenario(std::uint64_t seed, std::optional<Hazard> only = std::nullopt);

  [[nodiscard]] bool has(Hazard hazard) const { return hazards[static_cast<std::size_t>(hazard)]; }

  // A dispatcher may not know for a while that it has lost a lane.
  [[nodiscard]] bool loses_lanes() const {
    return has(Hazard::failing_lanes) || has(Hazard::throwing_store);
  }

  // How far a dispatcher's timeline may be from the wall clock that the ledger sees.
  [[nodiscard]] Duration slack() const {
    return jump_max.count() == 0 ? Duration(0) : jump_max + skew_max;
  }

  // In a line, for people.
  [[nodiscard]] std::string text() const;

  std::uint64_t seed = 0;
  std::array<bool, hazard_count> hazards{};
  bool shared = true;  // the store is; else it is a one-process store
  std::size_t processes = 1;
  std::size_t endpoints = 1;
  std::size_t hosts = 1;
  std::size_t events = 0;
  Duration lease{};
  Duration span{};             // of the time in which hazards happen
  Duration skew_max{};         // of a wall clock from the others
  Duration jump_max{};         // of a wall clock, at once
  bool clean_answers = false;  // receivers answer 200 only
  Limits limits{};
  std::vector<Profile> profiles{};           // of the world's own
  std::vector<std::string> profile_names{};  // that its endpoints use
};

}  // namespace hookwright::simulation
