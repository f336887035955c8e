// The retry schedules of all profiles, to the millisecond.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/testing/virtual_clock.hpp"

using namespace dispatcher_test;

namespace {

struct Documented {
  std::string profile{};
  std::vector<Duration> retries{};
};

// As the products document them, written down again here on purpose.
const std::vector<Documented>& documented() {
  static const std::vector<Documented> all{
      {"hypersnap", {30s, 2min, 10min, 1h, 6h}},
      {"snipy", {1min, 5min, 30min, 2h, 24h}},
      {"snapglyph", {1min, 5min, 30min, 2h, 24h}},
      {"standard_webhooks", {5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h}},
  };
  return all;
}

Profile preset(const std::string& name) {
  if (name == "hypersnap") return profiles::hypersnap();
  if (name == "snipy") return profiles::snipy();
  if (name == "snapglyph") return profiles::snapglyph();
  return profiles::standard_webhooks();
}

std::vector<Duration> gaps(const std::vector<Arrival>& arrivals) {
  std::vector<Duration> found;
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    found.push_back(
        std::chrono::duration_cast<Duration>(arrivals[i].steady - arrivals[i - 1].steady));
  }
  return found;
}

// Runs one delivery that fails for ever and gives the requests that it made.
std::vector<Arrival> fail_for_ever(World& world, Profile profile, const SimulatedAnswer& answer) {
  Duration whole{};
  for (const Duration delay : profile.policy.retries) whole += delay;
  Dispatcher dispatcher(world.options(std::move(profile)));
  subscribe(world, dispatcher, "acme", spec_for("a.example.com"));
  world.net->answer("a.example.com", answer);
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, whole + 1h);
  return world.net->arrivals();
}

}  // namespace

TEST_CASE("retries come when the product says, each from the end of the failed attempt") {
  const std::size_t which = GENERATE(0U, 1U, 2U, 3U);
  const Documented& product = documented()[which];
  CAPTURE(product.profile);
  World world(GENERATE(from_range(store_kinds())));
  Profile profile = without_jitter(preset(product.profile));
  const Duration latency = 1'234ms;
  const auto arrivals =
      fail_for_ever(world, profile, SimulatedAnswer{.status = 500, .latency = latency});
  std::vector<Duration> expected;
  for (const Duration delay : product.retries) expected.push_back(latency + delay);
  CHECK(gaps(arrivals) == expected);
}

TEST_CASE("after a timeout the delay runs from the deadline") {
  const std::size_t which = GENERATE(0U, 1U, 2U, 3U);
  const Documented& product = documented()[which];
  CAPTURE(product.profile);
  World world(GENERATE(from_range(store_kinds())));
  const Profile profile = without_jitter(preset(product.profile));
  const auto arrivals = fail_for_ever(world, profile, SimulatedAnswer{.latency = 10min});
  std::vector<Duration> expected;
  for (const Duration delay : product.retries) expected.push_back(profile.policy.deadline + delay);
  CHECK(gaps(arrivals) == expected);
}

TEST_CASE("jitter only adds, up to a tenth, and differs from delivery to delivery") {
  const std::size_t which = GENERATE(0U, 1U, 2U, 3U);
  const Documented& product = documented()[which];
  CAPTURE(product.profile);
  World world;
  Dispatcher dispatcher(world.options(preset(product.profile)));
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  subscribe(world, dispatcher, "acme", spec_for("a.example.com"));
  const int deliveries = 8;
  Duration whole{};
  for (const Duration delay : product.retries) whole += delay + delay / 10;
  for (int n = 0; n < deliveries; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, whole + 1h);

  double least = 1;
  double most = 0;
  for (int n = 0; n < deliveries; ++n) {
    std::vector<Arrival> mine;
    for (const Arrival& arrival : world.net->arrivals()) {
      if (arrival.n() == n) mine.push_back(arrival);
    }
    const auto delays = gaps(mine);
    // Snipy and HyperSnap stop the endpoint at the first exhausted delivery; the others may then
    // have retries left.
    REQUIRE(delays.size() <= product.retries.size());
    REQUIRE(delays.size() + 1 >= product.retries.size());
    for (std::size_t i = 0; i < delays.size(); ++i) {
      CAPTURE(n, i);
      CHECK(delays[i] >= product.retries[i]);
      CHECK(delays[i] <= product.retries[i] + product.retries[i] / 10);
      const double share = double((delays[i] - product.retries[i]).count()) /
                           (0.1 * double(product.retries[i].count()));
      least = std::min(least, share);
      most = std::max(most, share);
    }
  }
  CHECK(least < 0.25);
  CHECK(most > 0.75);
}

TEST_CASE("every kind of failure is retried on the same schedule") {
  World world;
  SimulatedAnswer answer{.status = 500, .latency = 0ms};
  SECTION("400") {
    answer.status = 400;
  }
  SECTION("404") {
    answer.status = 404;
  }
  SECTION("410, where the profile does not heed it") {
    answer.status = 410;
  }
  SECTION("a redirect") {
    answer.status = 301;
  }
  SECTION("an informational status") {
    answer.status = 100;
  }
  SECTION("503 without Retry-After") {
    answer.status = 503;
  }
  SECTION("refused") {
    answer.fault = Fault::refused;
  }
  SECTION("reset") {
    answer.fault = Fault::reset;
  }
  SECTION("tls") {
    answer.fault = Fault::tls;
  }
  SECTION("protocol") {
    answer.fault = Fault::protocol;
  }
  SECTION("no such name") {
    answer.fault = Fault::name_not_resolved;
  }
  SECTION("blocked") {
    answer.fault = Fault::blocked;
  }
  const auto arrivals = fail_for_ever(world, exact_profile(), answer);
  CHECK(gaps(arrivals) == std::vector<Duration>{1min, 5min, 30min});
}

TEST_CASE("any 2xx in time is success, the body whatever it is") {
  World world;
  const int status = GENERATE(200, 201, 202, 204, 299);
  const auto arrivals = fail_for_ever(world, exact_profile(), SimulatedAnswer{.status = status});
  CHECK(arrivals.size() == 1);
}

TEST_CASE("a delivery that succeeds at last is not sent again") {
  World world;
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  int answers = 0;
  world.net->answer("a.example.com", [&](const Arrival&) {
    return SimulatedAnswer{.status = ++answers < 3 ? 500 : 204};
  });
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 24h);
  CHECK(world.net->arrivals().size() == 3);
  CHECK(dispatcher.metrics().attempts == 3);
  CHECK(dispatcher.metrics().failed == 2);
  CHECK(dispatcher.metrics().delivered == 1);
  CHECK(dispatcher.metrics().dead == 0);
  CHECK(dispatcher.endpoints().waiting("acme", endpoint.id).rows.empty());
  CHECK(dispatcher.endpoints().dead_letters("acme", endpoint.id).rows.empty());
}

TEST_CASE("a profile may read the seeds' five attempts as five sends") {
  World world;
  Profile profile = without_jitter(profiles::snipy());
  profile.policy.exhausted_after = 5;
  const auto arrivals =
      fail_for_ever(world, profile, SimulatedAnswer{.status = 500, .latency = 0ms});
  CHECK(gaps(arrivals) == std::vector<Duration>{1min, 5min, 30min, 2h});
}

TEST_CASE("a fault of ours costs a delivery nothing and is tried again in five seconds") {
  const Fault ours = GENERATE(Fault::resolver_down, Fault::local);
  World world;
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 0ms, .fault = ours});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1h + 1s);
  CHECK(world.net->arrivals().size() > 4);
  for (const Duration gap : gaps(world.net->arrivals())) CHECK(gap >= 5s);
  CHECK(gaps(world.net->arrivals())[0] == 5s);
  CHECK(dispatcher.metrics().spared == world.net->arrivals().size());
  CHECK(dispatcher.metrics().failed == 0);
  const auto waiting = dispatcher.endpoints().waiting("acme", endpoint.id).rows;
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].delivery.attempts == 0);

  world.net->forget();
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
  world.run(dispatcher, 24h);
  CHECK(world.net->arrivals().size() == 4);  // the whole schedule is still there
}

TEST_CASE("a fault of ours that lasts a day is charged all the same") {
  World world;
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  world.net->keep_headers(false);
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 0ms, .fault = Fault::local});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 24h - 1min);
  auto waiting = dispatcher.endpoints().waiting("acme", endpoint.id).rows;
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].delivery.attempts == 0);
  world.run(dispatcher, 2min);
  waiting = dispatcher.endpoints().waiting("acme", endpoint.id).rows;
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].delivery.attempts >= 1);
  world.run(dispatcher, 3h);
  CHECK(dispatcher.endpoints().dead_letters("acme", endpoint.id).rows.size() == 1);
}
