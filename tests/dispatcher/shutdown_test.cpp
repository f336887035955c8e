// shutdown() drains and says what is left; the destructor never hangs; what is left is in the
// store.

#include <optional>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

struct Ending {
  explicit Ending(StoreKind kind = StoreKind::memory) : world(kind) { restart(); }
  void restart() {
    dispatcher.reset();
    dispatcher.emplace(world.options());
  }
  World world;
  std::optional<Dispatcher> dispatcher{};
};

}  // namespace

TEST_CASE("a shutdown with enough time delivers everything and says so") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 1; n <= 40; ++n) e.dispatcher->publish("acme", Numbered{.n = n});
  const SteadyTime start = e.world.clock->steady();
  const Drained drained = e.dispatcher->shutdown(1h);
  CHECK(drained.complete);
  CHECK(drained.cancelled == 0);
  CHECK(drained.not_stored == 0);
  CHECK(e.world.net->numbers("a.example.com") == numbers_from(1, 40));
  CHECK(e.dispatcher->metrics().delivered == 40);
  CHECK(e.world.clock->steady() - start < 10s);  // it does not wait for longer than it must

  e.restart();
  e.world.run(*e.dispatcher, 1h);
  CHECK(e.world.net->arrivals().size() == 40);
}

TEST_CASE("an idle dispatcher shuts down at once") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.world.run(*e.dispatcher, 1s);
  const SteadyTime start = e.world.clock->steady();
  CHECK(e.dispatcher->shutdown(1h).complete);
  CHECK(e.world.clock->steady() - start < 1s);
}

TEST_CASE("a retry that is not due yet does not hold up a shutdown, and comes after it") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  const TimePoint start = e.world.clock->wall();
  e.dispatcher->publish("acme", Numbered{.n = 1});
  e.world.run(*e.dispatcher, 10s);
  CHECK(e.dispatcher->shutdown(1h).complete);
  CHECK(e.world.clock->wall() - start < 20s);
  e.restart();
  e.world.run(*e.dispatcher, 2min);
  REQUIRE(e.world.net->arrivals().size() == 2);
  CHECK(e.world.net->arrivals()[1].wall == start + 1min);
}

TEST_CASE("what a shutdown cuts off is sent again after the next start, uncharged") {
  Ending e(GENERATE(from_range(store_kinds())));
  const Endpoint endpoint = subscribe(*e.dispatcher, "acme", "a.example.com");
  e.world.net->answer("a.example.com", SimulatedAnswer{.latency = 14s});
  for (int n = 1; n <= 20; ++n) e.dispatcher->publish("acme", Numbered{.n = n});
  e.world.run(*e.dispatcher, 1s);
  CHECK(e.world.net->arrivals().size() == 8);
  const SteadyTime start = e.world.clock->steady();
  const Drained drained = e.dispatcher->shutdown(5s);
  CHECK_FALSE(drained.complete);
  CHECK(drained.cancelled == 8);
  CHECK(drained.not_stored == 0);
  CHECK(e.world.clock->steady() - start >= 5s);
  CHECK(e.world.clock->steady() - start <= 6s);

  e.world.net->forget();
  e.world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  e.restart();
  const auto waiting = e.dispatcher->endpoints().waiting("acme", endpoint.id).rows;
  REQUIRE(waiting.size() == 20);
  for (const Waiting& row : waiting) CHECK(row.delivery.attempts == 0);
  e.world.run(*e.dispatcher, 30s);
  CHECK(e.world.net->numbers("a.example.com") == numbers_from(1, 20));
}

TEST_CASE("requests that end while a shutdown drains are settled") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.world.net->answer("a.example.com", SimulatedAnswer{.latency = 3s});
  for (int n = 1; n <= 8; ++n) e.dispatcher->publish("acme", Numbered{.n = n});
  e.world.run(*e.dispatcher, 1s);
  const Drained drained = e.dispatcher->shutdown(5s);
  CHECK(drained.complete);
  e.restart();
  e.world.run(*e.dispatcher, 1h);
  CHECK(e.world.net->arrivals().size() == 8);
}

TEST_CASE("shutdown(0) stores what is queued and leaves it for the next start") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  std::vector<Receipt> receipts;
  for (int n = 1; n <= 30; ++n) receipts.push_back(e.dispatcher->publish("acme", Numbered{.n = n}));
  const SteadyTime start = e.world.clock->steady();
  SECTION("called") {
    const Drained drained = e.dispatcher->shutdown(0ms);
    CHECK_FALSE(drained.complete);
    CHECK(drained.not_stored == 0);
    CHECK(drained.cancelled == 0);
  }
  SECTION("by the destructor") {
    e.dispatcher.reset();
  }
  CHECK(e.world.clock->steady() - start <= 1s);
  CHECK(e.world.net->arrivals().empty());
  for (const Receipt& receipt : receipts) CHECK(receipt.stored() == Stored::yes);

  e.restart();
  e.world.run(*e.dispatcher, 10s);
  CHECK(e.world.net->numbers("a.example.com") == numbers_from(1, 30));
}

TEST_CASE("later calls of shutdown return at once") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.dispatcher->publish("acme", Numbered{.n = 1});
  const Drained first = e.dispatcher->shutdown(1min);
  const SteadyTime after = e.world.clock->steady();
  const Drained second = e.dispatcher->shutdown(1min);
  CHECK(e.world.clock->steady() == after);
  CHECK(first.complete == second.complete);
  CHECK(first.cancelled == second.cancelled);
}

TEST_CASE("a shutdown with a negative or an endless span is one with none or enough") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.dispatcher->publish("acme", Numbered{.n = 1});
  SECTION("negative") {
    try {
      CHECK_FALSE(e.dispatcher->shutdown(-1h).complete);
    } catch (const std::invalid_argument&) {  // misuse, said at once, is fine as well
      SUCCEED();
    }
  }
  SECTION("endless") {
    CHECK(e.dispatcher->shutdown(Duration::max()).complete);
  }
}

TEST_CASE("the observer hears of everything that ended, and of nothing after shutdown") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  for (int n = 1; n <= 10; ++n) e.dispatcher->publish("acme", Numbered{.n = n});
  CHECK(e.dispatcher->shutdown(1min).complete);
  CHECK(e.world.observer->attempts.size() == 10);
  e.dispatcher->publish("acme", Numbered{.n = 11});
  e.world.run(*e.dispatcher, 1h);
  CHECK(e.world.observer->attempts.size() == 10);
  e.dispatcher.reset();
  CHECK(e.world.observer.use_count() == 1);  // the dispatcher has let go of it
}

TEST_CASE("run_until after a shutdown sends nothing") {
  Ending e(GENERATE(from_range(store_kinds())));
  subscribe(*e.dispatcher, "acme", "a.example.com");
  e.dispatcher->publish("acme", Numbered{.n = 1});
  e.dispatcher->shutdown(0ms);
  e.world.run(*e.dispatcher, 1h);
  CHECK(e.world.net->arrivals().empty());
}
