#include "simulation/scenario.hpp"

#include <algorithm>
#include <chrono>

#include "hookwright/profiles.hpp"
#include "simulation/random.hpp"

namespace hookwright::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, hazard_count> names = {
    "crash",           "shutdown",     "pause",         "lost_commits",  "unknown_commits",
    "late_commits",    "half_answers", "slow_store",    "failing_reads", "failing_lanes",
    "throwing_store",  "clock_jumps",  "clock_skew",    "flapping",      "hanging",
    "asking_for_rest", "gone",         "our_own",       "endpoint_life", "bursts",
    "repeats",         "tiny_limits",  "sick_observer", "recoveries",    "trials",
    "latches",         "conditions",   "own_bounds"};

Limits tiny_limits(Random& random) {
  Limits limits;
  limits.inbox_events_max = random.between(std::size_t{2}, std::size_t{20});
  limits.lane_rows_max = random.between(std::size_t{2}, std::size_t{6});
  limits.rows_max = limits.lane_rows_max + random.below(10);
  limits.in_flight_max = random.between(std::size_t{1}, std::size_t{8});
  limits.host_in_flight_max = random.between(std::size_t{1}, std::size_t{4});
  limits.unsettled_max = random.between(std::size_t{1}, std::size_t{12});
  limits.reports_max = random.between(std::size_t{1}, std::size_t{4});
  limits.tenant_share_max = random.chance(50) ? 0.5 : 1.0;
  limits.slow_share_max = random.chance(50) ? 0.25 : 1.0;
  return limits;
}

// A profile whose schedule takes minutes, so that a world with a shared store, where every second
// has its work, sees whole chains.
Profile quick(Random& random, std::size_t number) {
  Profile profile = number % 2 == 0 ? profiles::branded("Quick") : profiles::standard_webhooks();
  profile.name = "quick" + std::to_string(number);
  // Which of two deliveries of one event a request is for must be seen on the wire.
  if (profile.wire.delivery_header.empty()) profile.wire.delivery_header = "X-Quick-Delivery";
  DeliveryPolicy& policy = profile.policy;
  policy.retries.clear();
  const std::size_t retries = random.between(std::size_t{1}, std::size_t{5});
  for (std::size_t i = 0; i < retries; ++i) {
    policy.retries.push_back(random.between(Duration(1'000), Duration(60'000)));
  }
  if (random.chance(30)) policy.exhausted_after = random.between(std::size_t{1}, retries + 1);
  policy.jitter_max = random.chance(30) ? 0.0 : 0.1;
  policy.deadline = random.between(Duration(2'000), Duration(15'000));
  policy.on_exhausted = static_cast<OnExhausted>(random.below(4));
  policy.exhaust_endpoint =
      random.chance(30) ? ExhaustEndpoint::unless_succeeded_since : ExhaustEndpoint::first;
  policy.failing_window = random.between(Duration(10'000), Duration(300'000));
  policy.gone_disables = random.chance(50);
  if (random.chance(30)) {
    policy.rate_per_minute = random.between(std::size_t{20}, std::size_t{120});
    policy.rate_burst = random.between(std::size_t{1}, std::size_t{10});
  }
  policy.in_flight_max = random.between(std::size_t{1}, std::size_t{6});
  if (random.chance(20))
    profile.active_endpoints_max = random.between(std::size_t{2}, std::size_t{4});
  if (profile.active_endpoints_max == 0) profile.handshake = random.chance(20);
  if (random.chance(30)) policy.held_age_max = random.between(Duration(5'000), Duration(120'000));
  if (random.chance(30)) policy.held_max = random.between(std::size_t{1}, std::size_t{20});
  return profile;
}

}  // namespace

std::string_view to_string(Hazard hazard) {
  return names[static_cast<std::size_t>(hazard)];
}

std::optional<Hazard> hazard_named(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Hazard>(found - names.begin());
}

Scenario::Scenario(std::uint64_t a_seed, std::optional<Hazard> only) : seed(a_seed) {
  Random random(seed * 2 + 1);
  // Each world has its own likelihood of hazards: few of them let each be seen alone.
  const auto likelihood = static_cast<unsigned>(random.between(std::size_t{5}, std::size_t{45}));
  for (bool& hazard : hazards) hazard = random.chance(likelihood);
  if (only) {
    hazards.fill(false);
    hazards[static_cast<std::size_t>(*only)] = true;
  }
  shared = random.chance(75);
  processes = shared ? random.between(std::size_t{1}, std::size_t{3}) : 1;
  endpoints = random.between(std::size_t{1}, std::size_t{6});
  hosts = random.between(std::size_t{1}, endpoints);
  events = random.between(std::size_t{5}, std::size_t{70});
  lease = random.between(Duration(3'000), Duration(15'000));
  span = shared ? random.between(Duration(30'000), Duration(400'000))
                : random.between(Duration(60'000), Duration(4 * 3'600'000));
  clean_answers = random.chance(15);
  if (has(Hazard::clock_skew) && processes > 1)
    skew_max = random.between(Duration(1), Duration(5'000));
  if (has(Hazard::clock_jumps)) {
    // Workers of a shared store tell it the time, so its leases are only as good as their clocks.
    jump_max = processes > 1 ? Duration(5'000) : Duration(2h);
  }
  if (has(Hazard::tiny_limits)) limits = tiny_limits(random);
  limits.store_patience = random.between(Duration(100), Duration(8'000));
  for (std::size_t i = 0; i < 3; ++i) profiles.push_back(quick(random, i));
  for (const Profile& profile : profiles) profile_names.push_back(profile.name);
  if (!shared) {
    for (const char* preset : {"hypersnap", "snipy", "snapglyph", "standard_webhooks"})
      profile_names.emplace_back(preset);
  }
}

std::string Scenario::text() const {
  std::string said = std::to_string(processes) + (shared ? " sharing," : " alone,");
  for (std::size_t i = 0; i < hazard_count; ++i) {
    if (hazards[i]) said += ' ' + std::string(names[i]);
  }
  return said;
}

}  // namespace hookwright::simulation
