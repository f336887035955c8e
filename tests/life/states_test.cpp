// The table of Status, product by product, and the warnings before the end.

#include "life/life.hpp"

using namespace life_test;

namespace {

std::vector<StoreKind> kinds() {
  return store_kinds();
}

}  // namespace

TEST_CASE("the table of states: what becomes of new events and of those that wait") {
  struct Row {
    Status status{};
    std::size_t new_held;     // of two published then
    std::size_t before_dead;  // of two that waited
  };
  const Row row = GENERATE(Row{Status::active, 0, 0}, Row{Status::paused, 2, 0},
                           Row{Status::disabled, 0, 2}, Row{Status::unverified, 0, 0});
  CAPTURE(to_string(row.status));
  Profile profile = exact_profile();
  profile.handshake = true;
  Life life(profile, GENERATE(from_range(kinds())));
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() < 0 ? 200 : 500, .body = *arrival.body};
  });
  life.subscribe_one();
  life.run(1s);
  REQUIRE(life.now().status == Status::active);  // the body holds the challenge
  life.publish(1);
  life.publish(2);
  life.run(1s);
  REQUIRE(life.waiting() == 2);
  if (row.status == Status::paused) REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  if (row.status == Status::disabled)
    REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  if (row.status == Status::unverified) {
    EndpointSpec spec = spec_for(host);
    spec.url += "/moved";
    life.answer(404);
    REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec).ok());
  }
  life.answer(200);
  life.world.net->forget();
  life.publish(3);
  life.publish(4);
  life.run(1h);
  CHECK(life.now().status == row.status);
  if (row.status == Status::active) {
    CHECK(life.waiting() == 0);
    CHECK(life.numbers() == std::vector<std::int64_t>{3, 4, 1, 2});
    life.check_sums();
    return;
  }
  CHECK(life.letters().size() == row.before_dead);
  for (const DeadLetter& letter : life.letters()) {
    CHECK(letter.reason == DeathReason::deactivated);
    CHECK(letter.attempts == 1);
  }
  CHECK(life.waiting() == 2 - row.before_dead + row.new_held);
  CHECK(std::all_of(life.numbers().begin(), life.numbers().end(),
                    [](std::int64_t n) { return n < 0; }));
  life.check_sums();
}

TEST_CASE("what is held so long and so much is the products', unless said") {
  for (const Profile& profile : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
                                 profiles::standard_webhooks(), exact_profile()}) {
    CHECK(profile.policy.held_age_max == 72h);
    CHECK(profile.policy.held_max == 100'000);
  }
}

TEST_CASE("what waits is held for 72 hours while an exhausted or moved receiver is waited for") {
  const bool exhausted = GENERATE(true, false);
  Profile profile = exact_profile();
  profile.handshake = true;
  if (exhausted) profile.policy.on_exhausted = OnExhausted::pause;
  Life life(profile, GENERATE(from_range(kinds())));
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() < 0 ? 200 : 500, .body = *arrival.body};
  });
  life.subscribe_one();
  life.run(1s);
  life.publish(1);
  life.run(35min);
  life.publish(2);  // has one attempt behind it when the first one dies
  life.run(90s);
  if (!exhausted) {
    EndpointSpec spec = spec_for(host);
    spec.url += "/moved";
    life.answer(404);
    REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec).ok());
  }
  life.run(1s);
  CHECK(life.now().status == (exhausted ? Status::paused : Status::unverified));
  CHECK(life.waiting() == 1);
  life.publish(3);
  life.run(71h);
  CHECK(life.waiting() == (exhausted ? 2 : 1));
  CHECK(life.letters().size() == 1);
  life.run(2h);
  CHECK(life.waiting() == 0);
  REQUIRE(life.letters().size() == (exhausted ? 3 : 2));
  CHECK(life.letters()[0].reason == DeathReason::held_too_long);
  CHECK(life.letters().back().reason == DeathReason::exhausted);
  life.check_sums();
}

TEST_CASE("a paused endpoint holds each event for 72 hours, then gives it up, the oldest first") {
  Life life(exact_profile(), GENERATE(from_range(kinds())));
  life.subscribe_one();
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.publish(1);
  life.run(24h);
  life.publish(2);
  life.run(47h);
  CHECK(life.waiting() == 2);
  life.run(2h);
  CHECK(life.waiting() == 1);
  REQUIRE(life.letters().size() == 1);
  CHECK(life.letters()[0].reason == DeathReason::held_too_long);
  CHECK(number_in(life.letters()[0].event.body) == 1);
  CHECK(life.told(NoticeKind::held_too_long) == 1);
  life.restart();
  life.run(24h);
  CHECK(life.waiting() == 0);
  CHECK(life.letters().size() == 2);
  CHECK(life.numbers().empty());
}

TEST_CASE("a paused endpoint holds so many events, and gives up the oldest beyond") {
  Profile profile = exact_profile();
  profile.policy.held_max = 50;
  Life life(profile, GENERATE(from_range(kinds())));
  life.subscribe_one();
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  for (int n = 1; n <= 700; ++n) {
    life.publish(n);
    if (n % 100 == 0) life.run(1s);
  }
  life.run(10s);
  CHECK(life.waiting() == 50);
  CHECK(life.letters().size() == 650);
  CHECK(life.told(NoticeKind::held_too_long) == 1);
  life.check_sums();
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(1min);
  CHECK(life.numbers() == numbers_from(651, 700));
  life.check_sums();
}

TEST_CASE("what a paused endpoint held is sent in order at its rate") {
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 1;
  Life life(profile);
  life.subscribe_one();
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  for (int n = 1; n <= 90; ++n) life.publish(n);
  life.run(1h);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(1min);
  CHECK(life.numbers().size() >= 59);
  CHECK(life.numbers().size() <= 60);
  life.run(1min);
  CHECK(life.numbers() == numbers_from(1, 90));
}

TEST_CASE("what is under way when its endpoint is disabled ends as it does") {
  const int status = GENERATE(200, 500);
  Life life(exact_profile(), GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.world.net->answer(host, SimulatedAnswer{.status = status, .latency = 5s});
  life.publish(1);
  life.run(1s);
  REQUIRE(life.numbers().size() == 1);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(1h);
  CHECK(life.numbers().size() == 1);
  CHECK(life.waiting() == 0);
  CHECK(life.letters().size() == (status == 200 ? 0 : 1));
  CHECK(life.endpoints().attempts("acme", life.endpoint.id).rows.size() == 1);
  life.check_sums();
}

TEST_CASE("each product warns twice before the end, and tells of it") {
  struct Product {
    Profile profile{};
    NoticeKind end{};
    Status status{};
  };
  const int which = GENERATE(0, 1, 2);
  const std::vector<Product> products = {
      {profiles::hypersnap(), NoticeKind::endpoint_paused, Status::paused},
      {profiles::snipy(), NoticeKind::endpoint_disabled, Status::disabled},
      {profiles::snapglyph(), NoticeKind::endpoint_failing, Status::active}};
  const Product product = products[static_cast<std::size_t>(which)];
  CAPTURE(product.profile.name);
  Profile profile = like(product.profile);
  profile.handshake = false;
  Life life(profile, GENERATE(from_range(kinds())));
  life.subscribe_one();
  REQUIRE(life.endpoints().configure("acme", {.notify = "admin@acme.example"}) ==
          EndpointOutcome::ok);
  life.answer(500);
  life.publish(1);
  life.publish(2);
  std::vector<std::size_t> warned_at;
  for (int attempts = 0; attempts < 12;) {
    life.run(1min);
    attempts = static_cast<int>(life.numbers().size());
    if (life.told(NoticeKind::endpoint_at_risk) > warned_at.size())
      warned_at.push_back(static_cast<std::size_t>(attempts) / 2);
    if (life.now().status != Status::active || life.now().failing) break;
  }
  life.run(1h);
  CHECK(warned_at == std::vector<std::size_t>{3, 5});  // of six, once for both deliveries
  CHECK(life.told(product.end) == 1);
  CHECK(life.now().status == product.status);
  CHECK(life.now().failing == (product.status == Status::active));
  for (const Notice& notice : life.world.observer->notices)
    CHECK(notice.address == "admin@acme.example");
  const DeadLetter first = life.letters().back();
  CHECK(Duration(first.expires - first.died) == 24h * 30);
  life.check_sums();

  life.answer(200);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.publish(3);
  life.run(1min);
  CHECK(life.numbers().back() == 3);
  life.check_sums();
}

TEST_CASE("a success ends the streak of failures: recovered, and warned anew") {
  Profile profile = like(profiles::snapglyph());
  Life life(profile, GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.answer(500);
  life.publish(1);
  life.run(40min);  // four attempts
  CHECK(life.told(NoticeKind::endpoint_at_risk) == 1);
  life.answer(200);
  life.publish(2);
  life.run(1min);
  CHECK(life.told(NoticeKind::endpoint_recovered) == 1);
  CHECK(life.now().warned == 0);
  life.publish(3);
  life.run(1h);
  CHECK(life.told(NoticeKind::endpoint_recovered) == 1);
}

TEST_CASE("Standard Webhooks: half of the window, nine tenths, and its end") {
  Profile profile = like(profiles::standard_webhooks());
  profile.policy.retries = {1min};
  profile.policy.failing_window = 10h;
  Life life(profile, GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.answer(500);
  std::vector<int> warned_after;
  for (int tenth = 0; tenth < 110 && life.now().status == Status::active; ++tenth) {
    life.publish(tenth);
    life.run(6min);
    if (life.told(NoticeKind::endpoint_at_risk) > warned_after.size())
      warned_after.push_back(tenth);
  }
  REQUIRE(warned_after.size() == 2);
  CHECK((warned_after[0] == 50 || warned_after[0] == 51));
  CHECK((warned_after[1] == 90 || warned_after[1] == 91));
  CHECK(life.now().status == Status::disabled);
  CHECK(life.now().reason == Reason::exhausted);
  const Duration after = *life.now().stopped - *life.now().first_exhausted;
  CHECK(after >= 10h);
  CHECK(after <= 10h + 7min);
  life.check_sums();
}

TEST_CASE("410 where it is heeded: gone, and what waits goes with it") {
  Life life(like(profiles::standard_webhooks()), GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.answer(500);
  life.publish(1);
  life.publish(2);
  life.run(1s);
  life.answer(410);
  life.run(1min);
  CHECK(life.now().status == Status::disabled);
  CHECK(life.now().reason == Reason::gone);
  CHECK(life.told(NoticeKind::endpoint_gone) == 1);
  CHECK(life.waiting() == 0);
  REQUIRE(life.letters().size() == 2);
  for (const DeadLetter& letter : life.letters()) CHECK(letter.reason == DeathReason::gone);
  life.check_sums();
}

TEST_CASE("an event may expire, or not be retried, and its endpoint is none the worse") {
  Life life(like(profiles::snipy()), GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.answer(500);
  life.publish(1, {.attempts_max = 1});
  life.publish(2, {.expires = life.world.clock->wall() + 3min});
  life.run(10min);
  CHECK(life.numbers() == std::vector<std::int64_t>{1, 2, 2});  // the next would be too late
  REQUIRE(life.letters().size() == 2);
  CHECK(life.letters()[1].reason == DeathReason::not_retried);
  CHECK(life.letters()[1].attempts == 1);
  CHECK(life.letters()[0].reason == DeathReason::expired);
  CHECK(life.letters()[0].attempts == 2);
  CHECK(life.now().status == Status::active);
  CHECK(life.told(NoticeKind::endpoint_at_risk) == 0);

  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.answer(200);
  life.world.net->forget();
  life.publish(3, {.expires = life.world.clock->wall() + 1h});
  life.publish(4);
  life.run(2h);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(1s);
  CHECK(life.numbers() == std::vector<std::int64_t>{4});  // the other was never sent
  REQUIRE(life.letters().size() == 3);
  CHECK(life.letters()[0].reason == DeathReason::expired);
  CHECK(life.letters()[0].attempts == 0);
  life.check_sums();
}

TEST_CASE("an endpoint that is removed takes with it what waits, and the sums hold") {
  Life life(exact_profile(), GENERATE(from_range(kinds())));
  life.subscribe_one();
  life.world.net->answer(host, SimulatedAnswer{.status = 500, .latency = 1s});
  for (int n = 1; n <= 20; ++n) life.publish(n);
  life.run(500ms);  // some are under way
  CHECK(life.endpoints().remove("acme", life.endpoint.id) == EndpointOutcome::ok);
  life.run(1h);
  const Metrics m = life.dispatcher->metrics();
  CHECK(m.accepted == 20);
  CHECK(m.accepted == m.delivered + m.dead + m.cancelled);
}
