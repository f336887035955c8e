// Two dispatchers on one database: every event is delivered once, whoever runs.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

struct Pair {
  Pair() {
    first.emplace(world.options());
    second.emplace(world.options());
  }

  // Lets both work by turns for so long.
  void run(Duration span, Duration turn = 100ms) {
    const TimePoint end = world.clock->wall() + span;
    while (world.clock->wall() < end) {
      if (first) world.run(*first, turn);
      if (second) world.run(*second, turn);
    }
  }

  World world;
  std::optional<Dispatcher> first{};
  std::optional<Dispatcher> second{};
};

// The numbers that arrived at a host, sorted.
std::vector<std::int64_t> sorted_numbers(const World& world, std::string_view host) {
  std::vector<std::int64_t> numbers = world.net->numbers(host);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

TEST_CASE("an endpoint created in one dispatcher is seen by the other") {
  Pair p;
  const Endpoint endpoint = subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  const auto found = p.second->endpoints().find("acme", endpoint.id);
  REQUIRE(found);
  CHECK(found->secrets == endpoint.secrets);
  CHECK(p.second->publish("acme", Numbered{.n = 1}).queued());
  p.run(10s);
  CHECK(p.world.net->numbers("a.example.com") == numbers_from(1, 1));

  REQUIRE(p.second->endpoints().pause("acme", endpoint.id).ok());
  p.run(30s);
  CHECK(look_up(*p.first, endpoint).status == Status::paused);
  p.first->publish("acme", Numbered{.n = 2});
  p.run(30s);
  CHECK(p.world.net->numbers("a.example.com") == numbers_from(1, 1));
  REQUIRE(p.first->endpoints().enable("acme", endpoint.id).ok());
  p.run(30s);
  CHECK(p.world.net->numbers("a.example.com") == numbers_from(1, 2));
  CHECK(p.first->endpoints().remove("acme", endpoint.id) == EndpointOutcome::ok);
  p.run(30s);
  CHECK_FALSE(p.second->endpoints().find("acme", endpoint.id));
  CHECK(p.second->publish("acme", Numbered{.n = 3}).publication() == Publication::nobody_listening);
}

TEST_CASE("an event published in one right after an endpoint was created in the other arrives") {
  Pair p;
  p.run(1min);
  const Endpoint endpoint = subscribe(*p.first, "acme", "a.example.com");
  // The second has not heard of it: the promise holds once its version check is due.
  p.run(20s);
  CHECK(p.second->publish("acme", Numbered{.n = 1}).queued());
  p.run(10s);
  CHECK(p.world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("two dispatchers that both publish deliver every event once") {
  Pair p;
  p.world.net->keep_headers(false);
  const int endpoints = 10;
  for (int i = 0; i < endpoints; ++i) {
    subscribe(*p.first, "acme", "h" + std::to_string(i) + ".example.com");
  }
  p.run(30s);
  int n = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 5; ++i) {
      CHECK(p.first->publish("acme", Numbered{.n = ++n}).queued());
      CHECK(p.second->publish("acme", Numbered{.n = ++n}).queued());
    }
    p.run(Duration(37 * round), Duration(1 + round));
  }
  p.run(2min);
  for (int i = 0; i < endpoints; ++i) {
    CAPTURE(i);
    CHECK(difference(sorted_numbers(p.world, "h" + std::to_string(i) + ".example.com"), n) == "");
  }
  CHECK(p.first->metrics().delivered + p.second->metrics().delivered ==
        std::uint64_t(n) * endpoints);
  CHECK(p.first->metrics().fenced + p.second->metrics().fenced == 0);
}

TEST_CASE("failed deliveries keep their schedule and end once, whoever sends them") {
  Pair p;
  const Endpoint endpoint = subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  p.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  p.first->publish("acme", Numbered{.n = 1});
  p.second->publish("acme", Numbered{.n = 2});
  p.run(1h);
  CHECK(p.world.net->arrivals().size() == 8);
  CHECK(p.first->endpoints().dead_letters("acme", endpoint.id).rows.size() == 2);
  CHECK(p.second->endpoints().dead_letters("acme", endpoint.id).rows.size() == 2);
  CHECK(p.first->metrics().dead + p.second->metrics().dead == 2);
  CHECK(p.world.observer->count(NoticeKind::delivery_exhausted) == 2);
  CHECK(look_up(*p.first, endpoint).failing);
  p.run(30s);
  CHECK(look_up(*p.second, endpoint).failing);
}

TEST_CASE("when one stops without a word the other takes over after the lease") {
  Pair p;
  p.world.net->keep_headers(false);
  subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  p.world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 1; n <= 30; ++n) p.first->publish("acme", Numbered{.n = n});
  p.world.run(*p.first, 1500ms);
  const std::size_t before = p.world.net->arrivals().size();
  CHECK(before > 0);
  CHECK(before < 30);

  // From here on the first one does not run: it hangs, or its machine is gone.
  p.world.run(*p.second, 2min);
  std::map<std::int64_t, int> count;
  for (const std::int64_t n : p.world.net->numbers("a.example.com")) ++count[n];
  CHECK(count.size() == 30);
  int repeated = 0;
  for (const auto& [n, times] : count) repeated += times - 1;
  CHECK(repeated <= 16);  // what the first had under way, or had not settled

  // It comes back, finds its lanes gone, and neither sends nor settles anything of theirs.
  const std::size_t after = p.world.net->arrivals().size();
  p.world.run(*p.first, 10s);
  p.run(1min);
  CHECK(p.world.net->arrivals().size() == after);
  CHECK(p.first->metrics().fenced > 0);
  CHECK(p.second->metrics().fenced == 0);

  p.first->publish("acme", Numbered{.n = 31});
  p.second->publish("acme", Numbered{.n = 32});
  p.run(1min);
  CHECK(p.world.net->arrivals().size() == after + 2);
}

TEST_CASE("pause and enable by the one while the other has requests under way") {
  Pair p;
  const Endpoint endpoint = subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  p.world.net->answer("a.example.com", SimulatedAnswer{.latency = 14s});
  for (int n = 1; n <= 20; ++n) p.second->publish("acme", Numbered{.n = n});
  p.world.run(*p.second, 1s);
  const Duration before = GENERATE(Duration(100ms), Duration(3s), Duration(6s));
  const Duration between = GENERATE(Duration(100ms), Duration(6s));
  CAPTURE(before.count(), between.count());
  p.run(before);
  REQUIRE(p.first->endpoints().pause("acme", endpoint.id).ok());
  p.run(between);
  REQUIRE(p.first->endpoints().enable("acme", endpoint.id).ok());
  p.run(5s);
  for (int n = 21; n <= 30; ++n) p.second->publish("acme", Numbered{.n = n});
  for (int n = 31; n <= 40; ++n) p.first->publish("acme", Numbered{.n = n});
  p.run(5min);
  CHECK(sorted_numbers(p.world, "a.example.com") == numbers_from(1, 40));
  CHECK(p.first->metrics().fenced + p.second->metrics().fenced == 0);
}

TEST_CASE("a receiver that asks for a rest gets it from both") {
  Pair p;
  subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  p.world.net->answer("a.example.com", SimulatedAnswer{.status = 503, .retry_after = "600"});
  p.first->publish("acme", Numbered{.n = 1});
  p.run(5s);
  REQUIRE(p.world.net->arrivals().size() == 1);
  const SteadyTime asked = p.world.net->arrivals()[0].steady;
  p.world.net->answer("a.example.com", SimulatedAnswer{});
  for (int n = 2; n <= 5; ++n) {
    p.second->publish("acme", Numbered{.n = n});
    p.first->publish("acme", Numbered{.n = 100 + n});
    p.run(30s);
  }
  CHECK(p.world.net->arrivals().size() == 1);
  p.run(15min);
  CHECK(p.world.net->arrivals().size() == 10);
  CHECK(p.world.net->arrivals()[1].steady - asked >= 600s);
}

TEST_CASE("the rate limit of an endpoint holds for both together") {
  World world;
  world.net->keep_headers(false);
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 5;
  Dispatcher first(world.options(profile));
  Dispatcher second(world.options(profile));
  subscribe(first, "acme", "a.example.com");
  int n = 0;
  for (int round = 0; round < 120; ++round) {
    for (int i = 0; i < 2; ++i)
      (round % 2 == 0 ? first : second).publish("acme", Numbered{.n = ++n});
    world.run(first, 1s);
    world.run(second, 1s);
  }
  const auto& arrivals = world.net->arrivals();
  std::size_t most = 0;
  std::size_t oldest = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].steady - arrivals[oldest].steady >= 60s) ++oldest;
    most = std::max(most, last - oldest + 1);
  }
  CHECK(most <= 60 + 5);
}

TEST_CASE("when one is shut down the other takes over at once") {
  Pair p;
  subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  p.world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 1; n <= 30; ++n) p.first->publish("acme", Numbered{.n = n});
  p.world.run(*p.first, 1500ms);
  const Drained drained = p.first->shutdown(0ms);
  CHECK_FALSE(drained.complete);
  const SteadyTime gone = p.world.clock->steady();
  const std::size_t before = p.world.net->arrivals().size();
  p.world.run(*p.second, 10s);
  REQUIRE(p.world.net->arrivals().size() > before);
  CHECK(p.world.net->arrivals()[before].steady - gone <= 5s);
  CHECK(p.world.net->arrivals().size() == 30 + drained.cancelled);
}

TEST_CASE("lanes of dispatchers that come and go lose nothing") {
  Pair p;
  p.world.net->keep_headers(false);
  for (int i = 0; i < 5; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example.com";
    subscribe(*p.first, "acme", host);
    p.world.net->answer(host, SimulatedAnswer{.latency = 150ms});
  }
  p.run(30s);
  int n = 0;
  std::size_t cancelled = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 10; ++i) p.first->publish("acme", Numbered{.n = ++n});
    for (int i = 0; i < 10; ++i) p.second->publish("acme", Numbered{.n = ++n});
    p.run(Duration(round * 111), 50ms);
    std::optional<Dispatcher>& leaving = round % 2 == 0 ? p.first : p.second;
    cancelled += leaving->shutdown(0ms).cancelled;
    leaving.emplace(p.world.options());
    p.run(1s, 50ms);
  }
  p.run(5min);
  std::size_t arrived = 0;
  for (int i = 0; i < 5; ++i) {
    CAPTURE(i);
    std::vector<std::int64_t> numbers =
        sorted_numbers(p.world, "h" + std::to_string(i) + ".example.com");
    arrived += numbers.size();
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    CHECK(difference(numbers, n) == "");
  }
  CHECK(arrived <= std::size_t(n) * 5 + cancelled);
}

TEST_CASE("a limit on active endpoints holds for both together") {
  World world;
  Profile profile = exact_profile();
  profile.active_endpoints_max = 3;
  Dispatcher first(world.options(profile));
  Dispatcher second(world.options(profile));
  CHECK(first.endpoints().create("acme", spec_for("a.example.com")).ok());
  CHECK(second.endpoints().create("acme", spec_for("b.example.com")).ok());
  CHECK(first.endpoints().create("acme", spec_for("c.example.com")).ok());
  CHECK(second.endpoints().create("acme", spec_for("d.example.com")).outcome ==
        EndpointOutcome::over_limit);
}

TEST_CASE("an idempotency key used in one is known to the other") {
  Pair p;
  subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  PublishOptions options;
  options.idempotency_key = "k";
  const Receipt first = p.first->publish("acme", Numbered{.n = 1}, options);
  CHECK(first.wait(1s) == Stored::yes);
  const Receipt second = p.second->publish("acme", Numbered{.n = 2}, options);
  CHECK(second.wait(1s) == Stored::duplicate);
  CHECK(second.event() == first.event());
  p.run(10s);
  CHECK(p.world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("a record changed in the one is not overwritten by the other") {
  Pair p;
  const Endpoint endpoint = subscribe(*p.first, "acme", "a.example.com");
  p.run(30s);
  REQUIRE(p.first->endpoints().pause("acme", endpoint.id).ok());
  // The second has not heard of the pause yet.
  EndpointSpec spec = spec_for("a.example.com");
  spec.description = "changed";
  const EndpointResult result = p.second->endpoints().update("acme", endpoint.id, spec);
  p.run(30s);
  const Endpoint now = look_up(*p.first, endpoint);
  CHECK(now.status == Status::paused);
  if (result.ok()) {
    CHECK(now.description == "changed");
  } else {
    CHECK(result.outcome == EndpointOutcome::conflict);
    CHECK(now.description.empty());
  }
}
