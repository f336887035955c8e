// Pausing, disabling, removing and enabling by hand.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

struct Fixture {
  explicit Fixture(StoreKind kind = StoreKind::memory) : world(kind), dispatcher(world.options()) {
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    healthy = subscribe(dispatcher, "acme", "healthy.example.com");
  }
  void publish(std::int64_t first, std::int64_t last) {
    for (std::int64_t n = first; n <= last; ++n) dispatcher.publish("acme", Numbered{.n = n});
  }
  void run(Duration span) { world.run(dispatcher, span); }
  Endpoints& endpoints() { return dispatcher.endpoints(); }
  std::vector<std::int64_t> numbers() { return world.net->numbers("a.example.com"); }
  std::size_t waiting() { return endpoints().waiting("acme", endpoint.id).rows.size(); }

  World world;
  Dispatcher dispatcher;
  Endpoint endpoint{};
  Endpoint healthy{};
};

}  // namespace

TEST_CASE("a paused endpoint holds what comes and gets it in order once enabled") {
  Fixture f(GENERATE(from_range(store_kinds())));
  const EndpointResult paused = f.endpoints().pause("acme", f.endpoint.id);
  REQUIRE(paused.ok());
  CHECK(paused.endpoint.status == Status::paused);
  CHECK(paused.endpoint.reason == Reason::by_user);
  CHECK(paused.endpoint.version == f.endpoint.version + 1);

  f.publish(1, 50);
  f.run(24h);
  CHECK(f.numbers().empty());
  CHECK(f.waiting() == 50);
  CHECK(f.world.net->numbers("healthy.example.com") == numbers_from(1, 50));

  REQUIRE(f.endpoints().enable("acme", f.endpoint.id).ok());
  f.publish(51, 60);
  f.run(10s);
  CHECK(f.numbers() == numbers_from(1, 60));
  CHECK(f.waiting() == 0);
  CHECK(f.world.observer->notices.empty());  // nobody need be told of what he did himself
}

TEST_CASE("a disabled endpoint skips what comes and gives up what waits") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  f.publish(1, 2);
  f.run(1s);
  const EndpointResult disabled = f.endpoints().disable("acme", f.endpoint.id);
  REQUIRE(disabled.ok());
  CHECK(disabled.endpoint.status == Status::disabled);
  CHECK(disabled.endpoint.reason == Reason::by_user);
  f.world.net->answer("a.example.com", SimulatedAnswer{});
  f.world.net->forget();
  f.publish(3, 4);
  f.run(24h);
  CHECK(f.numbers().empty());
  CHECK(f.waiting() == 0);
  CHECK(f.endpoints().dead_letters("acme", f.endpoint.id).rows.size() == 2);
  CHECK(f.world.net->numbers("healthy.example.com") == numbers_from(3, 4));

  REQUIRE(f.endpoints().enable("acme", f.endpoint.id).ok());
  f.publish(5, 5);
  f.run(10s);
  CHECK(f.numbers() == std::vector<std::int64_t>{5});
}

TEST_CASE("pausing does not move the retries that are not due yet") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  const TimePoint start = f.world.clock->wall();
  f.publish(1, 1);
  f.run(61s);  // the first retry failed, the next is 5 minutes later
  REQUIRE(f.endpoints().pause("acme", f.endpoint.id).ok());
  f.run(1min);
  REQUIRE(f.endpoints().enable("acme", f.endpoint.id).ok());
  f.run(10min);
  const auto arrivals = f.world.net->to("a.example.com");
  REQUIRE(arrivals.size() == 3);
  CHECK(Duration(arrivals[2].wall - start) == 6min);
}

TEST_CASE("an endpoint paused between the failure and its retry sends it when enabled") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  f.publish(1, 1);
  f.run(1s);
  REQUIRE(f.endpoints().pause("acme", f.endpoint.id).ok());
  f.run(1h);
  CHECK(f.numbers().size() == 1);
  f.world.net->answer("a.example.com", SimulatedAnswer{});
  REQUIRE(f.endpoints().enable("acme", f.endpoint.id).ok());
  f.run(1s);
  CHECK(f.numbers().size() == 2);
  CHECK(f.waiting() == 0);
}

TEST_CASE("what is under way when an endpoint is paused ends as it does") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.latency = 5s});
  f.publish(1, 1);
  f.run(1s);
  REQUIRE(f.numbers().size() == 1);
  REQUIRE(f.endpoints().pause("acme", f.endpoint.id).ok());
  f.run(10s);
  CHECK(f.waiting() == 0);
  CHECK(f.endpoints().attempts("acme", f.endpoint.id).rows.size() == 1);
  REQUIRE(f.endpoints().enable("acme", f.endpoint.id).ok());
  f.run(1h);
  CHECK(f.numbers().size() == 1);
}

TEST_CASE("a removed endpoint gets nothing more, and what waited for it is dropped") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  f.publish(1, 5);
  f.run(1s);
  CHECK(f.waiting() == 5);
  CHECK(f.endpoints().remove("acme", f.endpoint.id) == EndpointOutcome::ok);
  CHECK_FALSE(f.endpoints().find("acme", f.endpoint.id));
  CHECK(f.endpoints().list("acme").rows.size() == 1);
  CHECK(f.endpoints().remove("acme", f.endpoint.id) == EndpointOutcome::not_found);
  CHECK(f.endpoints().enable("acme", f.endpoint.id).outcome == EndpointOutcome::not_found);

  f.world.net->forget();
  f.publish(6, 6);
  f.run(48h);
  CHECK(f.numbers().empty());
  CHECK(f.waiting() == 0);
  CHECK(f.world.net->numbers("healthy.example.com") == numbers_from(6, 6));
  CHECK(f.dispatcher.metrics().dead == 0);
  CHECK(f.dispatcher.metrics().in_memory == 0);
}

TEST_CASE("an endpoint removed while a request is under way hurts nobody") {
  Fixture f(GENERATE(from_range(store_kinds())));
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 5s});
  f.publish(1, 3);
  f.run(1s);
  CHECK(f.endpoints().remove("acme", f.endpoint.id) == EndpointOutcome::ok);
  f.run(24h);
  CHECK(f.numbers().size() == 3);
  f.publish(4, 4);
  f.run(1s);
  CHECK(f.world.net->numbers("healthy.example.com") == numbers_from(1, 4));
  CHECK(f.dispatcher.metrics().in_flight == 0);
  CHECK(f.dispatcher.metrics().plugin_errors == 0);
}

TEST_CASE("pausing a paused endpoint and enabling an active one are fine") {
  Fixture f(GENERATE(from_range(store_kinds())));
  CHECK(f.endpoints().enable("acme", f.endpoint.id).ok());
  CHECK(f.endpoints().pause("acme", f.endpoint.id).ok());
  CHECK(f.endpoints().pause("acme", f.endpoint.id).ok());
  CHECK(f.endpoints().disable("acme", f.endpoint.id).ok());
  CHECK(look_up(f.dispatcher, f.endpoint).status == Status::disabled);
  CHECK(f.endpoints().pause("acme", f.endpoint.id).ok());
  CHECK(look_up(f.dispatcher, f.endpoint).status == Status::paused);
  f.publish(1, 1);
  f.run(1s);
  CHECK(f.waiting() == 1);
}

TEST_CASE("an endpoint that nobody has made is not found") {
  Fixture f(GENERATE(from_range(store_kinds())));
  const EndpointId unknown = IdGenerator(99).next<EndpointId>(f.world.clock->wall());
  CHECK(f.endpoints().pause("acme", unknown).outcome == EndpointOutcome::not_found);
  CHECK(f.endpoints().update("acme", unknown, spec_for("a.example.com")).outcome ==
        EndpointOutcome::not_found);
  CHECK(f.endpoints().remove("acme", unknown) == EndpointOutcome::not_found);
  CHECK_FALSE(f.endpoints().find("acme", unknown));
  CHECK(f.endpoints().attempts("acme", unknown).rows.empty());
}
