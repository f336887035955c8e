#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"

namespace hookwright::simulation {

// How the simulation expects a profile to behave. Said a second time, from the products' pages and
// the headers' promises, so that it does not repeat a mistake of the library's.
struct Rules {
  std::vector<Duration> retries{};
  std::uint32_t attempts_max = 0;
  double jitter_max = 0.1;
  Duration deadline{};
  OnExhausted on_exhausted{};
  ExhaustEndpoint exhaust_endpoint = ExhaustEndpoint::first;
  Duration failing_window = std::chrono::hours(120);
  bool gone_disables = false;
  std::size_t rate_per_minute = 0;
  std::size_t rate_burst = 0;
  std::size_t in_flight_max = 8;
  Duration dead_letter_retention = std::chrono::hours(720);
  std::size_t active_endpoints_max = 0;
  Duration held_age_max = std::chrono::hours(72);
  std::size_t held_max = 100'000;
  std::string family{};
};

[[nodiscard]] Rules rules_of_preset(std::string_view name);
[[nodiscard]] Rules rules_of(const Profile& profile);  // of the world's own

// What the end of an attempt must mean.
struct Expected {
  std::optional<AttemptResult> result{};  // none: spared
  DeathReason death{};                    // of the delivery, if it ends
  Duration least{};                       // delay to the next attempt
  Duration most{};
  std::optional<Duration> rest{};  // that the endpoint must be given
};

// `own_max`: attempts that the delivery is to have at most, or 0.
[[nodiscard]] Expected judge(const Rules& rules, const Completion& end, std::uint32_t attempts,
                             std::uint32_t own_max, TimePoint spared_since, TimePoint ended);

// What the end of an attempt must do to its endpoint.
struct Effect {
  bool changes = false;
  Status status{};
  Reason reason{};
  bool failing = false;
  bool exhausted_before = false;  // first_exhausted is set
  std::uint8_t warned = 0;
  std::vector<NoticeKind> notices{};
};

// The delivery that was attempted.
struct Attempted {
  std::uint32_t before = 0;    // attempts
  std::uint32_t own_max = 0;   // that it is to have at most, or 0
  bool after_success = false;  // the endpoint has succeeded since its first one
};

[[nodiscard]] Effect effect_on(const Endpoint& before, const Rules& rules, const Expected& expected,
                               const Attempted& what, TimePoint now);

// Why an endpoint that is as `record` says gives up a row that was due then, if it does; `rows`
// wait for it.
[[nodiscard]] std::optional<DeathReason> must_die(const Endpoint& record, const Rules& rules,
                                                  TimePoint due, std::size_t rows, TimePoint now);

[[nodiscard]] bool subscribes(const Endpoint& endpoint, const Rules& rules, std::string_view type,
                              std::string_view family);

// Whether a body that the simulation has published meets conditions that it has made.
[[nodiscard]] bool meets(const Conditions& conditions, std::string_view body);

}  // namespace hookwright::simulation
