// Lanes that hold less than is waiting: every row is delivered once, in order.

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

TEST_CASE("a tiny lane delivers thousands of rows once each and in order") {
  const std::size_t lane = GENERATE(2U, 3U, 8U);
  const std::size_t in_flight = GENERATE(1U, 8U);
  CAPTURE(lane, in_flight);
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Profile profile = exact_profile();
  profile.policy.in_flight_max = in_flight;
  Options options = world.options(profile);
  options.limits.lane_rows_max = lane;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  const int rows = 2'000;
  for (int n = 1; n <= rows; ++n) {
    dispatcher.publish("acme", Numbered{.n = n});
    if (n % 97 == 0) world.run(dispatcher, 3ms);
  }
  world.run(dispatcher, 5min);
  CHECK(difference(world.net->numbers("a.example.com"), rows) == "");
  CHECK(dispatcher.metrics().delivered == rows);
  CHECK(dispatcher.metrics().in_memory == 0);
}

TEST_CASE("many tiny lanes under a small bound for all deliver everything once") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 4;
  options.limits.rows_max = 20;
  Dispatcher dispatcher(std::move(options));
  const int endpoints = 40;
  const int rows = 200;
  for (int i = 0; i < endpoints; ++i) {
    subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com");
  }
  for (int n = 1; n <= rows; ++n) {
    dispatcher.publish("acme", Numbered{.n = n});
    if (n % 20 == 0) world.run(dispatcher, 5ms);
  }
  world.run(dispatcher, 10min);
  for (int i = 0; i < endpoints; ++i) {
    CAPTURE(i);
    CHECK(difference(world.net->numbers("h" + std::to_string(i) + ".example.com"), rows) == "");
  }
}

TEST_CASE("a tiny lane and a receiver that fails at random: nothing is lost, nothing too often") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  CAPTURE(seed);
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 2 + seed;
  options.limits.outcome_delay_max = Duration(seed * 10);
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  std::mt19937 random(seed);
  std::map<std::int64_t, int> taken;
  std::map<std::int64_t, int> failed;
  world.net->answer("a.example.com", [&](const Arrival& arrival) {
    SimulatedAnswer answer;
    answer.latency = Duration(random() % 200);
    switch (random() % 4) {
      case 0:
        answer.status = 500;
        break;
      case 1:
        answer.fault = Fault::reset;
        break;
      default:
        ++taken[arrival.n()];
        return answer;
    }
    ++failed[arrival.n()];
    return answer;
  });
  const int rows = 1'000;
  for (int n = 1; n <= rows; ++n) {
    dispatcher.publish("acme", Numbered{.n = n});
    if (random() % 10 == 0) world.run(dispatcher, Duration(random() % 3'000));
  }
  world.run(dispatcher, 3h);

  std::set<std::int64_t> dead;
  std::string after;
  do {
    const auto page = dispatcher.endpoints().dead_letters("acme", endpoint.id, after, 1'000);
    for (const DeadLetter& letter : page.rows) {
      CHECK(dead.insert(number_in(letter.event.body)).second);
    }
    after = page.next;
  } while (!after.empty());
  for (int n = 1; n <= rows; ++n) {
    CAPTURE(n);
    if (dead.contains(n)) {
      CHECK(taken[n] == 0);
      CHECK(failed[n] == 4);
    } else {
      CHECK(taken[n] == 1);
      CHECK(failed[n] <= 3);
    }
  }
  CHECK(dispatcher.endpoints().waiting("acme", endpoint.id).rows.empty());
}

TEST_CASE("rows that wait for their retry do not stand in the way of new ones") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 4;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  for (int n = 1; n <= 100; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 30s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 100));
  world.net->forget();
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 0ms});
  for (int n = 101; n <= 200; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 20s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(101, 200));
  world.run(dispatcher, 10min);
  CHECK(world.net->arrivals().size() == 200);
}

TEST_CASE("pausing and enabling a spilled lane over and over loses and repeats nothing") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 3;
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  const int rows = 600;
  int n = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < rows / 30; ++i) dispatcher.publish("acme", Numbered{.n = ++n});
    world.run(dispatcher, Duration(round % 7));
    REQUIRE(dispatcher.endpoints().pause("acme", endpoint.id).ok());
    world.run(dispatcher, Duration(round % 5 * 10));
    REQUIRE(dispatcher.endpoints().enable("acme", endpoint.id).ok());
    world.run(dispatcher, Duration(round % 11 * 3));
  }
  world.run(dispatcher, 5min);
  CHECK(difference(world.net->numbers("a.example.com"), rows) == "");
}

TEST_CASE("large bodies in a tiny lane arrive whole") {
  World world(GENERATE(from_range(store_kinds())));
  Options options = world.options();
  options.limits.lane_rows_max = 2;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  for (int n = 1; n <= 50; ++n) {
    dispatcher.publish("acme", Numbered{.n = n, .text = std::string(90'000, char('a' + n % 26))});
  }
  world.run(dispatcher, 1min);
  REQUIRE(world.net->numbers("a.example.com") == numbers_from(1, 50));
  for (const Arrival& arrival : world.net->arrivals()) {
    const std::string expected(90'000, char('a' + arrival.n() % 26));
    CHECK(arrival.body->find(expected) != std::string::npos);
  }
}
