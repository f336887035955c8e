#include "hookwright/options.hpp"

#include <random>
#include <string>
#include <utility>

#include "dispatcher/core.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/transports/curl.hpp"
#include "hookwright/version.hpp"

namespace hookwright {

namespace {

void require(bool holds, std::string_view field, std::string_view rule,
             const std::string& value = {}) {
  if (!holds) throw ConfigError("options." + std::string(field), rule, value);
}

void positive(std::size_t value, std::string_view field) {
  require(value > 0, "limits." + std::string(field), "must be at least 1", std::to_string(value));
}

void not_negative(Duration value, std::string_view field) {
  require(value >= Duration::zero(), field, "must not be negative",
          std::to_string(value.count()) + " ms");
}

void share(double value, std::string_view field) {
  require(value > 0.0 && value <= 1.0, field, "must be above 0 and at most 1",
          std::to_string(value));
}

void check_limits(const Limits& limits) {
  positive(limits.body_bytes_max, "body_bytes_max");
  positive(limits.inbox_events_max, "inbox_events_max");
  positive(limits.inbox_bytes_max, "inbox_bytes_max");
  require(limits.lane_rows_max >= 2, "limits.lane_rows_max", "must be at least 2",
          std::to_string(limits.lane_rows_max));
  require(limits.rows_max >= limits.lane_rows_max, "limits.rows_max",
          "must not be below lane_rows_max", std::to_string(limits.rows_max));
  positive(limits.in_flight_max, "in_flight_max");
  positive(limits.host_in_flight_max, "host_in_flight_max");
  positive(limits.unsettled_max, "unsettled_max");
  positive(limits.reports_max, "reports_max");
  share(limits.tenant_share_max, "limits.tenant_share_max");
  share(limits.slow_share_max, "limits.slow_share_max");
  require(
      limits.breaker_pause_max >= Duration{1} && limits.breaker_pause_max <= std::chrono::hours(24),
      "limits.breaker_pause_max", "must be between 1 ms and 24 hours",
      std::to_string(limits.breaker_pause_max.count()) + " ms");
  not_negative(limits.outcome_delay_max, "limits.outcome_delay_max");
  not_negative(limits.commit_spacing_max, "limits.commit_spacing_max");
  not_negative(limits.store_patience, "limits.store_patience");
  not_negative(limits.event_retention, "limits.event_retention");
  not_negative(limits.attempt_retention, "limits.attempt_retention");
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device() | 1;
}

}  // namespace

Options complete(Options&& options) {
  require(options.store != nullptr, "store", "is missing");
  if (!options.sealing) {
    require(!options.store->traits().durable, "sealing",
            "is missing: give a key that secrets are sealed with in the store, or "
            "Sealing::none() to keep them in the clear");
    options.sealing = Sealing::none();
  }
  require(!options.catalog.entries().empty(), "catalog", "is empty: nothing could be published");
  require(options.threads <= 64, "threads", "must be at most 64", std::to_string(options.threads));
  require(options.lease >= std::chrono::milliseconds(100), "lease", "must be at least 100 ms",
          std::to_string(options.lease.count()) + " ms");
  check_limits(options.limits);
  check(options.egress);
  if (!options.user_agent.empty() && !valid_header_value(options.user_agent)) {
    throw ConfigError("options.user_agent", "must be a header value of visible ASCII");
  }
  if (options.user_agent.empty())
    options.user_agent = std::string("hookwright/") + std::string(version());
  if (!options.clock) options.clock = make_system_clock();
  if (!options.signer) options.signer = make_openssl_signer();
  if (!options.transport) {
    // One resolver for all delivery threads: one cache, one pool.
    options.transport = [resolver = make_system_resolver()](const EgressPolicy& egress) {
      return make_curl_transport({.egress = egress, .resolver = resolver});
    };
  }
  if (options.seed == 0) options.seed = random_seed();
  return std::move(options);
}

engine::Profiles collect_profiles(const Options& options) {
  engine::Profiles all;
  for (const Profile& preset : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
                                profiles::standard_webhooks()}) {
    all[preset.name] = std::make_shared<const Profile>(preset);
  }
  for (const Profile& profile : options.profiles) {
    check(profile);
    if (!all.try_emplace(profile.name, std::make_shared<const Profile>(profile)).second) {
      throw ConfigError("options.profiles", "names a profile twice, or one that is a preset",
                        profile.name);
    }
  }
  require(all.contains(options.default_profile), "default_profile", "is no known profile",
          options.default_profile);
  return all;
}

}  // namespace hookwright
