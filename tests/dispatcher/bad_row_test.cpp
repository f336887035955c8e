// A change that the store refuses for itself takes nothing of its batch with it, and is told of.

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dispatcher/world.hpp"
#include "store/forwarding_store.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

namespace {

using Refused = std::function<bool(const Change&)>;

// Finds some changes unstorable, as a store does with a record that is larger than it can hold.
class Choosy final : public store_test::ForwardingStore {
 public:
  Choosy(std::unique_ptr<Store> store, std::shared_ptr<Refused> refused)
      : ForwardingStore(std::move(store)), refused_(std::move(refused)) {}

  Committed commit(const Batch& batch, TimePoint now) override {
    Batch rest = batch;
    for (Change& change : rest.changes) {
      if (*refused_ && (*refused_)(change)) change = {.only_if = {NoteAt{"none", 1}}, .writes = {}};
    }
    Committed committed = inner().commit(rest, now);
    for (std::size_t i = 0; i < committed.results.size(); ++i) {
      if (*refused_ && (*refused_)(batch.changes[i]))
        committed.results[i] = {.outcome = ChangeOutcome::unstorable};
    }
    return committed;
  }

 private:
  std::shared_ptr<Refused> refused_;
};

struct Refusing {
  explicit Refusing(StoreKind kind) : world(kind) { start(); }
  void start() {
    Options options = world.options();
    options.store = std::make_unique<Choosy>(std::move(options.store), refused);
    dispatcher.emplace(std::move(options));
  }

  World world;
  std::shared_ptr<Refused> refused = std::make_shared<Refused>();
  std::optional<Dispatcher> dispatcher{};
};

template <class Kind>
const Kind* written(const Change& change) {
  for (const Write& write : change.writes) {
    if (const auto* found = std::get_if<Kind>(&write)) return found;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("an event that the store refuses is reported, and those of its batch are stored") {
  Refusing r(GENERATE(from_range(store_kinds())));
  subscribe(*r.dispatcher, "acme", "a.example.com");
  *r.refused = [](const Change& change) {
    const auto* put = written<PutEvent>(change);
    return put != nullptr && number_in(put->event->body) == 25;
  };
  std::vector<Receipt> receipts;
  for (std::int64_t n = 1; n <= 50; ++n)
    receipts.push_back(r.dispatcher->publish("acme", Numbered{.n = n}));
  r.world.run(*r.dispatcher, 10s);
  for (std::int64_t n = 1; n <= 50; ++n) {
    CAPTURE(n);
    const Receipt& receipt = receipts[static_cast<std::size_t>(n - 1)];
    CHECK(receipt.stored() == (n == 25 ? Stored::no : Stored::yes));
  }
  CHECK_THAT(receipts[24].message(), ContainsSubstring("refuses this event"));
  std::vector<std::int64_t> expected = numbers_from(1, 50);
  expected.erase(expected.begin() + 24);
  CHECK(r.world.net->numbers("a.example.com") == expected);
  REQUIRE(r.world.observer->losses.size() == 1);
  CHECK(r.world.observer->losses[0].event == receipts[24].event());
  CHECK(r.dispatcher->metrics().lost == 1);
  CHECK(r.dispatcher->metrics().delivered == 49);
}

TEST_CASE("an outcome that the store refuses is told of, and those of its batch are settled") {
  Refusing r(GENERATE(from_range(store_kinds())));
  const Endpoint endpoint = subscribe(*r.dispatcher, "acme", "a.example.com");
  r.world.net->answer("a.example.com", SimulatedAnswer{.status = 200, .latency = 5ms});
  std::optional<DeliveryId> bad;
  *r.refused = [&bad](const Change& change) {
    const auto* put = written<PutAttempt>(change);
    if (put == nullptr) return false;
    if (!bad) bad = put->attempt.delivery;
    return put->attempt.delivery == *bad;
  };
  for (std::int64_t n = 1; n <= 20; ++n) r.dispatcher->publish("acme", Numbered{.n = n});
  r.world.run(*r.dispatcher, 1min);
  REQUIRE(bad);
  CHECK(r.dispatcher->metrics().delivered == 19);
  const auto waiting = r.dispatcher->endpoints().waiting("acme", endpoint.id);
  REQUIRE(waiting.rows.size() == 1);
  CHECK(waiting.rows[0].delivery.id == *bad);
  const auto& troubles = r.world.observer->troubles;
  CHECK(std::count_if(troubles.begin(), troubles.end(), [&](const std::string& what) {
          return what.find(bad->text()) != std::string::npos;
        }) == 1);
  CHECK(r.world.net->arrivals().size() == 20);  // and not again and again

  *r.refused = nullptr;
  r.dispatcher.reset();
  r.start();
  r.world.run(*r.dispatcher, 1min);
  CHECK(r.world.net->arrivals().size() == 21);
  CHECK(r.dispatcher->endpoints().waiting("acme", endpoint.id).rows.empty());
}
