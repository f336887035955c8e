// The limits that HyperSnap documents: destinations per tenant, events per minute and endpoint.

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

Profile hypersnap_like() {
  Profile profile = without_jitter(profiles::hypersnap());
  profile.family.clear();
  profile.handshake = false;  // tests/life
  return profile;
}

// The most requests that any span of this length saw.
std::size_t most_within(const std::vector<Arrival>& arrivals, Duration span) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].steady - arrivals[first].steady >= span) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

}  // namespace

TEST_CASE("a tenant has at most fifteen active HyperSnap endpoints") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options(hypersnap_like()));
  std::vector<Endpoint> endpoints;
  for (int i = 0; i < 15; ++i) {
    endpoints.push_back(subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com"));
  }
  Endpoints& calls = dispatcher.endpoints();
  const auto create = [&](std::string_view tenant) {
    return calls.create(tenant, spec_for("more.example.com")).outcome;
  };
  CHECK(create("acme") == EndpointOutcome::over_limit);
  CHECK(calls.list("acme").rows.size() == 15);
  CHECK(create("umbrella") == EndpointOutcome::ok);

  SECTION("a paused one does not count, and can't come back while the limit is reached") {
    REQUIRE(calls.pause("acme", endpoints[0].id).ok());
    CHECK(create("acme") == EndpointOutcome::ok);
    CHECK(calls.enable("acme", endpoints[0].id).outcome == EndpointOutcome::over_limit);
    CHECK(look_up(dispatcher, endpoints[0]).status == Status::paused);
    CHECK(calls.remove("acme", endpoints[1].id) == EndpointOutcome::ok);
    CHECK(calls.enable("acme", endpoints[0].id).ok());
  }
  SECTION("a disabled one does not count") {
    REQUIRE(calls.disable("acme", endpoints[0].id).ok());
    CHECK(create("acme") == EndpointOutcome::ok);
  }
  SECTION("a removed one does not count") {
    CHECK(calls.remove("acme", endpoints[0].id) == EndpointOutcome::ok);
    CHECK(create("acme") == EndpointOutcome::ok);
    CHECK(create("acme") == EndpointOutcome::over_limit);
  }
  SECTION("an update of one is no addition") {
    CHECK(calls.update("acme", endpoints[0].id, spec_for("elsewhere.example.com")).ok());
    CHECK(calls.enable("acme", endpoints[0].id).ok());
  }
}

TEST_CASE("the limit still holds after a restart") {
  World world(GENERATE(from_range(store_kinds())));
  {
    Dispatcher dispatcher(world.options(hypersnap_like()));
    for (int i = 0; i < 15; ++i) {
      subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com");
    }
  }
  Dispatcher dispatcher(world.options(hypersnap_like()));
  CHECK(dispatcher.endpoints().create("acme", spec_for("more.example.com")).outcome ==
        EndpointOutcome::over_limit);
}

TEST_CASE("1,200 sends a minute and no more, the rest later and in order") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Dispatcher dispatcher(world.options(hypersnap_like()));
  subscribe(dispatcher, "acme", "a.example.com");
  const int events = 5'000;
  for (int n = 1; n <= events; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 10min);

  const std::vector<Arrival> arrivals = world.net->to("a.example.com");
  CHECK(difference(world.net->numbers("a.example.com"), events) == "");
  CHECK(most_within(arrivals, 60s) <= 1'212);
  CHECK(most_within(arrivals, 1s) <= 20 + 12);
  CHECK(arrivals.back().steady - arrivals.front().steady == events * 50ms - 50ms);
  CHECK(dispatcher.metrics().failed == 0);
  CHECK(dispatcher.metrics().delivered == std::uint64_t(events));
}

TEST_CASE("the limit holds for retries, for bursts after a pause, and over a restart") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Profile profile = hypersnap_like();
  profile.policy.rate_per_minute = 120;
  profile.policy.rate_burst = 10;
  std::optional<Dispatcher> dispatcher;
  dispatcher.emplace(world.options(profile));
  subscribe(*dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() % 3 == 0 ? 500 : 200};
  });
  for (int n = 1; n <= 300; ++n) dispatcher->publish("acme", Numbered{.n = n});
  world.run(*dispatcher, 20min);
  for (int n = 301; n <= 400; ++n) dispatcher->publish("acme", Numbered{.n = n});
  world.run(*dispatcher, 20s);
  CHECK(most_within(world.net->arrivals(), 60s) <= 120 + 10);
  CHECK(most_within(world.net->arrivals(), 400ms) <= 10);

  // Not even a restart every few seconds gets more out of it.
  for (int round = 0; round < 6; ++round) {
    dispatcher.reset();
    dispatcher.emplace(world.options(profile));
    world.run(*dispatcher, 5s);
  }
  world.run(*dispatcher, 10min);
  CHECK(most_within(world.net->arrivals(), 60s) <= 120 + 10);
}

TEST_CASE("one endpoint's limit does not slow another") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Profile limited = exact_profile();
  limited.name = "limited";
  limited.policy.rate_per_minute = 60;
  limited.policy.rate_burst = 1;
  Options options = world.options();
  options.profiles.push_back(limited);
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("limited.example.com");
  spec.profile = "limited";
  subscribe(dispatcher, "acme", spec);
  subscribe(dispatcher, "acme", "free.example.com");
  for (int n = 1; n <= 500; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 30s);
  CHECK(world.net->numbers("free.example.com") == numbers_from(1, 500));
  CHECK(world.net->to("limited.example.com").size() <= 31);
  CHECK(world.net->to("limited.example.com").size() >= 29);
}
