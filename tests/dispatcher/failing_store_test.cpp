// A store that fails for a moment costs nothing; one that goes on failing is told of, and what
// could not be stored is never lost silently.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "dispatcher/flaky_store.hpp"
#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

struct Flaky {
  explicit Flaky(Duration patience = 5s) {
    Options options = world.options();
    options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
    options.limits.store_patience = patience;
    dispatcher.emplace(std::move(options));
    endpoint = subscribe(*dispatcher, "acme", "a.example.com");
    world.run(*dispatcher, 1s);
  }
  void run(Duration span) { world.run(*dispatcher, span); }
  Receipt publish(std::int64_t n) { return dispatcher->publish("acme", Numbered{.n = n}); }

  World world{};
  std::shared_ptr<Trouble> trouble = std::make_shared<Trouble>();
  std::optional<Dispatcher> dispatcher{};
  Endpoint endpoint{};
};

}  // namespace

TEST_CASE("a store that fails for a moment delays events and loses none") {
  const Trouble::Kind kind =
      GENERATE(Trouble::Kind::unavailable, Trouble::Kind::full, Trouble::Kind::throws,
               Trouble::Kind::unknown_and_done, Trouble::Kind::unknown_and_not_done);
  CAPTURE(int(kind));
  Flaky f;
  f.trouble->commit = kind;
  f.trouble->times = 3;
  const Receipt receipt = f.publish(1);
  f.run(4s);
  CHECK(f.trouble->failed == 3);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(f.world.net->numbers("a.example.com") == numbers_from(1, 1));
  CHECK(f.dispatcher->metrics().lost == 0);
  CHECK(f.world.observer->losses.empty());
}

TEST_CASE("a checkpoint comes after a commit that was answered, and after what that brought") {
  const Trouble::Kind kind =
      GENERATE(Trouble::Kind::unavailable, Trouble::Kind::full, Trouble::Kind::throws,
               Trouble::Kind::unknown_and_done, Trouble::Kind::unknown_and_not_done);
  CAPTURE(int(kind));
  Flaky f;
  std::vector<std::size_t> requests_before;
  f.trouble->at_checkpoint = [&] { requests_before.push_back(f.world.net->arrivals().size()); };
  f.trouble->commit = kind;
  f.publish(1);
  f.run(2s);
  CHECK(f.trouble->failed > 1);
  CHECK(requests_before.empty());
  f.trouble->commit = Trouble::Kind::none;
  f.run(4s);
  REQUIRE_FALSE(requests_before.empty());
  CHECK(requests_before.front() == 1);
}

TEST_CASE("every commit of a run may fail in every way, and each event arrives once") {
  const Trouble::Kind kind =
      GENERATE(Trouble::Kind::unavailable, Trouble::Kind::throws, Trouble::Kind::unknown_and_done,
               Trouble::Kind::unknown_and_not_done);
  const std::size_t at = GENERATE(0U, 1U, 2U, 3U, 4U, 5U, 7U, 9U);
  CAPTURE(int(kind), at);
  Flaky f;
  f.world.net->answer("a.example.com", [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() % 2 == 0 ? 500 : 200};
  });
  f.trouble->commits_to_spare = at;
  f.trouble->commit = kind;
  f.trouble->times = 2;
  std::vector<Receipt> receipts;
  for (int n = 1; n <= 6; ++n) {
    receipts.push_back(f.publish(n));
    f.run(30ms);
  }
  f.run(30s);
  for (const Receipt& receipt : receipts) CHECK(receipt.stored() == Stored::yes);
  std::vector<std::int64_t> numbers = f.world.net->numbers("a.example.com");
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == numbers_from(1, 6));
  f.run(2h);
  CHECK(f.dispatcher->endpoints().dead_letters("acme", f.endpoint.id).rows.size() == 3);
  CHECK(f.world.net->arrivals().size() == 3 + 3 * 4);
  CHECK(f.dispatcher->endpoints().waiting("acme", f.endpoint.id).rows.empty());
  CHECK(f.dispatcher->endpoints().attempts("acme", f.endpoint.id).rows.size() == 15);
  CHECK(f.world.observer->count(NoticeKind::delivery_exhausted) == 3);
}

TEST_CASE("after its patience events are lost: by receipt, observer and counter") {
  const Trouble::Kind kind = GENERATE(Trouble::Kind::unavailable, Trouble::Kind::full);
  CAPTURE(int(kind));
  Flaky f(10s);
  f.trouble->commit = kind;
  const Receipt receipt = f.publish(1);
  Stored told = Stored::pending;
  receipt.on_stored([&](Stored stored) { told = stored; });
  f.run(9s);
  CHECK(receipt.stored() == Stored::pending);
  f.run(3s);
  CHECK(receipt.stored() == Stored::no);
  CHECK(told == Stored::no);
  CHECK_FALSE(receipt.message().empty());
  CHECK(f.dispatcher->metrics().lost == 1);
  REQUIRE(f.world.observer->losses.size() == 1);
  CHECK(f.world.observer->losses[0].event == receipt.event());
  CHECK(f.world.observer->losses[0].tenant == "acme");
  CHECK(f.world.observer->losses[0].type == "test.numbered");
  CHECK_FALSE(f.world.observer->losses[0].why.empty());
  CHECK_FALSE(f.world.observer->troubles.empty());
  CHECK(f.dispatcher->metrics().inbox_events == 0);

  // And while it goes on failing, further events are refused at once.
  const Receipt refused = f.publish(2);
  CHECK(refused.publication() == Publication::refused);
  CHECK(to_string(refused.refusal()) == to_string(Refusal::store_unavailable));
  CHECK_FALSE(refused.message().empty());

  const std::size_t troubles = f.world.observer->troubles.size();
  f.trouble->commit = Trouble::Kind::none;
  f.run(30s);
  CHECK(f.world.observer->troubles.size() > troubles);  // it says that it works again
  const Receipt after = f.publish(3);
  CHECK(after.queued());
  f.run(10s);
  CHECK(after.stored() == Stored::yes);
  CHECK(f.world.net->numbers("a.example.com") == numbers_from(3, 3));
}

// Outcomes need little room, and find it where events don't. That they are stored must not keep
// events waiting for ever.
TEST_CASE("a full store settles what it can and refuses what is new, until it has room") {
  Flaky f(2s);
  // Something is always under way, and always to be settled.
  f.world.net->answer("a.example.com", [](const Arrival& arrival) {
    return SimulatedAnswer{.status = arrival.n() == 1 ? 500 : 200, .latency = 40ms};
  });
  f.publish(1);
  for (int n = 100; n < 400; ++n) f.publish(n);
  f.run(20ms);
  f.trouble->commit = Trouble::Kind::full_for_news;
  const Receipt receipt = f.publish(1'000);
  SECTION("an event") {
    f.run(2'500ms);
  }
  SECTION("an endpoint") {  // returns once it has been given up
    CHECK(to_string(f.dispatcher->endpoints().create("acme", spec_for("b.example.com")).outcome) ==
          to_string(EndpointOutcome::store_unavailable));
  }
  CHECK(receipt.stored() == Stored::no);
  CHECK_THAT(receipt.message(), Catch::Matchers::ContainsSubstring("no space"));
  CHECK(f.dispatcher->metrics().delivered > 100);
  const Receipt refused = f.publish(1'001);
  CHECK(to_string(refused.refusal()) == to_string(Refusal::store_unavailable));
  CHECK_THAT(refused.message(), Catch::Matchers::ContainsSubstring("no space"));

  // An event that is let in to see whether there is room is answered at once.
  f.run(2'100ms);
  const Receipt trial = f.publish(1'002);
  REQUIRE(trial.queued());
  f.run(100ms);
  CHECK(trial.stored() == Stored::no);
  CHECK(to_string(f.publish(1'003).refusal()) == to_string(Refusal::store_unavailable));

  f.trouble->commit = Trouble::Kind::none;
  f.run(3s);
  const Receipt after = f.publish(2'000);
  f.run(20s);
  CHECK(after.stored() == Stored::yes);
  CHECK(f.dispatcher->metrics().delivered == 301);
  for (const std::int64_t n : f.world.net->numbers("a.example.com"))
    CHECK((n < 1'000 || n == 2'000));
  CHECK(f.world.net->numbers("a.example.com").size() == 302);
  CHECK(f.dispatcher->endpoints().attempts("acme", f.endpoint.id, {}, 1'000).rows.size() == 302);
}

TEST_CASE("an event that may have been stored is never reported as lost and then delivered twice") {
  Flaky f(2s);
  f.trouble->commit = Trouble::Kind::unknown_and_done;
  const Receipt receipt = f.publish(1);
  f.run(10s);
  f.trouble->commit = Trouble::Kind::none;
  f.run(1h);
  CHECK(f.world.net->arrivals().size() <= 1);
  if (receipt.stored() == Stored::yes) CHECK(f.world.net->arrivals().size() == 1);
}

TEST_CASE("while nobody knows whether it was stored a receipt says nothing, and no more is taken") {
  const Trouble::Kind kind = GENERATE(Trouble::Kind::unknown_and_done,
                                      Trouble::Kind::unknown_and_not_done, Trouble::Kind::throws);
  CAPTURE(int(kind));
  Flaky f(2s);
  f.trouble->commit = kind;
  const Receipt receipt = f.publish(1);
  f.run(1h);
  CHECK(receipt.stored() == Stored::pending);
  CHECK(to_string(f.publish(2).refusal()) == to_string(Refusal::store_unavailable));
  CHECK_FALSE(f.world.observer->troubles.empty());
  f.trouble->commit = Trouble::Kind::none;
  f.run(10s);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(f.world.net->numbers("a.example.com") == numbers_from(1, 1));
  CHECK(f.dispatcher->metrics().lost == 0);
}

TEST_CASE("outcomes wait for the store, and nothing is sent again meanwhile") {
  Flaky f(2s);
  f.world.net->answer("a.example.com", [&](const Arrival&) {
    f.trouble->commit = Trouble::Kind::unavailable;
    return SimulatedAnswer{};
  });
  f.publish(1);
  f.run(10min);
  CHECK(f.world.net->arrivals().size() == 1);
  CHECK(f.dispatcher->metrics().delivered == 0);
  CHECK(f.world.observer->attempts.empty());  // not durable yet
  f.trouble->commit = Trouble::Kind::none;
  f.run(1h);
  CHECK(f.world.net->arrivals().size() == 1);
  CHECK(f.dispatcher->metrics().delivered == 1);
  CHECK(f.world.observer->attempts.size() == 1);
  CHECK(f.dispatcher->endpoints().waiting("acme", f.endpoint.id).rows.empty());
}

TEST_CASE("a store that can't be read holds up spilled rows, not for ever") {
  Flaky f;
  REQUIRE(f.dispatcher->endpoints().pause("acme", f.endpoint.id).ok());
  for (int n = 1; n <= 20; ++n) f.publish(n);
  f.run(1s);
  const Trouble::Kind kind = GENERATE(Trouble::Kind::unavailable, Trouble::Kind::throws);
  f.trouble->fetch = kind;
  REQUIRE(f.dispatcher->endpoints().enable("acme", f.endpoint.id).ok());
  f.run(1min);
  CHECK(f.world.net->arrivals().empty());
  f.trouble->fetch = Trouble::Kind::none;
  f.run(1min);
  CHECK(f.world.net->numbers("a.example.com") == numbers_from(1, 20));
}

TEST_CASE("while the store is away, changes to endpoints say so and lists are unavailable") {
  Flaky f(2s);
  f.trouble->commit = Trouble::Kind::unavailable;
  f.trouble->find = Trouble::Kind::unavailable;
  Endpoints& endpoints = f.dispatcher->endpoints();
  CHECK(endpoints.create("acme", spec_for("b.example.com")).outcome ==
        EndpointOutcome::store_unavailable);
  CHECK(endpoints.pause("acme", f.endpoint.id).outcome == EndpointOutcome::store_unavailable);
  CHECK(endpoints.remove("acme", f.endpoint.id) == EndpointOutcome::store_unavailable);
  CHECK_FALSE(endpoints.waiting("acme", f.endpoint.id).available);
  CHECK_FALSE(endpoints.attempts("acme", f.endpoint.id).available);
  CHECK_FALSE(endpoints.dead_letters("acme", f.endpoint.id).available);

  f.trouble->commit = Trouble::Kind::none;
  f.trouble->find = Trouble::Kind::none;
  f.run(1min);
  CHECK(look_up(*f.dispatcher, f.endpoint).status == Status::active);
  CHECK(endpoints.list("acme").rows.size() == 1);
  CHECK(endpoints.waiting("acme", f.endpoint.id).available);
  f.publish(1);
  f.run(1s);
  CHECK(f.world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("an endpoint is not removed while nobody can tell what would be dropped with it") {
  Flaky f;
  f.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  for (int n = 1; n <= 3; ++n) f.publish(n);
  f.run(1s);
  f.trouble->find = Trouble::Kind::unavailable;
  CHECK(f.dispatcher->endpoints().remove("acme", f.endpoint.id) ==
        EndpointOutcome::store_unavailable);
  f.trouble->find = Trouble::Kind::none;
  CHECK(f.dispatcher->endpoints().waiting("acme", f.endpoint.id).rows.size() == 3);
  CHECK(f.dispatcher->endpoints().remove("acme", f.endpoint.id) == EndpointOutcome::ok);
  f.run(1s);
  CHECK(f.dispatcher->metrics().cancelled == 3);
}

TEST_CASE("an endpoint whose creation may have happened is not there twice") {
  Flaky f;
  f.trouble->commit = Trouble::Kind::unknown_and_done;
  f.trouble->times = 1;
  EndpointSpec spec = spec_for("b.example.com");
  spec.uid = "b";
  const EndpointResult result = f.dispatcher->endpoints().create("acme", spec);
  CHECK(to_string(result.outcome) == to_string(EndpointOutcome::ok));
  CHECK(f.dispatcher->endpoints().list("acme").rows.size() == 2);
  f.publish(1);
  f.run(1s);
  CHECK(f.world.net->numbers("b.example.com") == numbers_from(1, 1));
}

TEST_CASE("a broken store refuses everything, and the destructor still ends") {
  Flaky f(2s);
  f.trouble->commit = Trouble::Kind::broken;
  const Receipt receipt = f.publish(1);
  f.run(1min);
  CHECK(receipt.stored() == Stored::unknown);  // it broke over it
  CHECK(f.world.observer->losses.size() == 1);
  CHECK(f.dispatcher->metrics().lost == 1);
  CHECK(to_string(f.publish(2).refusal()) == to_string(Refusal::store_unavailable));
  CHECK_FALSE(f.world.observer->troubles.empty());
}

TEST_CASE("the destructor reports what the store would not take, and does not hang") {
  const Trouble::Kind kind = GENERATE(Trouble::Kind::unavailable,
                                      Trouble::Kind::unknown_and_not_done, Trouble::Kind::throws);
  CAPTURE(int(kind));
  Receipt receipt;
  Stored told = Stored::pending;
  Flaky f(1h);
  f.trouble->commit = kind;
  receipt = f.publish(1);
  receipt.on_stored([&](Stored stored) { told = stored; });
  SECTION("by shutdown") {
    const Drained drained = f.dispatcher->shutdown(0ms);
    CHECK_FALSE(drained.complete);
    CHECK(drained.not_stored == 1);
  }
  SECTION("by destruction") {
    f.dispatcher.reset();
  }
  // What the store has been asked and did not answer may be there.
  const Stored expected = kind == Trouble::Kind::unavailable ? Stored::no : Stored::unknown;
  CHECK(to_string(receipt.stored()) == to_string(expected));
  CHECK(told == expected);
  CHECK_FALSE(receipt.message().empty());
  CHECK(f.world.observer->losses.size() == 1);
}

TEST_CASE("an outcome that may have been stored is known for sure before anything else is done") {
  Flaky f;
  f.world.net->answer("a.example.com", {.status = 500});
  const Receipt receipt = f.publish(1);
  f.trouble->commits_to_spare = 1;
  f.trouble->commit = Trouble::Kind::unknown_and_done;
  f.trouble->times = 1;
  f.run(200ms);
  CHECK(f.trouble->failed == 1);
  // Asked again it is away for a while: that says nothing of the first time.
  f.trouble->commit = Trouble::Kind::unavailable;
  f.trouble->times = 3;
  f.run(4h);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(f.world.net->arrivals().size() == 4);  // the retry is not forgotten
  CHECK(f.dispatcher->metrics().fenced == 0);
  CHECK(f.dispatcher->metrics().dead == 1);
  CHECK(f.world.observer->count(NoticeKind::delivery_exhausted) == 1);
}
