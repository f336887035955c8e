// What happens in the cracks: two things at once, and what is under way when something changes.

#include <algorithm>
#include <optional>

#include "hookwright/verifier.hpp"
#include "life/life.hpp"

using namespace life_test;

namespace {

// One endpoint whose receiver takes 5 s to answer, and a request that is under way to it.
struct UnderWay : Life {
  explicit UnderWay(Profile profile, int status, StoreKind kind) : Life(std::move(profile), kind) {
    subscribe_one();
    world.net->answer(host, SimulatedAnswer{.status = status, .latency = 5s});
    publish(1);
    run(1s);
    REQUIRE(numbers() == numbers_from(1, 1));
  }
};

// Two dispatchers on one store, which take turns.
struct Pair {
  explicit Pair(const Profile& profile) {
    first.emplace(world.options(profile));
    second.emplace(world.options(profile));
  }
  void run(Duration span) {
    for (Duration done{}; done < span; done += 100ms) {
      if (first) world.run(*first, 50ms);
      if (second) world.run(*second, 50ms);
    }
  }
  World world{};
  std::optional<Dispatcher> first{};
  std::optional<Dispatcher> second{};
};

}  // namespace

TEST_CASE("pause while a request is under way: a success counts, a failure waits") {
  const int status = GENERATE(200, 500);
  UnderWay life(exact_profile(), status, GENERATE(from_range(store_kinds())));
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.publish(2);
  life.run(10h);
  CHECK(life.numbers() == numbers_from(1, 1));
  CHECK(life.now().status == Status::paused);
  CHECK(life.waiting() == (status == 200 ? 1 : 2));
  life.answer(200);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  life.run(1min);
  CHECK(life.waiting() == 0);
  CHECK(life.letters().empty());
  CHECK(life.dispatcher->metrics().delivered == 2);
}

TEST_CASE("pause while the last attempt is under way: dead, and paused by the user still") {
  Profile profile = exact_profile();
  profile.policy.exhausted_after = 1;
  profile.policy.on_exhausted = OnExhausted::disable;
  UnderWay life(profile, 500, GENERATE(from_range(store_kinds())));
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.run(1h);
  CHECK(life.letters().size() == 1);
  CHECK(life.now().status == Status::paused);
  CHECK(life.now().reason == Reason::by_user);
  CHECK(life.told(NoticeKind::endpoint_disabled) == 0);
}

TEST_CASE("enable while a request is under way: it is not sent a second time") {
  UnderWay life(exact_profile(), 200, GENERATE(from_range(store_kinds())));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
    REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  }
  life.run(1h);
  CHECK(life.numbers() == numbers_from(1, 1));
}

TEST_CASE("remove while leased and under way: it ends as it does, and nothing follows") {
  const int status = GENERATE(200, 410, 500);
  UnderWay life(exact_profile(), status, GENERATE(from_range(store_kinds())));
  life.publish(2);  // waits: nothing is known of the receiver but that it takes long
  REQUIRE(life.endpoints().remove("acme", life.endpoint.id) == EndpointOutcome::ok);
  life.run(10h);
  CHECK(life.numbers().size() == 1);
  CHECK(life.world.observer->notices.empty());
  life.restart();
  life.run(10h);
  CHECK(life.numbers().size() == 1);
  CHECK(life.endpoints().list("acme").rows.empty());
}

TEST_CASE("remove in one process while another holds the lane") {
  Pair pair(exact_profile());
  const Endpoint endpoint = subscribe(*pair.first, "acme", host);
  pair.world.net->answer(host, SimulatedAnswer{.status = 500, .latency = 5s});
  pair.run(10s);
  for (int n = 1; n <= 3; ++n) pair.first->publish("acme", Numbered{.n = n});
  pair.run(1s);
  REQUIRE(pair.world.net->numbers(host).size() == 3);
  const EndpointOutcome removed = pair.second->endpoints().remove("acme", endpoint.id);
  CHECK(removed == EndpointOutcome::ok);
  pair.run(10min);
  CHECK(pair.world.net->numbers(host).size() == 3);
  CHECK(pair.world.observer->notices.empty());
}

TEST_CASE("rotate between sign and send: what is signed goes out as it is") {
  UnderWay life(like(profiles::snipy()), 500, GENERATE(from_range(store_kinds())));
  const Secret old = life.now().secrets.front();
  REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, {}, 0h).ok());
  const Secret fresh = life.now().secrets.front();
  life.answer(200);
  life.run(2min);  // its retry
  const auto arrivals = life.world.net->arrivals();
  REQUIRE(arrivals.size() == 2);
  const auto signed_by = [&](const Secret& secret, const Arrival& arrival) {
    const Verifier verifier(profiles::snipy().wire, {secret});
    return bool(verifier.verify(arrival.headers, *arrival.body, arrival.wall));
  };
  CHECK(signed_by(old, arrivals[0]));
  CHECK_FALSE(signed_by(fresh, arrivals[0]));
  CHECK(signed_by(fresh, arrivals[1]));
  CHECK_FALSE(signed_by(old, arrivals[1]));
}

TEST_CASE("another URL while a request is under way: it ends there, and its retry goes on here") {
  UnderWay life(exact_profile(), 500, GENERATE(from_range(store_kinds())));
  REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec_for("b.example.com")).ok());
  life.run(2min);
  CHECK(life.numbers() == numbers_from(1, 1));
  CHECK(life.world.net->numbers("b.example.com") == numbers_from(1, 1));
}

TEST_CASE("a URL that changes while its receiver is asked is not activated by the answer") {
  Profile profile = like(profiles::hypersnap());
  Life life(profile, GENERATE(from_range(store_kinds())));
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.latency = 1s, .body = *arrival.body};
  });
  life.subscribe_one();
  life.run(500ms);
  REQUIRE(life.world.net->to(host).size() == 1);
  REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec_for("b.example.com")).ok());
  life.run(10s);
  CHECK(life.now().status == Status::unverified);
  CHECK_FALSE(life.now().verified);
}

TEST_CASE("paused while its receiver is asked: it stays paused, and is known") {
  Life life(like(profiles::hypersnap()), GENERATE(from_range(store_kinds())));
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.latency = 1s, .body = *arrival.body};
  });
  life.subscribe_one();
  life.run(500ms);
  REQUIRE(life.world.net->to(host).size() == 1);
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());
  life.run(10s);
  CHECK(life.now().status == Status::paused);
  CHECK(life.now().verified);
  life.answer(200);
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());
  CHECK(life.now().status == Status::active);
}

TEST_CASE("removed, or given another secret, while its receiver is asked") {
  const bool removed = GENERATE(true, false);
  Life life(like(profiles::hypersnap()), GENERATE(from_range(store_kinds())));
  life.world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.latency = 1s, .body = *arrival.body};
  });
  life.subscribe_one();
  life.run(500ms);
  REQUIRE(life.world.net->to(host).size() == 1);
  if (removed) {
    REQUIRE(life.endpoints().remove("acme", life.endpoint.id) == EndpointOutcome::ok);
  } else {
    REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, {}, 0h).ok());
  }
  life.run(10s);
  CHECK(life.endpoints().list("acme").rows.size() == (removed ? 0 : 1));
  if (!removed) CHECK(life.now().status == Status::active);
  life.restart();
  life.publish(1);
  life.run(10s);
  CHECK(life.world.net->to(host).size() == (removed ? 1 : 2));
}

TEST_CASE("of two that come back at once, one has the last place") {
  Profile profile = exact_profile();
  profile.active_endpoints_max = 2;
  Pair pair(profile);
  std::vector<Endpoint> made;
  for (int i = 0; i < 3; ++i) {
    if (i == 2) REQUIRE(pair.first->endpoints().pause("acme", made[1].id).ok());
    made.push_back(subscribe(*pair.first, "acme", host));
  }
  REQUIRE(pair.first->endpoints().pause("acme", made[2].id).ok());
  pair.run(20s);
  const auto one = pair.first->endpoints().enable("acme", made[1].id).outcome;
  const auto two = pair.second->endpoints().enable("acme", made[2].id).outcome;
  CHECK(one == EndpointOutcome::ok);
  CHECK(two == EndpointOutcome::over_limit);
  CHECK(look_up(*pair.second, made[2]).status == Status::paused);
}

TEST_CASE("the last place under the limit is had by one of two processes") {
  Profile profile = exact_profile();
  profile.active_endpoints_max = 3;
  Pair pair(profile);
  for (int i = 0; i < 2; ++i) subscribe(*pair.first, "acme", host);
  // Neither has heard of the other's.
  const auto one = pair.first->endpoints().create("acme", spec_for(host)).outcome;
  const auto two = pair.second->endpoints().create("acme", spec_for(host)).outcome;
  CHECK(one == EndpointOutcome::ok);
  CHECK(two == EndpointOutcome::over_limit);
}

TEST_CASE("the last place of those that are asked is had by one of two processes") {
  Profile profile = exact_profile();
  profile.handshake = true;
  profile.unverified_endpoints_max = 3;
  Pair pair(profile);
  pair.run(1s);
  for (int i = 0; i < 2; ++i) subscribe(*pair.first, "acme", host);
  const auto one = pair.first->endpoints().create("acme", spec_for(host)).outcome;
  const auto two = pair.second->endpoints().create("acme", spec_for(host)).outcome;
  CHECK(one == EndpointOutcome::ok);
  CHECK(two == EndpointOutcome::over_limit);
  pair.run(1s);
  CHECK(pair.world.net->to(host).size() == 3);  // and nobody else is asked
}

TEST_CASE("two processes edit one endpoint: the second to come reads it again") {
  Pair pair(exact_profile());
  const Endpoint endpoint = subscribe(*pair.first, "acme", host);
  pair.run(20s);
  REQUIRE(pair.first->endpoints().pause("acme", endpoint.id, endpoint.version).ok());
  const EndpointResult late =
      pair.second->endpoints().disable("acme", endpoint.id, endpoint.version);
  CHECK(late.outcome == EndpointOutcome::conflict);
  CHECK(look_up(*pair.second, endpoint).status == Status::paused);
}

TEST_CASE("what waits in a disabled endpoint is given up though its lane's holder is gone") {
  Pair pair(exact_profile());
  const Endpoint endpoint = subscribe(*pair.first, "acme", host);
  pair.run(20s);
  pair.world.net->answer(host, SimulatedAnswer{.status = 500});
  for (int n = 1; n <= 5; ++n) pair.first->publish("acme", Numbered{.n = n});
  pair.run(7min);  // the next attempt is half an hour away
  REQUIRE(pair.first->endpoints().disable("acme", endpoint.id).ok());
  pair.first.reset();
  pair.run(2min);
  const auto letters = pair.second->endpoints().dead_letters("acme", endpoint.id).rows;
  REQUIRE(letters.size() == 5);
  for (const DeadLetter& letter : letters) CHECK(letter.reason == DeathReason::deactivated);
  CHECK(pair.second->endpoints().backlog("acme", endpoint.id) == std::size_t{0});
}

TEST_CASE("a receiver's answer is kept as text that can be shown") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  const auto kept = [&](const std::string& body) {
    life.world.net->answer(host, SimulatedAnswer{.status = 500, .body = body});
    return life.endpoints().test("acme", life.endpoint.id, "measured").attempt.excerpt;
  };
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(kept("caf\xC3\xA9\tno\r\nbody") == "caf\xC3\xA9\tno\nbody");
  CHECK(kept(std::string("a\0b", 3)) == "a" + mark + "b");
  CHECK(kept("\x1B[2J\x07\x7F") == mark + "[2J" + mark + mark);
  CHECK(kept("\xC2\x9B"
             "31m") == mark + "31m");  // a control of eight bits
  CHECK(kept("a\xE2\x80\xAE"
             "fdp.exe") == "a" + mark + "fdp.exe");  // turns the line around
  CHECK(kept("\xFF\xC3") == mark + mark);
  CHECK(kept("\xED\xA0\x80") == mark + mark + mark);  // a surrogate
  CHECK(kept(std::string(10'000, 'x')).size() == 4'096);
  CHECK(kept(std::string(4'095, 'x') + "\xC3\xA9") == std::string(4'095, 'x'));  // no half of it
  CHECK(kept(std::string(10'000, '\x01')).size() <= 4'096);
}
