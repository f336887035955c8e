// When the last retry has failed: the dead letter, and what becomes of the endpoint.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"

using namespace dispatcher_test;

namespace {

Profile ending_in(OnExhausted end) {
  Profile profile = exact_profile();
  profile.policy.on_exhausted = end;
  return profile;
}

// One endpoint whose deliveries all fail, until told otherwise; retries after 1, 5, 30 minutes.
struct Broken {
  explicit Broken(Profile profile, StoreKind kind = StoreKind::memory)
      : world(kind), dispatcher(world.options(std::move(profile))) {
    endpoint = subscribe(dispatcher, "acme", "a.example.com");
    answer(500);
  }
  void answer(int status) {
    world.net->answer("a.example.com", SimulatedAnswer{.status = status, .body = "out of order"});
  }
  void publish(std::int64_t n) { dispatcher.publish("acme", Numbered{.n = n}); }
  void run(Duration span) { world.run(dispatcher, span); }
  Endpoint now() { return look_up(dispatcher, endpoint); }
  std::vector<DeadLetter> letters() {
    return dispatcher.endpoints().dead_letters("acme", endpoint.id).rows;
  }
  std::size_t waiting() { return dispatcher.endpoints().waiting("acme", endpoint.id).rows.size(); }

  World world;
  Dispatcher dispatcher;
  Endpoint endpoint{};
};

constexpr Duration whole_schedule = 37min;  // of exact_profile(), and a bit

}  // namespace

TEST_CASE("an exhausted delivery becomes a dead letter that holds all there is to know") {
  Broken broken(exact_profile(), GENERATE(from_range(store_kinds())));
  const TimePoint published = broken.world.clock->wall();
  const Receipt receipt = broken.dispatcher.publish("acme", Numbered{.n = 7, .text = "seven"});
  broken.run(36min);
  CHECK(broken.letters().empty());
  CHECK(broken.waiting() == 1);
  broken.run(1min);

  const std::vector<DeadLetter> letters = broken.letters();
  REQUIRE(letters.size() == 1);
  const DeadLetter& letter = letters[0];
  CHECK(letter.endpoint == broken.endpoint.id);
  CHECK(letter.id.text() == broken.world.net->arrivals()[0].header("X-Test-Delivery"));
  CHECK(letter.event.id == receipt.event());
  CHECK(letter.event.tenant == "acme");
  CHECK(letter.event.type == "test.numbered");
  CHECK(letter.event.at == published);
  CHECK(letter.event.body == *broken.world.net->arrivals()[0].body);
  CHECK(letter.reason == DeathReason::exhausted);
  CHECK(letter.attempts == 4);
  CHECK(letter.fault == Fault::none);
  CHECK(letter.status == 500);
  CHECK(Duration(letter.died - published) >= 36min + 4 * 10ms);
  CHECK(Duration(letter.died - published) <= 36min + 4 * 10ms + 50ms);  // outcomes may wait
  CHECK(Duration(letter.expires - letter.died) == 24h * 30);
  CHECK(broken.waiting() == 0);
  CHECK(broken.dispatcher.metrics().dead == 1);
  CHECK(broken.world.net->arrivals().size() == 4);
}

TEST_CASE("a dead letter is kept for as long as its profile says") {
  Profile profile = exact_profile();
  profile.policy.dead_letter_retention = 48h;
  Broken broken(profile);
  broken.publish(1);
  broken.run(whole_schedule + 47h);
  CHECK(broken.letters().size() == 1);
  broken.run(24h);
  CHECK(broken.letters().empty());
}

TEST_CASE("mark_failing: sending goes on, and a success clears the mark") {
  Broken broken(ending_in(OnExhausted::mark_failing), GENERATE(from_range(store_kinds())));
  broken.publish(1);
  broken.run(30min);
  CHECK_FALSE(broken.now().failing);
  broken.run(10min);
  Endpoint endpoint = broken.now();
  CHECK(endpoint.status == Status::active);
  CHECK(endpoint.failing);
  CHECK(endpoint.first_exhausted);
  CHECK(endpoint.version > broken.endpoint.version);
  CHECK(broken.world.observer->count(NoticeKind::delivery_exhausted) == 1);
  CHECK(broken.world.observer->count(NoticeKind::endpoint_failing) == 1);

  broken.publish(2);
  broken.run(whole_schedule);
  CHECK(broken.letters().size() == 2);
  CHECK(broken.world.observer->count(NoticeKind::delivery_exhausted) == 2);
  CHECK(broken.world.observer->count(NoticeKind::endpoint_failing) == 1);

  broken.answer(200);
  broken.publish(3);
  broken.run(1s);
  endpoint = broken.now();
  CHECK_FALSE(endpoint.failing);
  CHECK_FALSE(endpoint.first_exhausted);
  CHECK(broken.world.observer->count(NoticeKind::endpoint_recovered) == 1);
}

TEST_CASE("pause: nothing more is sent, all that comes is held, and enable sends it in order") {
  Broken broken(ending_in(OnExhausted::pause), GENERATE(from_range(store_kinds())));
  broken.publish(1);
  broken.run(whole_schedule);
  Endpoint endpoint = broken.now();
  CHECK(endpoint.status == Status::paused);
  CHECK(endpoint.reason == Reason::exhausted);
  REQUIRE(broken.world.observer->count(NoticeKind::endpoint_paused) == 1);
  CHECK(broken.letters().size() == 1);

  broken.world.net->forget();
  for (int n = 2; n <= 6; ++n) CHECK(broken.dispatcher.publish("acme", Numbered{.n = n}).queued());
  broken.run(24h);
  CHECK(broken.world.net->arrivals().empty());
  CHECK(broken.waiting() == 5);

  broken.answer(200);
  const EndpointResult enabled = broken.dispatcher.endpoints().enable("acme", broken.endpoint.id);
  REQUIRE(enabled.ok());
  CHECK(enabled.endpoint.status == Status::active);
  CHECK(enabled.endpoint.reason == Reason::none);
  CHECK_FALSE(enabled.endpoint.failing);
  broken.run(1s);
  CHECK(broken.world.net->numbers("a.example.com") == numbers_from(2, 6));
  CHECK(broken.letters().size() == 1);  // what is dead stays dead
}

TEST_CASE("disable: new events are skipped, what waits becomes dead letters") {
  Broken broken(ending_in(OnExhausted::disable), GENERATE(from_range(store_kinds())));
  broken.publish(1);
  broken.run(20min);
  broken.publish(2);  // still has retries left when the first one ends
  broken.run(17min);
  const Endpoint endpoint = broken.now();
  CHECK(endpoint.status == Status::disabled);
  CHECK(endpoint.reason == Reason::exhausted);
  CHECK(broken.world.observer->count(NoticeKind::endpoint_disabled) == 1);
  broken.run(1s);
  CHECK(broken.waiting() == 0);
  REQUIRE(broken.letters().size() == 2);
  CHECK(broken.letters()[0].reason == DeathReason::deactivated);

  broken.world.net->forget();
  CHECK(broken.dispatcher.publish("acme", Numbered{.n = 3}).queued());  // kept for recovery
  broken.run(24h);
  CHECK(broken.world.net->arrivals().empty());

  broken.answer(200);
  REQUIRE(broken.dispatcher.endpoints().enable("acme", broken.endpoint.id).ok());
  broken.publish(4);
  broken.run(1s);
  CHECK(broken.world.net->numbers("a.example.com") == std::vector<std::int64_t>{4});
}

TEST_CASE("the products end as they say") {
  World world;
  Options options = world.options();
  options.catalog = snipy::catalog();
  options.catalog.join(snapglyph::catalog());
  options.catalog.join(hypersnap::catalog());
  Dispatcher dispatcher(std::move(options));
  const std::string name = GENERATE("hypersnap", "snipy", "snapglyph");
  CAPTURE(name);
  EndpointSpec spec = spec_for("a.example.com");
  spec.profile = name;
  const Endpoint endpoint = subscribe(world, dispatcher, "acme", spec);
  world.net->answer("a.example.com", SimulatedAnswer{.status = 410});
  dispatcher.publish("acme", snipy::LinkClicked::sample());
  dispatcher.publish("acme", snapglyph::QrScanned::sample());
  dispatcher.publish("acme", hypersnap::LinkClickRegistered::sample());
  world.run(dispatcher, 28h);

  CHECK(world.net->arrivals().size() == 6);
  const Endpoint now = look_up(dispatcher, endpoint);
  if (name == "hypersnap") {
    CHECK(now.status == Status::paused);
    CHECK(world.observer->count(NoticeKind::endpoint_paused) == 1);
  } else if (name == "snipy") {
    CHECK(now.status == Status::disabled);
    CHECK(world.observer->count(NoticeKind::endpoint_disabled) == 1);
  } else {
    CHECK(now.status == Status::active);
    CHECK(now.failing);
    CHECK(world.observer->count(NoticeKind::endpoint_failing) == 1);
  }
  CHECK(dispatcher.endpoints().dead_letters("acme", endpoint.id).rows.size() == 1);
}

TEST_CASE("disable_after_window: only when the window has passed without a success") {
  Profile profile = ending_in(OnExhausted::disable_after_window);
  profile.policy.failing_window = 10h;
  Broken broken(profile);
  broken.publish(1);
  broken.run(1h);
  CHECK(broken.now().status == Status::active);
  REQUIRE(broken.now().first_exhausted);

  const bool recovers = GENERATE(false, true);
  if (recovers) {
    broken.answer(200);
    broken.publish(2);
    broken.run(1h);
    CHECK_FALSE(broken.now().first_exhausted);
    broken.answer(500);
  }
  for (int hour = 0; hour < 12; ++hour) {
    broken.publish(10 + hour);
    broken.run(1h);
  }
  if (recovers) {
    // The window counts from the first exhausted delivery since the success.
    CHECK(broken.now().status == (broken.world.clock->wall() >= *broken.now().first_exhausted + 10h
                                      ? Status::disabled
                                      : Status::active));
  } else {
    CHECK(broken.now().status == Status::disabled);
    CHECK(broken.now().reason == Reason::exhausted);
    CHECK(broken.world.observer->count(NoticeKind::endpoint_disabled) == 1);
  }
}

TEST_CASE("410 ends the endpoint at once where the profile heeds it") {
  Profile profile = exact_profile();
  profile.policy.gone_disables = true;
  Broken broken(profile);
  broken.answer(410);
  broken.publish(1);
  broken.run(1s);
  CHECK(broken.now().status == Status::disabled);
  CHECK(broken.now().reason == Reason::gone);
  REQUIRE(broken.letters().size() == 1);
  CHECK(broken.letters()[0].reason == DeathReason::gone);
  CHECK(broken.letters()[0].attempts == 1);
  CHECK(broken.letters()[0].status == 410);
  REQUIRE(broken.world.observer->count(NoticeKind::endpoint_gone) == 1);
  for (const Notice& notice : broken.world.observer->notices) {
    if (notice.kind == NoticeKind::endpoint_gone) CHECK(notice.reason == Reason::gone);
  }
  broken.run(24h);
  CHECK(broken.world.net->arrivals().size() == 1);
}

TEST_CASE("an endpoint that has answered since may be spared") {
  const bool spares = GENERATE(false, true);
  CAPTURE(spares);
  Profile profile = ending_in(OnExhausted::pause);
  if (spares) profile.policy.exhaust_endpoint = ExhaustEndpoint::unless_succeeded_since;
  Broken broken(profile);
  // One event that the receiver can't stand, others that it takes.
  broken.world.net->answer("a.example.com", [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() == 1 ? 500 : 200};
  });
  broken.publish(1);
  broken.run(10min);
  broken.publish(2);
  broken.run(30min);
  CHECK(broken.letters().size() == 1);
  CHECK(broken.now().status == (spares ? Status::active : Status::paused));

  if (spares) {
    broken.answer(500);
    broken.publish(1);
    broken.run(whole_schedule);
    CHECK(broken.now().status == Status::paused);
  }
}

TEST_CASE("an endpoint that has answered in the same moment is spared") {
  Profile profile = ending_in(OnExhausted::pause);
  profile.policy.exhaust_endpoint = ExhaustEndpoint::unless_succeeded_since;
  Broken broken(profile);
  broken.world.net->answer("a.example.com", [](const Arrival& arrival) {
    const bool bad = arrival.n() == 1;
    return SimulatedAnswer{.status = bad ? 500 : 200, .latency = bad ? 20ms : 10ms};
  });
  broken.publish(1);
  // The last attempt of the first event and the only one of the second end within one batch.
  broken.run(36min + 60ms);
  broken.publish(2);
  broken.run(1min);
  CHECK(broken.letters().size() == 1);
  CHECK(broken.now().status == Status::active);
}

TEST_CASE("exhaustion is told once for the delivery and once for the endpoint") {
  Broken broken(ending_in(OnExhausted::pause));
  broken.publish(1);
  broken.publish(2);
  broken.run(whole_schedule);
  const auto& notices = broken.world.observer->notices;
  CHECK(broken.world.observer->count(NoticeKind::endpoint_paused) == 1);
  for (const Notice& notice : notices) {
    CHECK(notice.tenant == "acme");
    CHECK(notice.endpoint == broken.endpoint.id);
    CHECK(notice.type == "test.numbered");
    CHECK(notice.delivery);
    CHECK(notice.reason == Reason::exhausted);
  }
  // The two ended in the same moment: both, or the first alone, are dead.
  CHECK(broken.letters().size() + broken.waiting() == 2);
  CHECK(broken.world.observer->count(NoticeKind::delivery_exhausted) == broken.letters().size());
}
