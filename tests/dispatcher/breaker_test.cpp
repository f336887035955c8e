// The breaker: an endpoint that nobody takes or answers requests at is left alone, and probed.

#include <algorithm>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

// Forty events for an endpoint that fails like this, all at once.
struct Down {
  explicit Down(const SimulatedAnswer& failure, std::size_t breaker_after = 10) {
    Options options = world.options();
    options.limits.breaker_after = breaker_after;
    dispatcher = std::make_unique<Dispatcher>(std::move(options));
    endpoint = subscribe(*dispatcher, "acme", "a.example.com");
    world.net->answer("a.example.com", failure);
    start = world.clock->steady();
    for (int n = 1; n <= 40; ++n) dispatcher->publish("acme", Numbered{.n = n});
  }

  // When requests arrived, since the start.
  [[nodiscard]] std::vector<Duration> times() const {
    std::vector<Duration> times;
    for (const Arrival& arrival : world.net->to("a.example.com")) {
      times.push_back(std::chrono::floor<Duration>(arrival.steady - start));
    }
    return times;
  }

  [[nodiscard]] std::size_t count_after(Duration time) const {
    const std::vector<Duration> all = times();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [time](Duration at) { return at > time; }));
  }

  World world{};
  std::unique_ptr<Dispatcher> dispatcher{};
  Endpoint endpoint{};
  SteadyTime start{};
};

}  // namespace

TEST_CASE(
    "ten refused connections in a row open the breaker, and then one at a time is let through") {
  Down down({.latency = 0ms, .fault = Fault::refused});
  down.world.run(*down.dispatcher, 59s);
  const std::vector<Duration> times = down.times();
  const auto at_once = std::count(times.begin(), times.end(), 0ms);
  CHECK(at_once >= 10);
  CHECK(at_once <= 18);  // those that were under way by then
  const std::vector<Duration> probes(times.begin() + at_once, times.end());
  CHECK(probes == std::vector<Duration>{1s, 3s, 7s, 15s, 31s});
  // What was not tried was not charged.
  CHECK(down.dispatcher->metrics().failed == times.size());
}

TEST_CASE("timeouts open it as well, and each probe is given its time") {
  Down down({.fault = Fault::timeout});
  down.world.run(*down.dispatcher, 24h);
  // Nothing is lost to the breaker: each delivery gets all of its attempts in the end.
  CHECK(down.times().size() == 40 * 4);
  CHECK(down.dispatcher->metrics().dead == 40);
}

TEST_CASE("the first answer closes it, and what waited is sent at once") {
  Down down({.latency = 0ms, .fault = Fault::refused});
  down.world.run(*down.dispatcher, 20s);
  down.world.net->answer("a.example.com", SimulatedAnswer{.latency = 0ms});
  down.world.run(*down.dispatcher, 30s);  // the next probe is due at 31 s
  CHECK(down.count_after(30s) >= 20);
  CHECK(down.count_after(31s + 100ms) == 0);
  down.world.run(*down.dispatcher, 2min);
  CHECK(down.dispatcher->metrics().delivered == 40);
}

TEST_CASE("any answer closes it, since somebody is there") {
  Down down({.latency = 0ms, .fault = Fault::refused});
  down.world.run(*down.dispatcher, 20s);
  down.world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  down.world.run(*down.dispatcher, 30s);
  CHECK(down.count_after(30s) >= 20);
}

TEST_CASE("answers in between keep it closed, and so do faults of ours") {
  int count = 0;
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", [&count](const Arrival&) {
    const bool answers = ++count % 9 == 0;
    return answers ? SimulatedAnswer{.status = 404, .latency = 0ms}
                   : SimulatedAnswer{.latency = 0ms, .fault = Fault::refused};
  });
  for (int n = 1; n <= 40; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 500ms);
  CHECK(world.net->arrivals().size() == 40);

  Down down({.latency = 0ms, .fault = Fault::local});
  down.world.run(*down.dispatcher, 500ms);
  CHECK(down.times().size() == 40);
}

TEST_CASE("a breaker that is switched off never opens") {
  Down down({.latency = 0ms, .fault = Fault::refused}, 0);
  down.world.run(*down.dispatcher, 500ms);
  CHECK(down.times().size() == 40);
}

TEST_CASE("one endpoint's breaker is nobody else's") {
  Down down({.latency = 0ms, .fault = Fault::refused});
  subscribe(*down.dispatcher, "acme", "b.example.com");
  down.world.run(*down.dispatcher, 5s);
  for (int n = 41; n <= 60; ++n) down.dispatcher->publish("acme", Numbered{.n = n});
  down.world.run(*down.dispatcher, 500ms);
  CHECK(down.world.net->to("b.example.com").size() == 20);
}
