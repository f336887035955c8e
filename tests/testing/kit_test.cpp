// The testing kit does what it says: it records what was kept, it fails as told, and a sandbox is a
// world.

#include <memory>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/testing/faulty_store.hpp"
#include "hookwright/testing/sandbox.hpp"
#include "store/forwarding_store.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using namespace std::chrono_literals;

namespace {

struct Made {
  static constexpr std::string_view event_type = "thing.made";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

struct Unmade {
  static constexpr std::string_view event_type = "thing.unmade";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

Options my_options() {
  Options options;
  options.catalog = Catalog::of<Made, Unmade>();
  options.default_profile = "snipy";
  return options;
}

EndpointId subscribe(Dispatcher& dispatcher, const std::string& host) {
  return dispatcher.endpoints()
      .create("acme", {.url = "https://" + host + "/hook", .events = {"*"}})
      .endpoint.id;
}

PutNote note(const std::string& key) {
  return PutNote{{.key = key, .version = 1}};
}

}  // namespace

TEST_CASE("a sandbox shows what was published, and to whom") {
  Sandbox sandbox;
  Dispatcher dispatcher(sandbox.options(my_options()));
  dispatcher.publish("acme", Made{0});
  CHECK(sandbox.record->published().empty());  // nobody listens

  const EndpointId a = subscribe(dispatcher, "a.example.com");
  const EndpointId b = subscribe(dispatcher, "b.example.com");
  dispatcher.publish("acme", Made{1});
  dispatcher.publish_all("acme", Made{2}, Unmade{3});
  sandbox.run(dispatcher, 1s);

  const std::vector<Published> all = sandbox.record->published();
  REQUIRE(all.size() == 3);
  CHECK(all[0].type == "thing.made");
  CHECK(all[0].tenant == "acme");
  CHECK(all[0].endpoints == std::vector<EndpointId>{a, b});
  CHECK(all[2].body.find(R"("data":{"n":3})") != std::string::npos);
  CHECK(sandbox.record->published("thing.unmade").size() == 1);
  CHECK(sandbox.record->attempts().size() == 6);
  CHECK(sandbox.record->dead_letters().empty());
  CHECK(sandbox.network.requests().size() == 6);
  CHECK(sandbox.network.requests("a.example.com").size() == 3);
  CHECK(sandbox.network.requests("a.example.com")[0].header("x-snipy-event") == "thing.made");
  CHECK(sandbox.network.requests("a.example.com")[0].header("x-none") == "");

  sandbox.record->forget();
  sandbox.network.forget();
  CHECK(sandbox.record->published().empty());
  CHECK(sandbox.record->commits() == 0);
  CHECK(sandbox.network.requests().empty());
}

TEST_CASE("a sandbox's dispatcher may be restarted, and fails a receiver as told") {
  Sandbox sandbox;
  sandbox.network.answer("a.example.com", [](const SimulatedRequest& request) {
    return SimulatedAnswer{.status =
                               request.body.find("\"n\":1}") != std::string::npos ? 500 : 200};
  });
  {
    Dispatcher dispatcher(sandbox.options(my_options()));
    subscribe(dispatcher, "a.example.com");
    dispatcher.publish("acme", Made{1});
    dispatcher.publish("acme", Made{2});
    sandbox.run(dispatcher, 1s);
  }
  CHECK(sandbox.network.requests().size() == 2);
  Dispatcher dispatcher(sandbox.options(my_options()));
  sandbox.run(dispatcher, 30h);
  CHECK(sandbox.network.requests().size() == 7);
  CHECK(sandbox.record->dead_letters().size() == 1);
}

TEST_CASE("a faulty store fails as its plan says, and then works") {
  const auto faults = std::make_shared<StoreFaults>();
  const auto record = std::make_shared<StoreRecord>();
  FaultyStore store(std::make_unique<RecordingStore>(make_memory_store(), record), faults);
  REQUIRE(store.open({}, {}).status.ok());
  CHECK(faults->calls() == 1);
  const Batch batch{{{.only_if = {}, .writes = {note("a")}}}};

  faults->follow({.at = 2,
                  .faults = {StoreFault::unavailable, StoreFault::full, StoreFault::broken,
                             StoreFault::unknown_not_applied}});
  CHECK(store.commit(batch, {}).status.ok());
  CHECK(store.commit(batch, {}).status.code == StoreCode::unavailable);
  CHECK(store.commit(batch, {}).status.code == StoreCode::full);
  CHECK(store.fetch({}, {}).status.code == StoreCode::broken);
  CHECK(store.commit(batch, {}).status.code == StoreCode::unknown);
  CHECK(record->changes().size() == 1);
  CHECK(store.commit(batch, {}).status.ok());
  CHECK(faults->failed() == 4);
  CHECK(faults->text().find("call 2 (commit)") == 0);

  faults->follow({.at = 1, .faults = {StoreFault::unknown_applied}, .only = StoreCall::commit});
  CHECK(store.find({.kind = RecordKind::notes}).status.ok());
  CHECK(store.commit(batch, {}).status.code == StoreCode::unknown);
  CHECK(record->changes().size() == 3);

  faults->follow({.at = 1, .faults = {StoreFault::throws}, .for_ever = true});
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(store.heartbeat({}), std::runtime_error);
  CHECK_THROWS_AS(store.maintain({}, {}), std::runtime_error);
  faults->mend();
  CHECK(store.heartbeat({}).status.ok());
}

TEST_CASE("checkpoints pass through, but where a plan names them") {
  struct Counting final : store_test::ForwardingStore {
    explicit Counting(int& count) : ForwardingStore(make_memory_store()), checkpoints(count) {}
    void checkpoint() override { ++checkpoints; }
    int& checkpoints;
  };
  int made = 0;
  const auto faults = std::make_shared<StoreFaults>();
  FaultyStore store(std::make_unique<RecordingStore>(std::make_unique<Counting>(made),
                                                     std::make_shared<StoreRecord>()),
                    faults);
  faults->follow({.at = 1, .faults = {StoreFault::throws}, .for_ever = true});
  store.checkpoint();
  CHECK(made == 1);
  CHECK(faults->calls() == 0);
  faults->follow(
      {.at = 1,
       .faults = {StoreFault::throws, StoreFault::unavailable, StoreFault::unknown_applied},
       .only = StoreCall::checkpoint});
  CHECK_THROWS_AS(store.checkpoint(), std::runtime_error);
  store.checkpoint();
  CHECK(made == 1);
  store.checkpoint();
  CHECK(made == 2);
  store.checkpoint();
  CHECK(made == 3);
}

TEST_CASE("a sweep fails every call once in every way, and ends") {
  std::vector<std::string> seen;
  const std::size_t runs = sweep_store_faults([&](const std::shared_ptr<StoreFaults>& faults) {
    FaultyStore store(make_memory_store(), faults);
    for (int i = 0; i < 3; ++i) {
      try {
        (void)store.heartbeat({});
      } catch (const std::exception&) {
      }
    }
    if (faults->failed() > 0) seen.push_back(faults->text());
  });
  CHECK(runs == all_store_faults.size() * 2 * 4);
  CHECK(seen.size() == all_store_faults.size() * 2 * 3);
}
