// Bringing back what was given up, and what was skipped.

#include <algorithm>
#include <set>

#include "dispatcher/flaky_store.hpp"
#include "life/life.hpp"

using namespace life_test;

namespace {

// Calls until there is no more, as a user interface with a progress bar would.
std::size_t recover_all(Life& life, Recovery what, std::size_t* calls = nullptr) {
  std::size_t sent = 0;
  for (int n = 0; n < 1'000; ++n) {
    const Recovered part = life.endpoints().recover("acme", life.endpoint.id, what);
    REQUIRE(to_string(part.outcome) == to_string(EndpointOutcome::ok));
    REQUIRE(part.looked_at <= what.at_most);
    sent += part.sent;
    if (calls != nullptr) ++*calls;
    if (part.next.empty()) return sent;
    what.after = part.next;
  }
  FAIL("no end");
  return sent;
}

// Five dead letters.
void let_five_die(Life& life) {
  life.subscribe_one();
  life.answer(500);
  for (int n = 1; n <= 5; ++n) life.publish(n);
  life.run(1h);
  REQUIRE(life.letters().size() == 5);
  life.answer(200);
  life.world.net->forget();
}

}  // namespace

TEST_CASE("one dead letter is sent again, under its id or a new one") {
  const bool new_id = GENERATE(false, true);
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  let_five_die(life);
  const DeadLetter letter = life.letters().at(2);
  const Recovered once =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::resend(letter.id, new_id));
  CHECK(once.outcome == EndpointOutcome::ok);
  CHECK(once.sent == 1);
  life.run(1s);
  REQUIRE(life.world.net->arrivals().size() == 1);
  const Arrival arrival = life.world.net->arrivals()[0];
  CHECK(*arrival.body == letter.event.body);
  CHECK((arrival.header("X-Test-Delivery") == letter.id.text()) == !new_id);
  CHECK(life.letters().size() == 4);
  const Recovered again =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::resend(letter.id, new_id));
  CHECK(again.outcome == EndpointOutcome::not_found);
  life.check_sums();
}

TEST_CASE("a delivery may die again and be sent again") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  let_five_die(life);
  for (int round = 0; round < 3; ++round) {
    life.answer(500);
    CHECK(recover_all(life, Recovery::since({})) == 5);
    life.run(1h);
    CHECK(life.letters().size() == 5);
    life.check_sums();
  }
  life.answer(200);
  life.world.net->forget();
  CHECK(recover_all(life, Recovery::since({})) == 5);
  life.run(1s);
  CHECK(difference(life.numbers(), 5).empty());
  CHECK(life.letters().empty());
  life.check_sums();
}

TEST_CASE("recovery goes on where it was, over restarts, and sends each once") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.answer(500);
  for (int n = 1; n <= 700; ++n) life.publish(n);
  life.run(1h);
  life.answer(200);
  life.world.net->forget();
  Recovery what = Recovery::since({});
  what.at_most = 300;
  Recovered part = life.endpoints().recover("acme", life.endpoint.id, what);
  CHECK(part.sent == 300);
  CHECK(part.looked_at == 300);
  REQUIRE_FALSE(part.next.empty());
  for (const std::string& strange :
       {std::string("x"), std::string("0"), std::string("\xFF\0", 2)}) {
    what.after = strange;
    const Recovered nothing = life.endpoints().recover("acme", life.endpoint.id, what);
    CHECK(nothing.outcome == EndpointOutcome::ok);
    CHECK(nothing.looked_at == 0);
    CHECK(nothing.next.empty());
  }
  life.run(1min);
  life.restart();
  what.after = part.next;
  CHECK(recover_all(life, what) == 400);
  life.run(1min);
  std::vector<std::int64_t> numbers = life.numbers();
  std::sort(numbers.begin(), numbers.end());
  CHECK(difference(numbers, 700).empty());
}

TEST_CASE("recovery is for endpoints that would get what it brings back") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  let_five_die(life);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  CHECK(life.endpoints().recover("acme", life.endpoint.id, Recovery::since({})).outcome ==
        EndpointOutcome::inactive);
  CHECK(life.letters().size() == 5);
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  CHECK(recover_all(life, Recovery::since({})) == 5);
  CHECK(life.waiting() == 5);
  CHECK(life.numbers().empty());
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(1s);
  CHECK(life.numbers().size() == 5);
}

TEST_CASE("Snipy: deactivated, and reactivated with everything") {
  Life life(like(profiles::snipy()), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.answer(500);
  life.publish(1);
  life.run(2h);
  life.publish(2);
  life.run(26h);
  REQUIRE(life.now().status == Status::disabled);
  CHECK(life.waiting() == 0);
  CHECK(life.letters().size() == 2);
  const TimePoint disabled = life.world.clock->wall();
  life.publish(3);  // skipped, but stored: somebody subscribes to it
  life.run(1h);
  CHECK(life.waiting() == 0);
  life.answer(200);
  life.world.net->forget();
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  CHECK(recover_all(life, Recovery::since({})) == 2);
  const Recovered missing =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::missing_since(disabled));
  CHECK(missing.sent == 1);
  CHECK(missing.complete_since > life.endpoint.created);  // events are kept for a day
  life.run(1min);
  CHECK(difference(
            [&] {
              auto numbers = life.numbers();
              std::sort(numbers.begin(), numbers.end());
              return numbers;
            }(),
            3)
            .empty());
  life.check_sums();
}

TEST_CASE("missing are only events without a delivery, of its types") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  const Endpoint other = subscribe(*life.dispatcher, "acme", "b.example.com");
  const TimePoint start = life.world.clock->wall();
  life.publish(1);
  life.dispatcher->publish("acme", Measured{.value = 1});
  life.run(1s);
  life.endpoint = subscribe(*life.dispatcher, "acme", spec_for(host, {"test.*"}));
  life.publish(2);  // delivered
  life.run(1s);
  life.answer(500);
  life.publish(3);  // waits for a retry
  life.run(1s);
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.publish(4);  // held, never attempted
  life.run(1s);
  CHECK(recover_all(life, Recovery::missing_since(start)) == 1);
  CHECK(recover_all(life, Recovery::missing_since(start)) == 0);
  life.answer(200);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(10min);
  CHECK(recover_all(life, Recovery::missing_since(start)) == 0);
  std::vector<std::int64_t> numbers = life.numbers();
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == std::vector<std::int64_t>{1, 2, 3, 3, 4});
  const Recovered asked =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::missing_since(start));
  CHECK(asked.complete_since == life.endpoint.created);
  life.check_sums();
}

TEST_CASE("what was never attempted and was sent under a new id is not missing") {
  const bool new_id = GENERATE(false, true);
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.publish(1);
  life.run(1s);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(1min);
  REQUIRE(life.letters().size() == 1);
  REQUIRE(life.letters().at(0).attempts == 0);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  CHECK(recover_all(life, Recovery::resend(life.letters().at(0).id, new_id)) == 1);
  CHECK(recover_all(life, Recovery::missing_since({})) == 0);
  life.run(1s);
  CHECK(recover_all(life, Recovery::missing_since({})) == 0);
  life.run(1s);
  CHECK(life.numbers() == std::vector<std::int64_t>{1});
  life.check_sums();
}

TEST_CASE("what is published while somebody looks for missing events is not missing") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options(exact_profile());
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", host);
  world.net->answer(host, SimulatedAnswer{.latency = 500ms});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  std::int64_t n = 1;
  trouble->before_find = [&](const Query& query) {
    if (query.kind != RecordKind::events || n != 1) return;
    dispatcher.publish("acme", Numbered{.n = ++n});
    dispatcher.run_until(world.clock->wall() + 10ms);
  };
  const Recovered found =
      dispatcher.endpoints().recover("acme", endpoint.id, Recovery::missing_since({}));
  CHECK(found.outcome == EndpointOutcome::ok);
  CHECK(found.looked_at == 2);
  CHECK(found.sent == 0);
  world.run(dispatcher, 10s);
  CHECK(world.net->numbers(host) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("what the history has forgotten is not missing") {
  World world(GENERATE(from_range(store_kinds_that_forget())));
  Options options = world.options(exact_profile());
  options.limits.attempt_retention = 1h;
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", host);
  for (int n = 1; n <= 20; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 2h);
  REQUIRE(dispatcher.endpoints().attempts("acme", endpoint.id).rows.size() < 20);
  const Recovered found =
      dispatcher.endpoints().recover("acme", endpoint.id, Recovery::missing_since({}));
  CHECK(found.outcome == EndpointOutcome::ok);
  CHECK(found.sent == 0);
  CHECK(found.complete_since == world.clock->wall() - 1h);
}

TEST_CASE("a tenant may keep every event for endpoints to come") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  CHECK(life.dispatcher->publish("acme", Numbered{.n = 1}).publication() ==
        Publication::nobody_listening);
  REQUIRE(life.endpoints().configure("acme", {.keep_events = true}) == EndpointOutcome::ok);
  CHECK(life.dispatcher->publish("acme", Numbered{.n = 2}).queued());
  life.run(1s);
  life.restart();
  CHECK(life.endpoints().settings("acme").keep_events);
  CHECK(life.dispatcher->publish("acme", Numbered{.n = 3}).queued());
  CHECK(life.dispatcher->publish("umbrella", Numbered{.n = 4}).publication() ==
        Publication::nobody_listening);
  life.run(1s);
  life.subscribe_one();
  CHECK(recover_all(life, Recovery::missing_since({})) == 2);
  life.run(1s);
  CHECK(life.numbers() == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("what is published while much is brought back is not held up by it") {
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 1;
  Life life(profile, GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  const TimePoint start = life.world.clock->wall();
  const bool dead = GENERATE(true, false);
  if (dead) {
    REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
    for (int n = 1; n <= 600; ++n) life.publish(n);
    life.run(1s);
    REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
    life.run(1min);
    REQUIRE(life.letters().size() == 600);
  } else {
    for (int n = 1; n <= 600; ++n) life.publish(n);  // skipped
    life.run(1min);
  }
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  Recovery what = dead ? Recovery::since(start) : Recovery::missing_since(start);
  what.at_most = 200;
  CHECK(recover_all(life, what) == 600);
  // Half of the rate is left: a new event is on its way within two seconds, each time.
  for (int n = 1'001; n <= 1'020; ++n) {
    life.publish(n);
    life.run(4s);
    const auto numbers = life.numbers();
    CHECK(std::count(numbers.begin(), numbers.end(), n) == 1);
  }
  CHECK(life.numbers().size() >= 55);  // of 80 s: the others went on meanwhile
  life.run(30min);
  CHECK(life.waiting() == 0);
  CHECK(life.numbers().size() == 620);
  life.check_sums();
}

TEST_CASE("what was delivered is not missing because its history was shorter than the record") {
  Life life(exact_profile());
  life.dispatcher.reset();
  Options options = life.world.options(life.profile_);
  options.limits.event_retention = 48h;
  options.limits.attempt_retention = 24h;
  life.dispatcher = std::make_unique<Dispatcher>(std::move(options));
  life.subscribe_one();
  life.publish(1);
  life.run(1s);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(30h);
  CHECK(life.endpoints().attempts("acme", life.endpoint.id).rows.empty());
  life.publish(2);
  life.run(1s);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  const TimePoint now = life.world.clock->wall();
  const Recovered missing =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::missing_since({}));
  CHECK(missing.sent == 1);
  CHECK(missing.complete_since == now - 24h);
  life.run(1s);
  CHECK(life.numbers() == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("dead letters go at the end of their time, a slice at a time, beside live traffic") {
  Profile profile = exact_profile();
  profile.policy.dead_letter_retention = 24h;  // for 30 days see products_test.cpp
  Life life(profile, GENERATE(from_range(store_kinds_that_forget())));
  life.subscribe_one();
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  for (int n = 1; n <= 5'000; ++n) life.publish(n);
  life.run(1s);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(1min);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  TimePoint first_goes{};
  const auto count = [&] {
    std::size_t letters = 0;
    for (std::string after;;) {
      const auto page = life.endpoints().dead_letters("acme", life.endpoint.id, after, 1'000);
      letters += page.rows.size();
      if (!page.rows.empty()) first_goes = page.rows.back().expires;
      if (page.next.empty()) return letters;
      after = page.next;
    }
  };
  REQUIRE(count() == 5'000);
  CHECK(first_goes > life.world.clock->wall() + 23h);
  life.run(first_goes - life.world.clock->wall() - 1ms);
  CHECK(count() == 5'000);
  life.world.net->forget();
  std::set<std::size_t> seen;
  std::size_t left = 5'000;
  for (int n = 1; n <= 600 && left > 0; ++n) {
    life.publish(n);
    life.run(20ms);
    CHECK(life.numbers().size() == static_cast<std::size_t>(n));  // at once
    left = count();
    seen.insert(left);
  }
  CHECK(left == 0);
  CHECK(seen.size() >= 5);
}

TEST_CASE("recovery leaves live traffic its place") {
  Life life(exact_profile());
  const Endpoint other = subscribe(*life.dispatcher, "acme", "b.example.com");
  life.subscribe_one();
  life.answer(500);
  for (int n = 1; n <= 2'000; ++n) life.publish(n);
  life.run(1h);
  REQUIRE(life.endpoints().dead_letters("acme", life.endpoint.id).rows.size() == 100);
  life.world.net->forget();
  life.answer(200);
  Recovery what = Recovery::since({});
  what.at_most = 10'000;
  life.publish(5'000);
  std::size_t calls = 0;
  CHECK(recover_all(life, what, &calls) == 2'000);
  CHECK(calls == 1);
  // What was published before it was not held up by it.
  const auto arrivals = life.world.net->to("b.example.com");
  REQUIRE_FALSE(arrivals.empty());
  life.run(1min);
  CHECK(life.numbers().size() == 2'001);
  life.check_sums();
}
