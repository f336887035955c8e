// I18: what is due is started, within a bound, while its lane is admitted.

#include <algorithm>
#include <chrono>
#include <string>

#include "simulation/world.hpp"

namespace hookwright::simulation {

using namespace std::chrono_literals;

// A dispatcher that is down, stands still or has reached one of its bounds lets others wait.
bool World::anything_full() {
  const Limits& limits = scenario_.limits;
  const auto part = [&](double share) {
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(static_cast<double>(limits.in_flight_max) * share));
  };
  return std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
    if (!seat.process || seat.process->paused_until > now()) return true;
    const Life& life = seat.process->life();
    const Places places = places_of(life, now());
    const std::size_t waiting = std::min(places.waiting, waiting_max(limits));
    return life.in_flight - waiting >= limits.in_flight_max ||
           life.unsettled >= limits.unsettled_max || places.untried >= part(0.5) ||
           life.slow_in_flight >= part(limits.slow_share_max) ||
           seat.process->core().committer().rows_in_memory() >= limits.rows_max ||
           std::any_of(life.to_host.begin(), life.to_host.end(),
                       [&](const auto& of) { return of.second >= limits.host_in_flight_max; }) ||
           std::any_of(places.of_tenant.begin(), places.of_tenant.end(),
                       [&](const auto& of) { return of.second >= part(limits.tenant_share_max); });
  });
}

// Clocks that differ by more than a lease take lanes away as soon as they are given: no bound then.
// Else: a lease, until the lanes of one who is silent are another's, a few tries to reach the
// store, the pause before a probe where nobody answers, and the turn of a slow rate.
void World::check_started() {
  checked_at_ = now();
  if (scenario_.shared && 2 * scenario_.skew_max + 2 * scenario_.jump_max >= scenario_.lease)
    return;
  if (anything_full()) shaken();
  const Duration bound = 2 * scenario_.lease + 10s + scenario_.limits.breaker_pause_max +
                         2 * scenario_.slack() + 2 * scenario_.skew_max;
  for (const auto& endpoint : ledger_.endpoints()) {
    const EndpointStory::Version& version = endpoint->now();
    if (version.removed || version.record.status != Status::active) continue;
    const auto lane = database_->lanes.find(version.record.id);
    if (lane == database_->lanes.end() || lane->second.rows.empty()) continue;
    const Duration overdue = clock_->wall() - lane->second.rows.begin()->first.due;
    SteadyTime since =
        std::max({calm_since_, endpoint->moved, endpoint->rest_until, now() - overdue});
    for (const auto& [n, of] : endpoint->lives) {
      if (of.in_flight != 0) since = now();
    }
    if (now() - since <= bound) continue;
    violations_.add("I18", "a delivery to endpoint " + std::to_string(endpoint->n) +
                               " is due and is not started");
  }
}

}  // namespace hookwright::simulation
