// Who is told what, and by which address.

#include <algorithm>
#include <set>

#include "hookwright/error.hpp"
#include "life/life.hpp"

using namespace life_test;

namespace {

std::vector<Notice> of_kind(const Life& life, NoticeKind kind) {
  std::vector<Notice> found;
  for (const Notice& notice : life.world.observer->notices) {
    if (notice.kind == kind) found.push_back(notice);
  }
  return found;
}

}  // namespace

TEST_CASE("the tenant's address is told, and an endpoint's own before it") {
  Profile profile = exact_profile();
  profile.policy.exhausted_after = 1;
  Life life(profile, GENERATE(from_range(store_kinds())));
  const auto address_of = [&](const Endpoint& endpoint) -> std::string {
    for (const Notice& notice : of_kind(life, NoticeKind::endpoint_failing)) {
      if (notice.endpoint == endpoint.id) return notice.address;
    }
    return "nobody was told";
  };
  const Endpoint before = subscribe(*life.dispatcher, "acme", "before.example.com");
  life.world.net->answer("before.example.com", SimulatedAnswer{.status = 500});
  life.publish(1);
  life.run(1min);
  CHECK(address_of(before).empty());  // nobody is designated

  REQUIRE(life.endpoints().configure("acme", {.notify = "admin@acme.example"}) ==
          EndpointOutcome::ok);
  CHECK(life.endpoints().settings("acme").notify == "admin@acme.example");
  CHECK(life.endpoints().settings("umbrella").notify.empty());
  const Endpoint general = subscribe(*life.dispatcher, "acme", host);
  EndpointSpec spec = spec_for("own.example.com");
  spec.notify = "links@acme.example";
  const Endpoint own = subscribe(*life.dispatcher, "acme", spec);
  CHECK(look_up(*life.dispatcher, own).notify == "links@acme.example");
  life.restart();
  life.answer(500);
  life.world.net->answer("own.example.com", SimulatedAnswer{.status = 500});
  life.publish(2);
  life.run(1min);
  CHECK(address_of(general) == "admin@acme.example");
  CHECK(address_of(own) == "links@acme.example");

  spec.notify = std::string(256, 'x');
  CHECK_THROWS_AS(life.endpoints().create("acme", spec), ConfigError);
  CHECK_THROWS_AS(life.endpoints().configure("acme", {.notify = spec.notify}), ConfigError);
}

TEST_CASE("settings reach the other processes on a store") {
  World world;
  Profile profile = exact_profile();
  profile.policy.exhausted_after = 1;
  Dispatcher first(world.options(profile));
  Dispatcher second(world.options(profile));
  const auto run = [&](Duration span) {
    for (Duration done{}; done < span; done += 100ms) {
      world.run(first, 50ms);
      world.run(second, 50ms);
    }
  };
  run(1s);
  REQUIRE(first.endpoints().configure("acme", {.notify = "a@b.c", .keep_events = true}) ==
          EndpointOutcome::ok);
  run(6s);                                                   // a third of the lease is 5 s
  CHECK(second.publish("acme", Numbered{.n = 1}).queued());  // though nobody subscribes
  subscribe(second, "acme", host);
  world.net->answer(host, SimulatedAnswer{.status = 500});
  second.publish("acme", Numbered{.n = 2});
  run(10s);
  REQUIRE_FALSE(world.observer->notices.empty());
  for (const Notice& notice : world.observer->notices) CHECK(notice.address == "a@b.c");

  REQUIRE(second.endpoints().configure("acme", {}) == EndpointOutcome::ok);
  run(6s);
  CHECK(first.endpoints().settings("acme").notify.empty());
  CHECK(first.publish("umbrella", Numbered{.n = 3}).publication() == Publication::nobody_listening);
}

TEST_CASE("each dead letter is told of, with what it died of") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.answer(500);
  for (int n = 1; n <= 300; ++n) life.publish(n);
  life.run(10s);
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(1min);
  std::set<DeliveryId> told;
  for (const Notice& notice : of_kind(life, NoticeKind::delivery_exhausted)) {
    CHECK(notice.death == DeathReason::deactivated);
    CHECK(notice.reason == Reason::by_user);
    CHECK(notice.type == "test.numbered");
    told.insert(notice.delivery);
  }
  CHECK(told.size() == 300);
  CHECK(of_kind(life, NoticeKind::delivery_exhausted).size() == 300);
  CHECK(life.letters().size() == 300);
}

TEST_CASE("an observer that is unwell holds up the giving up, and misses nothing") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  life.answer(500);
  for (int n = 1; n <= 3'000; ++n) life.publish(n);
  life.run(1min - 1s);
  life.world.observer->notices_to_throw = 1'000'000'000;
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  life.run(30s);
  const std::size_t waiting = life.waiting();
  CHECK(waiting > 1'000);
  CHECK(waiting < 2'500);
  life.world.observer->notices_to_throw = 0;
  life.run(1min);
  CHECK(life.waiting() == 0);
  CHECK(of_kind(life, NoticeKind::delivery_exhausted).size() == 3'000);
}
