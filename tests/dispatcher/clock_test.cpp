// The wall clock is set, forward or back: nothing is lost, nothing comes early, no storm.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

// One endpoint that fails, an event whose first attempt has just failed, and the clock then set by
// `jump`.
struct Jumped {
  explicit Jumped(Duration jump, StoreKind kind = StoreKind::memory)
      : world(kind), dispatcher(world.options()) {
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 10s);
    REQUIRE(world.net->arrivals().size() == 1);
    world.clock->set_wall(world.clock->wall() + jump);
  }
  std::vector<Duration> gaps() const {
    std::vector<Duration> found;
    const auto& arrivals = world.net->arrivals();
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
      found.push_back(std::chrono::floor<Duration>(arrivals[i].steady - arrivals[i - 1].steady));
    }
    return found;
  }

  World world;
  Dispatcher dispatcher;
  Endpoint endpoint{};
};

}  // namespace

TEST_CASE("a clock set back neither hurries a retry nor loses it") {
  const Duration jump = GENERATE(Duration(1min), Duration(1h), Duration(24h));
  CAPTURE(jump.count());
  Jumped jumped(-jump, GENERATE(from_range(store_kinds())));
  jumped.world.run(jumped.dispatcher, 26h);
  const std::vector<Duration> gaps = jumped.gaps();
  REQUIRE(gaps.size() == 3);
  const std::vector<Duration> schedule{1min, 5min, 30min};
  for (std::size_t i = 0; i < 3; ++i) CHECK(gaps[i] >= schedule[i]);
  // What was scheduled before may wait for the wall clock, what comes later is on schedule again.
  CHECK(gaps[0] <= 1min + jump);
  CHECK(gaps[2] <= 30min + 1s);
  CHECK(jumped.dispatcher.endpoints().dead_letters("acme", jumped.endpoint.id).rows.size() == 1);
}

TEST_CASE("a clock set back does not hold up new events") {
  const Duration jump = GENERATE(Duration(1min), Duration(1h), Duration(24h));
  CAPTURE(jump.count());
  Jumped jumped(-jump, GENERATE(from_range(store_kinds())));
  subscribe(jumped.dispatcher, "acme", "healthy.example.com");
  for (int n = 2; n <= 5; ++n) {
    jumped.dispatcher.publish("acme", Numbered{.n = n});
    jumped.world.run(jumped.dispatcher, 1s);
  }
  CHECK(jumped.world.net->numbers("healthy.example.com") == numbers_from(2, 5));
  CHECK(jumped.world.net->to("a.example.com").size() == 5);
}

TEST_CASE("a clock set forward loses nothing and starts no storm") {
  const Duration jump = GENERATE(Duration(1h), Duration(24h));
  CAPTURE(jump.count());
  Jumped jumped(jump, GENERATE(from_range(store_kinds())));
  jumped.world.run(jumped.dispatcher, 26h);
  const std::vector<Duration> gaps = jumped.gaps();
  REQUIRE(gaps.size() == 3);
  // The one that was scheduled is due by the wall clock; the later ones are on schedule.
  CHECK(gaps[0] <= 1min);
  CHECK(gaps[1] == 5min);
  CHECK(gaps[2] == 30min);
}

TEST_CASE("a clock that is set back and forth loses nothing and repeats nothing") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 4;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  int n = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 25; ++i) dispatcher.publish("acme", Numbered{.n = ++n});
    world.run(dispatcher, 7ms);
    world.clock->set_wall(world.clock->wall() + (round % 2 == 0 ? -1h : 1h + 1s));
    for (int i = 0; i < 25; ++i) dispatcher.publish("acme", Numbered{.n = ++n});
    world.run(dispatcher, 5ms);
  }
  world.run(dispatcher, 3h);
  CHECK(difference(world.net->numbers("a.example.com"), n) == "");
}

TEST_CASE("the rate limit is kept whatever the wall clock does") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 5;
  Dispatcher dispatcher(world.options(profile));
  subscribe(dispatcher, "acme", "a.example.com");
  for (int n = 1; n <= 300; ++n) dispatcher.publish("acme", Numbered{.n = n});
  for (int round = 0; round < 30; ++round) {
    world.run(dispatcher, 10s);
    world.clock->set_wall(world.clock->wall() + (round % 2 == 0 ? 1h : -1h));
  }
  world.run(dispatcher, 10min);
  const auto& arrivals = world.net->arrivals();
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 300));
  std::size_t first = 0;
  std::size_t most = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].steady - arrivals[first].steady >= 60s) ++first;
    most = std::max(most, last - first + 1);
  }
  CHECK(most <= 60 + 5);
  CHECK(most >= 55);
}

TEST_CASE("a deadline is measured by the steady clock") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 14s});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  world.clock->set_wall(world.clock->wall() + 24h);
  world.run(dispatcher, 30s);
  CHECK(dispatcher.metrics().delivered == 1);
  const auto attempts = dispatcher.endpoints().attempts("acme", endpoint.id).rows;
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].elapsed == 14s);
}

TEST_CASE("ids rise and the timestamp on the wire follows the clock when it is set back") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt before = dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  world.clock->set_wall(world.clock->wall() - 24h);
  const Receipt after = dispatcher.publish("acme", Numbered{.n = 2});
  CHECK(before.event() < after.event());
  CHECK(after.wait(10s) == Stored::yes);
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 2);
  const Arrival& arrival = world.net->arrivals()[1];
  CHECK(arrival.header("webhook-timestamp") ==
        std::to_string(
            std::chrono::floor<std::chrono::seconds>(arrival.wall).time_since_epoch().count()));
}
