// Retry-After: the receiver asks for a rest, and gets it.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

struct Throttled {
  explicit Throttled(int status, std::string retry_after) {
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    world.net->answer("a.example.com", [=](const Arrival& arrival) {
      return arrival.n() == 1
                 ? SimulatedAnswer{.status = status, .latency = 0ms, .retry_after = retry_after}
                 : SimulatedAnswer{.latency = 0ms};
    });
    start = world.clock->wall();
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1s);
    REQUIRE(world.net->arrivals().size() == 1);
    dispatcher.publish("acme", Numbered{.n = 2});
    world.run(dispatcher, 25h);
    for (const Arrival& arrival : world.net->arrivals()) {
      if (arrival.n() == 1) retries.push_back(std::chrono::floor<Duration>(arrival.wall - start));
      if (arrival.n() == 2) other = std::chrono::floor<Duration>(arrival.wall - start);
    }
    retries.erase(retries.begin());
  }

  World world{};
  Dispatcher dispatcher{world.options()};
  Endpoint endpoint{};
  TimePoint start{};
  std::vector<Duration> retries{};  // of the event that was turned away, since its first attempt
  Duration other{};                 // of the next event
};

}  // namespace

TEST_CASE("429, 502, 503 and 504 with Retry-After hold the whole endpoint back") {
  const int status = GENERATE(429, 502, 503, 504);
  CAPTURE(status);
  const Throttled t(status, "120");
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 120s);  // its own minute is over before
  CHECK(t.other == 120s);
}

TEST_CASE("other answers with Retry-After are failures like any other") {
  const int status = GENERATE(400, 500, 301);
  CAPTURE(status);
  const Throttled t(status, "120");
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 60s);
  CHECK(t.other == 1s);
}

TEST_CASE("a Retry-After shorter than the schedule does not bring the retry forward") {
  const Throttled t(503, "10");
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 60s);
  CHECK(t.other == 10s);
}

TEST_CASE("a Retry-After is heeded for a day at most") {
  const Throttled t(503, "999999");
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 24h);
  CHECK(t.other == 24h);
}

TEST_CASE("a Retry-After may be a date") {
  const Throttled t(503, "Wed, 01 Jan 2025 00:03:00 GMT");
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 180s);
  CHECK(t.other == 180s);
}

TEST_CASE("a Retry-After that says nothing is none") {
  const std::string text = GENERATE("soon", "-5", "1.5", "Wed, 01 Jan 2020 00:00:00 GMT", "99x");
  CAPTURE(text);
  const Throttled t(503, text);
  REQUIRE_FALSE(t.retries.empty());
  CHECK(t.retries[0] == 60s);
  CHECK(t.other == 1s);
}

TEST_CASE("a throttled delivery is charged, and its history shows it") {
  Throttled t(429, "120");
  CHECK(t.dispatcher.metrics().dead == 1);
  const auto letters = t.dispatcher.endpoints().dead_letters("acme", t.endpoint.id).rows;
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].status == 429);
  CHECK(letters[0].attempts == 4);
}

TEST_CASE("an overloaded endpoint that does not say for how long gets a second's rest") {
  const int status = GENERATE(429, 502, 503, 504);
  CAPTURE(status);
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", [=](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() == 1 ? status : 200, .latency = 0ms};
  });
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 100ms);
  dispatcher.publish("acme", Numbered{.n = 2});
  world.run(dispatcher, 800ms);
  CHECK(world.net->arrivals().size() == 1);
  world.run(dispatcher, 200ms);
  CHECK(world.net->arrivals().size() == 2);
}
