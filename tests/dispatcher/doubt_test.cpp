// Dispatchers that share a store, one of which has not heard what the store did. Each case was
// found by tests/simulation.

#include <algorithm>
#include <memory>
#include <utility>

#include "dispatcher/flaky_store.hpp"
#include "dispatcher/world.hpp"
#include "store/forwarding_store.hpp"

using namespace dispatcher_test;

namespace {

// The next calls whose answer gets lost: grants that were given, heartbeats that were not heard.
struct Silence {
  int grants = 0;
  int beats = 0;
  StoreCode code = StoreCode::unavailable;  // what the heartbeats come to instead
};

class SilentStore final : public store_test::ForwardingStore {
 public:
  SilentStore(std::unique_ptr<Store> store, std::shared_ptr<Silence> silence)
      : ForwardingStore(std::move(store)), silence_(std::move(silence)) {}
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants = inner().acquire(now, max);
    if (grants.lanes.empty() || silence_->grants == 0) return grants;
    --silence_->grants;
    return {.status = {StoreCode::unknown, "the connection was lost"}};
  }
  Beat heartbeat(TimePoint now) override {
    if (silence_->beats == 0) return inner().heartbeat(now);
    --silence_->beats;
    return {.status = {silence_->code, "nobody answers"}};
  }

 private:
  std::shared_ptr<Silence> silence_;
};

// The first dispatcher's store is flaky; both work by turns.
struct Doubtful {
  explicit Doubtful(const Profile& profile = exact_profile()) {
    Options options = world.options(profile);
    options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
    options.store = std::make_unique<SilentStore>(std::move(options.store), silence);
    options.limits.store_patience = 1min;
    first.emplace(std::move(options));
    second.emplace(world.options(profile));
  }
  void run(Duration span, Duration turn = 100ms) {
    const TimePoint end = world.clock->wall() + span;
    while (world.clock->wall() < end) {
      world.run(*first, turn);
      world.run(*second, turn);
    }
  }

  World world;
  std::shared_ptr<Trouble> trouble = std::make_shared<Trouble>();
  std::shared_ptr<Silence> silence = std::make_shared<Silence>();
  std::optional<Dispatcher> first{};
  std::optional<Dispatcher> second{};
};

}  // namespace

TEST_CASE("an outcome that was not stored, and is another's by now, changes nothing") {
  Profile profile = exact_profile();
  profile.policy.exhausted_after = 1;
  profile.policy.on_exhausted = OnExhausted::pause;
  Doubtful d(profile);
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  d.first->publish("acme", Numbered{.n = 1});
  d.trouble->commits_to_spare = 1;  // the event
  d.trouble->commit = Trouble::Kind::unknown_and_not_done;
  d.world.run(*d.first, 300ms);
  REQUIRE(d.world.net->arrivals().size() == 1);
  REQUIRE(d.trouble->failed > 0);
  // It is silent for longer than its lease, and the other one delivers.
  d.world.net->answer("a.example.com", SimulatedAnswer{});
  d.world.run(*d.second, 1min);
  REQUIRE(d.world.net->arrivals().size() == 2);
  d.trouble->commit = Trouble::Kind::none;
  d.run(30s);
  CHECK(d.world.observer->notices.empty());
  CHECK(d.first->metrics().dead == 0);
  CHECK(d.first->metrics().fenced == 1);
  CHECK(look_up(*d.second, endpoint).status == Status::active);
  // Nor does it believe that the endpoint is paused.
  d.first->publish("acme", Numbered{.n = 2});
  d.world.run(*d.first, 10s);
  CHECK(d.world.net->arrivals().size() == 3);
}

TEST_CASE("rows of a lane whose grant got lost are sent all the same") {
  Doubtful d;
  subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.silence->grants = 1;
  d.first->publish("acme", Numbered{.n = 1});
  d.world.run(*d.first, 10s);
  CHECK(d.world.net->numbers("a.example.com") == numbers_from(1, 1));
  CHECK(d.silence->grants == 0);
}

TEST_CASE(
    "rows that another has put into a held lane are sent although the news of them got lost") {
  Doubtful d;
  subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.first->publish("acme", Numbered{.n = 1});
  d.world.run(*d.first, 1s);  // it is known to answer
  d.world.net->answer("a.example.com", SimulatedAnswer{.latency = 10s});
  d.first->publish("acme", Numbered{.n = 2});
  d.world.run(*d.first, 1s);
  d.silence->grants = 1;
  d.second->publish("acme", Numbered{.n = 3});
  d.world.run(*d.second, 100ms);
  d.world.run(*d.first, 5s);
  CHECK(d.world.net->numbers("a.example.com") == numbers_from(1, 3));
  CHECK(d.silence->grants == 0);
}

TEST_CASE("an endpoint that can't be read yet gets its events all the same") {
  Doubtful d;
  subscribe(*d.first, "umbrella", "u.example.com");
  d.run(30s);
  d.trouble->find = Trouble::Kind::unavailable;
  subscribe(*d.second, "acme", "a.example.com");
  d.run(20s);
  const Receipt receipt = d.first->publish("acme", Numbered{.n = 1});
  CHECK(receipt.queued());
  d.run(5s);
  CHECK(receipt.stored() == Stored::pending);
  d.trouble->find = Trouble::Kind::none;
  d.run(5s);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(d.world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("an endpoint that another has paused gets nothing from one who can't read it") {
  Doubtful d;
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.trouble->find = Trouble::Kind::unavailable;
  REQUIRE(d.second->endpoints().pause("acme", endpoint.id).ok());
  d.run(15s);
  d.first->publish("acme", Numbered{.n = 1});
  d.run(1min);
  CHECK(d.world.net->arrivals().empty());
}

TEST_CASE("the rate limit of an endpoint holds although its lane changes hands") {
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 60;
  profile.policy.rate_burst = 20;
  Doubtful d(profile);
  d.world.net->keep_headers(false);
  subscribe(*d.first, "acme", "a.example.com");
  d.run(2min);
  d.first->publish("acme", Numbered{.n = 1});
  d.run(2min);
  int n = 1;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 20; ++i) d.first->publish("acme", Numbered{.n = ++n});
    d.run(5s);
    for (int i = 0; i < 25; ++i) d.second->publish("acme", Numbered{.n = ++n});
    d.run(40s);
  }
  const auto& arrivals = d.world.net->arrivals();
  std::size_t most = 0;
  std::size_t oldest = 0;
  for (std::size_t last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last].steady - arrivals[oldest].steady >= 60s) ++oldest;
    most = std::max(most, last - oldest + 1);
  }
  CHECK(most <= 60);
}

TEST_CASE("a handshake that was not stored does not undo what another has made of its endpoint") {
  Profile profile = exact_profile();
  profile.handshake = true;
  Doubtful d(profile);
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(32s);  // it asks how things stand every 5 s
  REQUIRE(look_up(*d.first, endpoint).status == Status::unverified);
  // The other one makes its second version; the first has not heard of that, and would make one.
  REQUIRE(d.second->endpoints().pause("acme", endpoint.id).ok());
  d.world.net->pass_handshakes();
  d.trouble->commit = Trouble::Kind::unknown_and_not_done;
  d.trouble->times = 1;
  const Trial trial = d.first->endpoints().verify("acme", endpoint.id);
  REQUIRE(d.trouble->failed == 1);
  CHECK(trial.accepted);
  CHECK(trial.endpoint.status == Status::paused);
  const auto history = d.first->endpoints().attempts("acme", endpoint.id).rows;
  CHECK(std::count_if(history.begin(), history.end(), [&](const Attempt& attempt) {
          return attempt.row == trial.attempt.row;
        }) == 1);
  d.world.net->forget();
  d.first->publish("acme", Numbered{.n = 1});
  d.world.run(*d.first, 1min);
  CHECK(d.world.net->arrivals().empty());
}

TEST_CASE("a change that was not stored is not taken for done where another has made its version") {
  Doubtful d;
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(32s);
  REQUIRE(d.second->endpoints().update("acme", endpoint.id, spec_for("b.example.com")).ok());
  d.trouble->commit = Trouble::Kind::unknown_and_not_done;
  d.trouble->times = 1;
  const EndpointResult paused = d.first->endpoints().pause("acme", endpoint.id);
  REQUIRE(d.trouble->failed == 1);
  CHECK(paused.outcome == EndpointOutcome::conflict);
  CHECK(look_up(*d.first, endpoint).status == Status::active);
}

TEST_CASE("a change whose answer got lost is done once") {
  Doubtful d;
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.trouble->commit = Trouble::Kind::unknown_and_done;
  d.trouble->times = 1;
  const EndpointResult paused = d.first->endpoints().pause("acme", endpoint.id);
  REQUIRE(d.trouble->failed == 1);
  CHECK(paused.ok());
  CHECK(look_up(*d.first, endpoint).version == endpoint.version + 1);
  CHECK(look_up(*d.first, endpoint).status == Status::paused);
}

TEST_CASE("a test that waits for its turn is given up where the store falls silent for long") {
  Profile profile = exact_profile();
  profile.policy.rate_per_minute = 1;
  profile.policy.rate_burst = 1;
  Doubtful d(profile);
  const Endpoint endpoint = subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  REQUIRE(d.first->endpoints().test("acme", endpoint.id, "test.numbered").accepted);
  d.silence->beats = 1'000;  // minutes
  const Trial trial = d.first->endpoints().test("acme", endpoint.id, "test.numbered");
  CHECK(trial.outcome == EndpointOutcome::store_unavailable);
  CHECK(d.silence->beats > 0);
  CHECK(d.world.net->arrivals().size() == 1);  // others may have moved it meanwhile
  d.silence->beats = 0;
  d.run(5s);
  CHECK(d.world.net->arrivals().size() == 2);
}

TEST_CASE("a heartbeat whose outcome stays unknown is not tried again without pause") {
  Doubtful d;
  subscribe(*d.first, "acme", "a.example.com");
  d.run(30s);
  d.silence->beats = 1'000;
  d.silence->code = StoreCode::unknown;
  d.world.run(*d.first, 20s);
  CHECK(d.silence->beats > 900);
  d.silence->beats = 0;
  d.world.run(*d.first, 1s);
  d.first->publish("acme", Numbered{.n = 1});
  d.world.run(*d.first, 1s);
  CHECK(d.world.net->numbers("a.example.com") == numbers_from(1, 1));
}
