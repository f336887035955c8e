// At least once, over restarts and crashes.

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/flaky_store.hpp"
#include "dispatcher/world.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("endpoints, secrets and all, are there after a restart") {
  World world(GENERATE(from_range(store_kinds())));
  EndpointSpec spec = spec_for("a.example.com", {"test.numbered", "test.other.*"});
  spec.secret = Secret("the secret, of 16");
  spec.standard_secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  spec.uid = "main";
  spec.description = "the main one, \xC3\xBC";
  spec.headers = {Header{"X-Env", "production"}};
  Endpoint before;
  {
    Dispatcher dispatcher(world.options());
    before = subscribe(dispatcher, "acme", spec);
    REQUIRE(dispatcher.endpoints().pause("acme", before.id).ok());
    before = look_up(dispatcher, before);
    world.run(dispatcher, 1h);
  }
  Dispatcher dispatcher(world.options());
  const Endpoint after = look_up(dispatcher, before);
  CHECK(after.id == before.id);
  CHECK(after.version == before.version);
  CHECK(after.tenant == "acme");
  CHECK(after.url == before.url);
  CHECK(after.events == before.events);
  CHECK(after.secrets == before.secrets);
  CHECK(after.standard_secret == before.standard_secret);
  CHECK(after.profile == "test");
  CHECK(after.uid == "main");
  CHECK(after.description == before.description);
  CHECK(after.headers == before.headers);
  CHECK(after.status == Status::paused);
  CHECK(after.reason == Reason::by_user);
  CHECK(after.created == before.created);
  CHECK(after.updated == before.updated);
  CHECK(dispatcher.endpoints().find_uid("acme", "main")->id == before.id);
}

TEST_CASE("an endpoint whose URL a stricter policy forbids is not served, and what it has waits") {
  World world(GENERATE(from_range(store_kinds())));
  std::optional<Dispatcher> dispatcher(world.options());
  const Endpoint open = subscribe(*dispatcher, "acme", "a.example.com");
  EndpointSpec spec = spec_for("b.example.com");
  spec.url = "https://b.example.com:8443/hook";
  subscribe(*dispatcher, "acme", spec);
  world.net->answer("b.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  dispatcher->publish("acme", Numbered{.n = 1});
  world.run(*dispatcher, 1s);
  const std::size_t before = world.net->arrivals().size();
  CHECK(before == 2);

  dispatcher.reset();
  Options strict = world.options();
  strict.egress.ports = {443};
  dispatcher.emplace(std::move(strict));
  world.run(*dispatcher, 1h);
  CHECK(world.net->arrivals().size() == before);
  REQUIRE(!world.observer->troubles.empty());
  CHECK_THAT(world.observer->troubles.back(), ContainsSubstring("is not served: endpoint.url"));
  CHECK(look_up(*dispatcher, open).status == Status::active);

  dispatcher.reset();
  world.net->answer("b.example.com", SimulatedAnswer{.status = 200, .latency = 0ms});
  dispatcher.emplace(world.options());
  world.run(*dispatcher, 1h);
  REQUIRE(world.net->arrivals().size() == before + 1);
  CHECK(world.net->arrivals().back().url == "https://b.example.com:8443/hook");
}

TEST_CASE("a schedule goes on after a restart where it was") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  const TimePoint start = world.clock->wall();
  std::optional<Dispatcher> dispatcher(world.options());
  subscribe(*dispatcher, "acme", "a.example.com");
  dispatcher->publish("acme", Numbered{.n = 1});
  for (int restarts = 0; restarts < 8; ++restarts) {
    world.run(*dispatcher, 5min + 7s);
    dispatcher.reset();
    dispatcher.emplace(world.options());
  }
  std::vector<Duration> since;
  for (const Arrival& arrival : world.net->arrivals()) since.push_back(arrival.wall - start);
  CHECK(since == std::vector<Duration>{0min, 1min, 6min, 36min});
  std::set<std::string> deliveries;
  for (const Arrival& arrival : world.net->arrivals()) {
    deliveries.insert(arrival.header("X-Test-Delivery"));
  }
  CHECK(deliveries.size() == 1);
  CHECK(dispatcher->endpoints()
            .find("acme", dispatcher->endpoints().list("acme").rows[0].id)
            ->failing);
}

TEST_CASE("a delivery that came due while nobody ran is sent at the next start") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 10s);
  }
  world.clock->advance(48h);
  const SteadyTime start = world.clock->steady();
  Dispatcher dispatcher(world.options());
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 2);
  CHECK(world.net->arrivals()[1].steady - start <= 10ms);
}

TEST_CASE("restarts at any moment deliver everything at least once, and little more often") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  CAPTURE(seed);
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  std::mt19937 random(seed);
  std::map<std::int64_t, int> taken;
  std::map<std::int64_t, int> failed;
  world.net->answer("a.example.com", [&](const Arrival& arrival) {
    SimulatedAnswer answer;
    answer.latency = Duration(random() % 50);
    // The third time at the latest it is taken: none becomes a dead letter.
    answer.status = random() % 3 == 0 && failed[arrival.n()] < 2 ? 500 : 200;
    ++(answer.status == 200 ? taken : failed)[arrival.n()];
    return answer;
  });
  const auto options = [&] {
    Options result = world.options();
    result.limits.lane_rows_max = 8;
    return result;
  };
  std::optional<Dispatcher> dispatcher(options());
  subscribe(*dispatcher, "acme", "a.example.com");
  std::vector<std::int64_t> durable;
  std::int64_t n = 0;
  std::size_t cancelled = 0;
  for (int restarts = 0; restarts < 40; ++restarts) {
    std::vector<std::pair<std::int64_t, Receipt>> receipts;
    for (int i = 0; i < 20; ++i) {
      ++n;
      receipts.emplace_back(n, dispatcher->publish("acme", Numbered{.n = n}));
      if (random() % 4 == 0) world.run(*dispatcher, Duration(random() % 30));
    }
    cancelled += dispatcher->shutdown(0ms).cancelled;
    dispatcher.reset();
    for (const auto& [number, receipt] : receipts) {
      if (receipt.stored() == Stored::yes) durable.push_back(number);
    }
    dispatcher.emplace(options());
  }
  world.run(*dispatcher, 2h);
  CHECK(durable.size() == std::size_t(n));
  std::size_t extra = 0;
  for (const std::int64_t number : durable) {
    CAPTURE(number);
    CHECK(taken[number] >= 1);
    extra += std::size_t(taken[number] - 1);
  }
  CHECK(extra <= cancelled);
  CHECK(taken.size() == durable.size());
}

// A crash: the store stops taking anything, so that what the dispatcher knows is gone.
TEST_CASE("after a crash everything durable is delivered, and what was repeated is bounded") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  std::map<std::int64_t, int> taken;
  world.net->answer("a.example.com", [&](const Arrival& arrival) {
    ++taken[arrival.n()];
    return SimulatedAnswer{};
  });
  std::vector<std::pair<std::int64_t, Receipt>> receipts;
  {
    Options options = world.options();
    options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
    options.limits.unsettled_max = 5;
    Dispatcher dispatcher(std::move(options));
    subscribe(dispatcher, "acme", "a.example.com");
    for (int n = 1; n <= 100; ++n) {
      receipts.emplace_back(n, dispatcher.publish("acme", Numbered{.n = n}));
    }
    world.run(dispatcher, 60ms);
    trouble->commit = Trouble::Kind::unavailable;
    for (int n = 101; n <= 110; ++n) {
      receipts.emplace_back(n, dispatcher.publish("acme", Numbered{.n = n}));
    }
    world.run(dispatcher, 1s);
  }
  CHECK(taken.size() < 100);
  Dispatcher dispatcher(world.options());
  world.run(dispatcher, 1h);
  std::size_t extra = 0;
  for (const auto& [n, receipt] : receipts) {
    CAPTURE(n);
    if (receipt.stored() == Stored::yes) CHECK(taken[n] >= 1);
    if (n > 100) CHECK(receipt.stored() == Stored::no);
    if (receipt.stored() == Stored::no) CHECK(taken[n] == 0);
    if (taken[n] > 1) extra += std::size_t(taken[n] - 1);
  }
  CHECK(extra <= 5);
}

TEST_CASE("dead letters and history are there after a restart") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  Endpoint endpoint;
  {
    Dispatcher dispatcher(world.options());
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1h);
  }
  Dispatcher dispatcher(world.options());
  CHECK(look_up(dispatcher, endpoint).failing);
  CHECK(dispatcher.endpoints().dead_letters("acme", endpoint.id).rows.size() == 1);
  CHECK(dispatcher.endpoints().attempts("acme", endpoint.id).rows.size() == 4);
}

TEST_CASE("an endpoint removed before a restart stays removed") {
  World world(GENERATE(from_range(store_kinds())));
  Endpoint endpoint;
  {
    Dispatcher dispatcher(world.options());
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    dispatcher.publish("acme", Numbered{.n = 1});
    CHECK(dispatcher.endpoints().remove("acme", endpoint.id) == EndpointOutcome::ok);
  }
  world.net->forget();
  Dispatcher dispatcher(world.options());
  CHECK_FALSE(dispatcher.endpoints().find("acme", endpoint.id));
  CHECK(dispatcher.publish("acme", Numbered{.n = 2}).publication() ==
        Publication::nobody_listening);
  world.run(dispatcher, 1h);
  CHECK(world.net->arrivals().empty());
}

TEST_CASE("an endpoint whose profile is gone after a restart is kept, and waits") {
  World world(GENERATE(from_range(store_kinds())));
  Endpoint endpoint;
  {
    Dispatcher dispatcher(world.options());
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    REQUIRE(dispatcher.endpoints().pause("acme", endpoint.id).ok());
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1s);
    REQUIRE(dispatcher.endpoints().enable("acme", endpoint.id).ok());
  }
  world.net->forget();
  {
    Options options = world.options();
    options.profiles.clear();
    options.default_profile = "standard_webhooks";
    std::optional<Dispatcher> dispatcher;
    try {
      dispatcher.emplace(std::move(options));
    } catch (const std::exception&) {  // to say so at once is fine, too
    }
    if (dispatcher) world.run(*dispatcher, 1min);
  }
  Dispatcher dispatcher(world.options());
  world.run(dispatcher, 1h);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}
