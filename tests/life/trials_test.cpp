// Test events, and the history with its filters.

#include "hookwright/error.hpp"
#include "hookwright/verifier.hpp"
#include "life/life.hpp"

using namespace life_test;

TEST_CASE("a test sends a sample, signed like any other, and says what came of it") {
  Life life(like(profiles::snipy()), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.world.net->answer(host, SimulatedAnswer{.status = 200, .latency = 70ms});
  const Trial trial = life.endpoints().test("acme", life.endpoint.id, "measured");
  CHECK(trial.outcome == EndpointOutcome::ok);
  CHECK(trial.accepted);
  CHECK(trial.attempt.status == 200);
  CHECK(trial.attempt.elapsed == 70ms);
  CHECK(trial.attempt.purpose == Purpose::test);
  CHECK(trial.attempt.type == "measured");
  CHECK(trial.endpoint.id == life.endpoint.id);

  const Arrival arrival = life.world.net->arrivals().at(0);
  CHECK(arrival.header("X-Snipy-Event") == "measured");
  CHECK(arrival.header("X-Snipy-Delivery") == trial.attempt.delivery.text());
  CHECK(*arrival.body == life.dispatcher->endpoints()
                                 .attempts_of("acme", life.endpoint.id, trial.attempt.delivery)
                                 .rows.at(0)
                                 .excerpt +
                             *arrival.body);  // an answer that is good leaves no excerpt
  const Verifier verifier(profiles::snipy().wire, life.now().secrets);
  CHECK(verifier.verify(arrival.headers, *arrival.body, arrival.wall));
  CHECK(life.dispatcher->metrics().accepted == 0);
  CHECK(life.dispatcher->metrics().trials == 1);
  CHECK_THROWS_AS(life.endpoints().test("acme", life.endpoint.id, "nothing"), ConfigError);
  CHECK(life.endpoints().test("umbrella", life.endpoint.id, "measured").outcome ==
        EndpointOutcome::not_found);
}

TEST_CASE("a test that fails is not retried and says nothing of the endpoint's health") {
  Profile profile = like(profiles::snipy());
  profile.policy.exhausted_after = 1;
  profile.policy.gone_disables = true;
  Life life(profile, GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  const std::uint64_t version = life.now().version;
  for (const int status : {500, 410, 302}) {
    life.world.net->answer(host, SimulatedAnswer{.status = status, .body = "no"});
    const Trial trial = life.endpoints().test("acme", life.endpoint.id, "measured");
    CHECK_FALSE(trial.accepted);
    CHECK(trial.attempt.status == status);
    CHECK(trial.attempt.excerpt == "no");
  }
  life.world.net->answer(host, SimulatedAnswer{.fault = Fault::timeout});
  CHECK(life.endpoints().test("acme", life.endpoint.id, "measured").attempt.fault ==
        Fault::timeout);
  life.run(48h);
  CHECK(life.numbers().size() == 4);
  CHECK(life.now().status == Status::active);
  CHECK(life.now().version == version);
  CHECK(life.world.observer->notices.empty());
  CHECK(life.letters().empty());
  const auto history = life.endpoints().attempts("acme", life.endpoint.id).rows;
  REQUIRE(history.size() == 4);
  for (const Attempt& attempt : history) CHECK(attempt.purpose == Purpose::test);
}

TEST_CASE("tests that are turned away or time out hold up no delivery") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  for (int i = 0; i < 30; ++i) {  // the breaker opens after ten deliveries like these
    life.world.net->answer(host, i % 2 == 0 ? SimulatedAnswer{.status = 503, .retry_after = "3600"}
                                            : SimulatedAnswer{.fault = Fault::refused});
    CHECK_FALSE(life.endpoints().test("acme", life.endpoint.id, "measured").accepted);
  }
  life.answer(200);
  life.world.net->forget();
  for (int n = 1; n <= 20; ++n) life.publish(n);
  life.run(100ms);
  CHECK(life.numbers() == numbers_from(1, 20));
}

TEST_CASE("a successful test does not heal, and a stopped endpoint can be tested") {
  Life life(like(profiles::snapglyph()), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.answer(500);
  life.publish(1);
  life.run(28h);
  REQUIRE(life.now().failing);
  life.answer(200);
  CHECK(life.endpoints().test("acme", life.endpoint.id, "measured").accepted);
  CHECK(life.now().failing);
  for (const bool pause : {true, false}) {
    REQUIRE((pause ? life.endpoints().pause("acme", life.endpoint.id)
                   : life.endpoints().disable("acme", life.endpoint.id))
                .ok());
    CHECK(life.endpoints().test("acme", life.endpoint.id, "measured").accepted);
    CHECK(life.now().status == (pause ? Status::paused : Status::disabled));
  }
}

TEST_CASE("a test takes the next turn that the rate allows, before what waits") {
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 1;
  Life life(profile);
  life.subscribe_one();
  for (int n = 1; n <= 10; ++n) life.publish(n);
  life.run(2s);
  const std::size_t sent = life.world.net->arrivals().size();
  CHECK(life.endpoints().test("acme", life.endpoint.id, "measured").accepted);
  CHECK(life.world.net->arrivals().size() == sent + 1);
  life.run(5s);
  const auto arrivals = life.world.net->arrivals();
  for (std::size_t i = 1; i < arrivals.size(); ++i)
    CHECK(arrivals[i].steady - arrivals[i - 1].steady >= 1s);
}

TEST_CASE("history is filtered by result, type and time") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() == 2 ? 500 : 200};
  });
  const TimePoint start = life.world.clock->wall();
  life.publish(1);
  life.publish(2);  // 4 attempts, the last after 36 minutes
  life.dispatcher->publish("acme", Measured{.value = 1});
  life.run(2h);
  life.publish(3);
  life.run(1min);
  const auto count = [&](const HistoryFilter& only) {
    return life.endpoints().attempts("acme", life.endpoint.id, {}, 100, only).rows.size();
  };
  CHECK(count({}) == 7);
  CHECK(count({.result = AttemptResult::delivered}) == 3);
  CHECK(count({.result = AttemptResult::failed}) == 3);
  CHECK(count({.result = AttemptResult::exhausted}) == 1);
  CHECK(count({.type = "measured"}) == 1);
  CHECK(count({.since = start + 30min}) == 2);
  CHECK(count({.since = start + 30min, .until = start + 1h}) == 1);
  CHECK(count({.until = start + 1s}) == 3);
  CHECK(count({.result = AttemptResult::failed, .type = "measured"}) == 0);
  const DeadLetter letter = life.letters().at(0);
  CHECK(life.endpoints().attempts_of("acme", life.endpoint.id, letter.id).rows.size() == 4);
  CHECK(life.endpoints()
            .dead_letters("acme", life.endpoint.id, {}, 100, {.type = "measured"})
            .rows.empty());
  CHECK(life.endpoints()
            .dead_letters("acme", life.endpoint.id, {}, 100,
                          {.type = "test.numbered", .since = start + 30min})
            .rows.size() == 1);
}
