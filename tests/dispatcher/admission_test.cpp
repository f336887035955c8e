// How many requests are under way, and that nobody is kept waiting by somebody else's trouble.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

// The most requests that were under way at once, if each takes `latency`.
std::size_t most_at_once(const std::vector<Arrival>& arrivals, Duration latency) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].steady >= arrivals[first].steady + latency) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

std::vector<Arrival> to_suffix(const World& world, std::string_view suffix) {
  std::vector<Arrival> found;
  for (const Arrival& arrival : world.net->arrivals()) {
    if (std::string_view(arrival.host).ends_with(suffix)) found.push_back(arrival);
  }
  return found;
}

}  // namespace

TEST_CASE("an endpoint has as many requests under way as its profile allows") {
  const std::size_t allowed = GENERATE(1U, 3U, 8U);
  World world;
  Profile profile = exact_profile();
  profile.policy.in_flight_max = allowed;
  Dispatcher dispatcher(world.options(profile));
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 1; n <= 40; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 60s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 40));
  CHECK(most_at_once(world.net->arrivals(), 1s) == allowed);
}

TEST_CASE("a host has a bound of its own, whatever the number of its endpoints") {
  World world;
  Options options = world.options();
  options.limits.host_in_flight_max = 5;
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 10; ++i) {
    EndpointSpec spec = spec_for("a.example.com");
    spec.url += std::to_string(i);
    subscribe(dispatcher, "acme", spec);
  }
  subscribe(dispatcher, "acme", "b.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 1; n <= 4; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 500ms);
  CHECK(world.net->to("a.example.com").size() == 5);
  CHECK(world.net->to("b.example.com").size() == 4);
  world.run(dispatcher, 60s);
  CHECK(world.net->to("a.example.com").size() == 40);
  CHECK(most_at_once(world.net->to("a.example.com"), 1s) == 5);
}

TEST_CASE("a place with a host is passed on by who finds that what waited for it has expired") {
  World world;
  Options options = world.options();
  options.limits.host_in_flight_max = 1;
  Dispatcher dispatcher(std::move(options));
  for (const char* tenant : {"acme", "umbrella", "hooli"})
    subscribe(dispatcher, tenant, "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 10ms);
  dispatcher.publish("umbrella", Numbered{.n = 2}, {.expires = world.clock->wall() + 500ms});
  world.run(dispatcher, 10ms);
  dispatcher.publish("hooli", Numbered{.n = 3});
  world.run(dispatcher, 10s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("another port is another host") {
  World world;
  Options options = world.options();
  options.limits.host_in_flight_max = 1;
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("a.example.com");
  subscribe(dispatcher, "acme", spec);
  spec.url = "https://a.example.com:8443/hook";
  subscribe(dispatcher, "acme", spec);
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 500ms);
  CHECK(world.net->to("a.example.com").size() == 2);
}

TEST_CASE("all endpoints together have a bound, and one tenant gets a share of it") {
  World world;
  Options options = world.options();
  options.limits.in_flight_max = 20;
  options.limits.tenant_share_max = 0.5;
  Dispatcher dispatcher(std::move(options));
  const std::vector<std::string> tenants = {"acme", "umbrella", "third"};
  const auto answer_after = [&](Duration latency) {
    for (int i = 0; i < 30; ++i) {
      for (const std::string& tenant : tenants) {
        world.net->answer("h" + std::to_string(i) + "." + tenant + ".com",
                          SimulatedAnswer{.latency = latency});
      }
    }
  };
  for (int i = 0; i < 30; ++i) {
    for (const std::string& tenant : tenants) {
      subscribe(dispatcher, tenant, "h" + std::to_string(i) + "." + tenant + ".com");
    }
  }
  for (const std::string& tenant : tenants) dispatcher.publish(tenant, Numbered{.n = 1});
  world.run(dispatcher, 60s);
  CHECK(world.net->arrivals().size() == 90);
  CHECK(most_at_once(world.net->arrivals(), 10ms) == 10);  // half, while nobody has answered yet

  world.net->forget();
  answer_after(200ms);
  for (const std::string& tenant : tenants) dispatcher.publish(tenant, Numbered{.n = 2});
  world.run(dispatcher, 100ms);
  CHECK(world.net->arrivals().size() == 20);
  CHECK(dispatcher.metrics().in_flight == 20);
  world.run(dispatcher, 60s);
  CHECK(world.net->arrivals().size() == 90);
  CHECK(most_at_once(world.net->arrivals(), 200ms) == 20);
  for (const std::string& tenant : tenants) {
    CHECK(most_at_once(to_suffix(world, tenant + ".com"), 200ms) <= 10);
  }
}

TEST_CASE("requests that wait for long make room, three times the bound of them at most") {
  World world;
  Options options = world.options();
  options.limits.in_flight_max = 20;
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 200; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    subscribe(dispatcher, "tenant " + std::to_string(i), host);
    world.net->answer(host, SimulatedAnswer{.latency = 1h});
    dispatcher.publish("tenant " + std::to_string(i), Numbered{.n = i});
  }
  world.run(dispatcher, 200ms);
  CHECK(dispatcher.metrics().in_flight == 10);
  world.run(dispatcher, 100ms);
  CHECK(dispatcher.metrics().in_flight == 20);
  world.run(dispatcher, 10s);
  CHECK(dispatcher.metrics().in_flight == 60 + 10);
}

TEST_CASE("a thousand endpoints that begin to hang do not stop one that answers") {
  World world;
  world.net->keep_headers(false);
  Dispatcher dispatcher(world.options());
  // Of one tenant, so that its share doesn't protect the healthy one.
  subscribe(dispatcher, "acme", "healthy.example.com", {"test.other.kind"});
  for (int i = 0; i < 1'000; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    subscribe(dispatcher, "acme", host, {"test.numbered"});
    world.net->answer(host, SimulatedAnswer{.latency = 1h});
  }
  dispatcher.publish("acme", Other{.n = 0});
  world.run(dispatcher, 1s);
  for (int n = 1; n <= 200; ++n) {
    if (n % 20 == 1) dispatcher.publish("acme", Numbered{.n = n});
    const SteadyTime published = world.clock->steady();
    dispatcher.publish("acme", Other{.n = n});
    world.run(dispatcher, 100ms);
    const auto arrivals = world.net->to("healthy.example.com");
    REQUIRE(arrivals.size() == std::size_t(n) + 1);
    CHECK(arrivals.back().steady - published <= 20ms);
  }
}

TEST_CASE("an endpoint with a hundred thousand rows due does not stop a healthy one") {
  World world;
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.inbox_events_max = 200'000;
  Dispatcher dispatcher(std::move(options));
  const Endpoint busy = subscribe(dispatcher, "acme", "busy.example.com", {"test.numbered"});
  subscribe(dispatcher, "acme", "healthy.example.com", {"test.other.kind"});
  world.net->answer("busy.example.com", SimulatedAnswer{.latency = 10s});
  REQUIRE(dispatcher.endpoints().pause("acme", busy.id).ok());
  const int rows = 100'000;
  for (int n = 1; n <= rows; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 1s);
  CHECK(dispatcher.metrics().in_memory <= 4'096);
  REQUIRE(dispatcher.endpoints().enable("acme", busy.id).ok());
  world.run(dispatcher, 1s);
  CHECK(world.net->to("busy.example.com").size() == 8);

  for (int n = 1; n <= 20; ++n) {
    const SteadyTime published = world.clock->steady();
    dispatcher.publish("acme", Other{.n = n});
    world.run(dispatcher, 500ms);
    const auto arrivals = world.net->to("healthy.example.com");
    REQUIRE(arrivals.size() == std::size_t(n));
    CHECK(arrivals.back().steady - published <= 20ms);
  }
  CHECK(dispatcher.metrics().in_memory <= 4'096);
}

TEST_CASE("three hundred endpoints that hang do not stop a healthy one") {
  World world;
  world.net->keep_headers(false);
  Dispatcher dispatcher(world.options());
  for (int i = 0; i < 300; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    // Tenants of their own, lest the share of one tenant protect the healthy one.
    subscribe(dispatcher, "tenant " + std::to_string(i), host);
    world.net->answer(host, SimulatedAnswer{.latency = 1h});
  }
  subscribe(dispatcher, "healthy", "healthy.example.com");
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 300; ++i) {
      for (int n = 0; n < 10; ++n) {
        dispatcher.publish("tenant " + std::to_string(i), Numbered{.n = n});
      }
    }
  }
  // The first deadline may take its time; after it they are known to be slow.
  world.run(dispatcher, 5min);
  world.net->forget();
  for (int n = 1; n <= 60; ++n) {
    const SteadyTime published = world.clock->steady();
    dispatcher.publish("healthy", Numbered{.n = n});
    world.run(dispatcher, 5s);
    const auto arrivals = world.net->to("healthy.example.com");
    REQUIRE(arrivals.size() == std::size_t(n));
    CHECK(arrivals.back().steady - published <= 50ms);
  }
  // Each of the slow ones is marked as such for the transport, and has one request at a time.
  std::map<std::string, std::vector<Arrival>> slow;
  for (const Arrival& arrival : world.net->arrivals()) {
    if (arrival.host == "healthy.example.com") {
      CHECK_FALSE(arrival.slow);
    } else {
      CHECK(arrival.slow);
      slow[arrival.host].push_back(arrival);
    }
  }
  CHECK_FALSE(slow.empty());
  std::size_t all = 0;
  for (const auto& [host, arrivals] : slow) all = std::max(all, most_at_once(arrivals, 15s));
  CHECK(all == 1);
  std::vector<Arrival> together;
  for (const Arrival& arrival : world.net->arrivals()) {
    if (arrival.slow) together.push_back(arrival);
  }
  CHECK(most_at_once(together, 15s) <= 64);  // a quarter of 256
}

TEST_CASE("an endpoint that answers in time again is slow no more") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1h});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 30s);
  world.net->answer("a.example.com", SimulatedAnswer{});
  dispatcher.publish("acme", Numbered{.n = 2});
  world.run(dispatcher, 1s);
  dispatcher.publish("acme", Numbered{.n = 3});
  world.run(dispatcher, 1s);
  const auto& arrivals = world.net->arrivals();
  REQUIRE(arrivals.size() == 3);
  CHECK_FALSE(arrivals[0].slow);
  CHECK(arrivals[0].untried);
  CHECK(arrivals[1].slow);
  CHECK_FALSE(arrivals[1].untried);
  CHECK_FALSE(arrivals[2].slow);
  CHECK_FALSE(arrivals[2].untried);
}

TEST_CASE("endpoints with work take turns") {
  World world;
  Options options = world.options();
  options.limits.in_flight_max = 4;
  options.limits.tenant_share_max = 1;
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 4; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    subscribe(dispatcher, "acme", host);
    world.net->answer(host, SimulatedAnswer{.latency = 100ms});
  }
  for (int n = 1; n <= 100; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 5s);
  std::size_t least = 1'000;
  std::size_t most = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t count = world.net->to("h" + std::to_string(i) + ".example.com").size();
    least = std::min(least, count);
    most = std::max(most, count);
  }
  CHECK(most - least <= 8);
  CHECK(least >= 40);
}

TEST_CASE("an endpoint that has not been heard from finds a place beside those that take all") {
  World world;
  Options options = world.options();
  options.limits.in_flight_max = 4;
  options.limits.tenant_share_max = 1;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "busy.example.com", {"test.numbered"});
  world.net->answer("busy.example.com", SimulatedAnswer{.latency = 100ms});
  for (int n = 1; n <= 400; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 1s);
  subscribe(dispatcher, "acme", "new.example.com", {"test.other.kind"});
  dispatcher.publish("acme", Other{.n = 1});
  world.run(dispatcher, 1s);
  CHECK(world.net->to("new.example.com").size() == 1);
  CHECK(world.net->to("busy.example.com").size() < 100);  // there was no other place
}

TEST_CASE("a crowd that has not answered yet grows by one each millisecond, and no faster") {
  World world;
  Dispatcher dispatcher(world.options());
  const bool hang = GENERATE(true, false);
  for (int i = 0; i < 100; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    subscribe(dispatcher, "acme", host);
    world.net->answer(host, SimulatedAnswer{.latency = hang ? Duration(1h) : Duration::zero()});
  }
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 200ms);
  const std::vector<Arrival>& arrivals = world.net->arrivals();
  REQUIRE(arrivals.size() == 100);
  const SteadyTime begun = arrivals.front().steady;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const auto joined = hang && i >= 32 ? std::chrono::milliseconds(i - 31) : 0ms;
    CHECK(arrivals[i].steady - begun == joined);
  }
}

TEST_CASE("no more is started than may be lost without an outcome") {
  World world;
  Options options = world.options();
  options.limits.unsettled_max = 10;
  options.limits.outcome_delay_max = 50ms;
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 20; ++i) {
    subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com");
  }
  for (int n = 1; n <= 5; ++n) dispatcher.publish("acme", Numbered{.n = n});
  std::size_t before = 0;
  for (int step = 0; step < 2'000; ++step) {
    world.run(dispatcher, 1ms);
    const Metrics metrics = dispatcher.metrics();
    const std::uint64_t unsettled = metrics.attempts - metrics.delivered - metrics.failed;
    CHECK(unsettled <= 10);
    before = world.net->arrivals().size();
    if (before == 100) break;
  }
  CHECK(before == 100);
}
