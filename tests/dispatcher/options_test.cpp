// Options that cannot work are refused by the constructor, naming field and value.

#include <functional>
#include <string>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

namespace {

// The message that the options cause; empty if they are fine.
std::string complaint(World& world, const std::function<void(Options&)>& spoil) {
  Options options = world.options();
  spoil(options);
  try {
    const Dispatcher dispatcher(std::move(options));
  } catch (const ConfigError& error) {
    CHECK_THAT(error.what(), Catch::Matchers::StartsWith(error.field()));
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("options that work are taken") {
  World world;
  CHECK(complaint(world, [](Options&) {}).empty());
}

TEST_CASE("a dispatcher needs a store and a catalogue") {
  World world;
  CHECK_THAT(complaint(world, [](Options& o) { o.store.reset(); }),
             ContainsSubstring("options.store"));
  CHECK_THAT(complaint(world, [](Options& o) { o.catalog = Catalog(); }),
             ContainsSubstring("options.catalog"));
}

TEST_CASE("profiles must be told apart, be complete and exist") {
  World world;
  CHECK_THAT(complaint(world, [](Options& o) { o.default_profile = "acme"; }),
             ContainsSubstring("options.default_profile") && ContainsSubstring("acme"));
  CHECK_THAT(complaint(world, [](Options& o) { o.default_profile.clear(); }),
             ContainsSubstring("options.default_profile"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles.push_back(o.profiles[0]); }),
             ContainsSubstring("options.profiles") && ContainsSubstring("test"));
  CHECK_THAT(complaint(world,
                       [](Options& o) {
                         Profile mine = exact_profile();
                         mine.name = "snipy";
                         o.profiles.push_back(mine);
                       }),
             ContainsSubstring("snipy"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].policy.retries.clear(); }),
             ContainsSubstring("retries"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].policy.retries = {-1ms}; }),
             ContainsSubstring("retries") && ContainsSubstring("-1"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].policy.deadline = 0ms; }),
             ContainsSubstring("deadline"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].policy.jitter_max = 1.5; }),
             ContainsSubstring("jitter_max"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].policy.dead_letter_retention = -1h; }),
             ContainsSubstring("dead_letter_retention"));
  CHECK_THAT(complaint(world, [](Options& o) { o.profiles[0].wire.event_header = "a\r\nb"; }),
             ContainsSubstring("event_header"));
}

TEST_CASE("durations are not negative") {
  World world;
  const auto refuses = [&](const std::string& field, const std::function<void(Options&)>& spoil) {
    CAPTURE(field);
    CHECK_THAT(complaint(world, spoil), ContainsSubstring(field) && ContainsSubstring("-1"));
  };
  refuses("options.lease", [](Options& o) { o.lease = -1ms; });
  refuses("outcome_delay_max", [](Options& o) { o.limits.outcome_delay_max = -1ms; });
  refuses("commit_spacing_max", [](Options& o) { o.limits.commit_spacing_max = -1ms; });
  refuses("store_patience", [](Options& o) { o.limits.store_patience = -1ms; });
  refuses("event_retention", [](Options& o) { o.limits.event_retention = -1ms; });
  refuses("attempt_retention", [](Options& o) { o.limits.attempt_retention = -1ms; });
}

TEST_CASE("numbers have bounds") {
  World world;
  const auto refuses = [&](const std::string& field, const std::function<void(Options&)>& spoil) {
    CAPTURE(field);
    CHECK_THAT(complaint(world, spoil), ContainsSubstring(field));
  };
  refuses("options.threads", [](Options& o) { o.threads = 65; });
  refuses("options.lease", [](Options& o) { o.lease = 0ms; });
  refuses("body_bytes_max", [](Options& o) { o.limits.body_bytes_max = 0; });
  refuses("inbox_events_max", [](Options& o) { o.limits.inbox_events_max = 0; });
  refuses("inbox_bytes_max", [](Options& o) { o.limits.inbox_bytes_max = 0; });
  refuses("lane_rows_max", [](Options& o) { o.limits.lane_rows_max = 0; });
  refuses("rows_max", [](Options& o) { o.limits.rows_max = 0; });
  refuses("in_flight_max", [](Options& o) { o.limits.in_flight_max = 0; });
  refuses("host_in_flight_max", [](Options& o) { o.limits.host_in_flight_max = 0; });
  refuses("tenant_share_max", [](Options& o) { o.limits.tenant_share_max = 1.5; });
  refuses("tenant_share_max", [](Options& o) { o.limits.tenant_share_max = -0.5; });
  refuses("tenant_share_max", [](Options& o) { o.limits.tenant_share_max = 0.0 / 0.0; });
  refuses("slow_share_max", [](Options& o) { o.limits.slow_share_max = -0.5; });
  refuses("unsettled_max", [](Options& o) { o.limits.unsettled_max = 0; });
}

TEST_CASE("what goes into a header is checked") {
  World world;
  CHECK_THAT(complaint(world, [](Options& o) { o.user_agent = "acme\r\nHost: x"; }),
             ContainsSubstring("options.user_agent"));
}

TEST_CASE("run_until belongs to dispatchers without threads") {
  World world;
  Options options = world.options();
  options.threads = 1;
  options.clock.reset();
  options.transport = {};
  options.store = make_memory_store();
  options.transport = [](const EgressPolicy&) -> std::unique_ptr<Transport> {
    return std::make_unique<SimulatedTransport>(std::make_shared<VirtualClock>());
  };
  Dispatcher dispatcher(std::move(options));
  CHECK_THROWS_AS(dispatcher.run_until(TimePoint::max()), ConfigError);
}
