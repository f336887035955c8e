// Dispatchers with threads, in real time: several publishers, one delivery each, a clean end.

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "dispatcher/prompt_transport.hpp"
#include "dispatcher/world.hpp"
#include "store/forwarding_store.hpp"

using namespace dispatcher_test;

namespace {

// What a dispatcher with threads needs; with a real clock.
struct Real {
  explicit Real(StoreKind kind = StoreKind::memory) : storage(kind) {}

  Options options(std::size_t threads) {
    Options options;
    options.store = storage.make();
    options.sealing = Sealing::none();
    options.catalog = Catalog::of<Numbered, Other, Measured>();
    options.profiles = {exact_profile()};
    options.default_profile = "test";
    options.threads = threads;
    options.transport = [this](const EgressPolicy&) {
      return std::make_unique<PromptTransport>(
          log, [this](const std::string&, std::int64_t) { return status.load(); }, number_in);
    };
    return options;
  }

  Storage storage;
  std::shared_ptr<Log> log = std::make_shared<Log>();
  std::atomic<int> status{200};  // 0: no answer
};

std::string host(int i) {
  return "h" + std::to_string(i) + ".example.com";
}

// Runs the work on so many threads, and waits for them.
void in_parallel(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work, i);
  for (std::thread& thread : running) thread.join();
}

// Its checkpoints last until there is a request for each event committed, and then fail.
class PatientStore final : public store_test::ForwardingStore {
 public:
  PatientStore(std::unique_ptr<Store> store, std::shared_ptr<Log> log, std::atomic<int>& seen)
      : ForwardingStore(std::move(store)), log_(std::move(log)), seen_(seen) {}
  Committed commit(const Batch& batch, TimePoint now) override {
    for (const Change& change : batch.changes) {
      for (const Write& write : change.writes) events_ += std::holds_alternative<PutEvent>(write);
    }
    return inner().commit(batch, now);
  }
  void checkpoint() override {
    if (std::exchange(waited_for_, events_) == events_) return;
    if (log_->wait_for(events_)) ++seen_;
    throw std::runtime_error("a checkpoint that fails");
  }

 private:
  std::shared_ptr<Log> log_;
  std::atomic<int>& seen_;
  std::size_t events_ = 0;
  std::size_t waited_for_ = 0;
};

}  // namespace

TEST_CASE("with threads, what a commit brought is under way before the checkpoint after it") {
  Real real(GENERATE(from_range(store_kinds())));
  std::atomic<int> seen{0};
  Options options = real.options(1);
  options.store = std::make_unique<PatientStore>(std::move(options.store), real.log, seen);
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", host(1));
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1});
  CHECK(receipt.wait(60s) == Stored::yes);
  // A store that throws there is a store that works.
  CHECK(dispatcher.publish("acme", Numbered{.n = 2}).wait(60s) == Stored::yes);
  CHECK(dispatcher.shutdown(60s).complete);
  CHECK(seen == 2);
  CHECK(real.log->count() == 2);
  CHECK(dispatcher.metrics().plugin_errors == 2);
}

TEST_CASE("four publishers, every event stored and delivered once to everybody") {
  const std::size_t threads = GENERATE(1U, 3U);
  Real real(GENERATE(from_range(store_kinds())));
  CAPTURE(threads);
  Dispatcher dispatcher(real.options(threads));
  const int endpoints = 5;
  for (int i = 0; i < endpoints; ++i) subscribe(dispatcher, "acme", host(i));

  const int each = 200;
  std::vector<std::vector<Receipt>> receipts(4);
  std::atomic<int> told{0};
  in_parallel(4, [&](int p) {
    for (int i = 0; i < each; ++i) {
      receipts[std::size_t(p)].push_back(
          dispatcher.publish("acme", Numbered{.n = 1'000 * p + i, .text = "from a thread"}));
      receipts[std::size_t(p)].back().on_stored([&](Stored stored) {
        if (stored == Stored::yes) ++told;
      });
    }
  });
  for (const auto& of_one : receipts) {
    for (const Receipt& receipt : of_one) {
      REQUIRE(receipt.queued());
      REQUIRE(receipt.wait(60s) == Stored::yes);
    }
  }
  const Drained drained = dispatcher.shutdown(60s);
  CHECK(drained.complete);
  CHECK(drained.cancelled == 0);
  CHECK(drained.not_stored == 0);
  CHECK(told == 4 * each);
  for (int i = 0; i < endpoints; ++i) {
    for (int p = 0; p < 4; ++p) {
      for (int n = 0; n < each; ++n) {
        if (real.log->times(host(i), 1'000 * p + n) != 1) {
          CAPTURE(i, p, n);
          CHECK(real.log->times(host(i), 1'000 * p + n) == 1);
        }
      }
    }
  }
  const Metrics metrics = dispatcher.metrics();
  CHECK(metrics.published == 4 * each);
  CHECK(metrics.stored == 4 * each);
  CHECK(metrics.delivered == std::uint64_t(4 * each * endpoints));
  CHECK(metrics.attempts == std::uint64_t(4 * each * endpoints));
  CHECK(metrics.in_flight == 0);
  CHECK(metrics.inbox_events == 0);
  CHECK(metrics.lost == 0);
  CHECK(metrics.plugin_errors == 0);
}

TEST_CASE("each transport belongs to one thread, and there are as many as asked for") {
  const std::size_t threads = GENERATE(1U, 3U);
  Real real;
  {
    Dispatcher dispatcher(real.options(threads));
    for (int i = 0; i < 20; ++i) subscribe(dispatcher, "acme", host(i));
    for (int n = 0; n < 20; ++n) dispatcher.publish("acme", Numbered{.n = n});
    CHECK(dispatcher.shutdown(60s).complete);
  }
  CHECK(real.log->count() == 400);
  CHECK(real.log->transports() == threads);
  CHECK(real.log->most_threads() == 1);
}

TEST_CASE("an endpoint's events stay in order with any number of threads") {
  Real real;
  Options options = real.options(3);
  options.profiles[0].policy.in_flight_max = 1;
  std::mutex mutex;
  std::map<std::string, std::vector<std::int64_t>> arrived;
  options.transport = [&](const EgressPolicy&) {
    return std::make_unique<PromptTransport>(
        real.log,
        [&](const std::string& to, std::int64_t n) {
          const std::lock_guard lock(mutex);
          arrived[to].push_back(n);
          return 200;
        },
        number_in);
  };
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 4; ++i) subscribe(dispatcher, "acme", host(i));
  for (int n = 1; n <= 300; ++n) dispatcher.publish("acme", Numbered{.n = n});
  CHECK(dispatcher.shutdown(60s).complete);
  for (int i = 0; i < 4; ++i) CHECK(difference(arrived[host(i)], 300) == "");
}

TEST_CASE("endpoints come, change and go while events are published") {
  const std::size_t threads = GENERATE(1U, 3U);
  Real real(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(real.options(threads));
  const Endpoint steady = subscribe(dispatcher, "acme", "steady.example.com");
  std::atomic<int> failed{0};
  std::atomic<bool> publishing{true};
  std::thread changing([&] {
    for (int round = 0; publishing || round < 5; ++round) {
      Endpoints& endpoints = dispatcher.endpoints();
      const EndpointResult made = endpoints.create("acme", spec_for(host(round % 7)));
      if (!made.ok()) {
        ++failed;
        continue;
      }
      const EndpointId id = made.endpoint.id;
      if (!endpoints.pause("acme", id).ok()) ++failed;
      if (!endpoints.enable("acme", id).ok()) ++failed;
      if (!endpoints.update("acme", id, spec_for(host(round % 5))).ok()) ++failed;
      if (endpoints.list("acme").rows.empty()) ++failed;
      if (!endpoints.find("acme", steady.id)) ++failed;
      (void)endpoints.waiting("acme", id);
      (void)endpoints.attempts("acme", steady.id);
      (void)dispatcher.metrics();
      if (endpoints.remove("acme", id) != EndpointOutcome::ok) ++failed;
    }
  });
  in_parallel(2, [&](int p) {
    for (int i = 0; i < 150; ++i) dispatcher.publish("acme", Numbered{.n = 1'000 * p + i});
  });
  publishing = false;
  changing.join();
  CHECK(failed == 0);
  CHECK(dispatcher.shutdown(60s).complete);
  int wrong = 0;
  for (int p = 0; p < 2; ++p) {
    for (int i = 0; i < 150; ++i) {
      wrong += real.log->times("steady.example.com", 1'000 * p + i) == 1 ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("what hangs is cut off at shutdown, and sent again by the next dispatcher") {
  const std::size_t threads = GENERATE(1U, 3U);
  Real real(GENERATE(from_range(store_kinds())));
  real.status = 0;
  {
    Dispatcher dispatcher(real.options(threads));
    for (int i = 0; i < 3; ++i) subscribe(dispatcher, "acme", host(i));
    for (int n = 0; n < 4; ++n) dispatcher.publish("acme", Numbered{.n = n});
    REQUIRE(real.log->wait_for(12));
    const bool by_destructor = GENERATE(false, true);
    if (!by_destructor) {
      const Drained drained = dispatcher.shutdown(100ms);
      CHECK_FALSE(drained.complete);
      CHECK(drained.cancelled == 12);
      CHECK(drained.not_stored == 0);
    }
  }
  real.status = 200;
  Dispatcher dispatcher(real.options(threads));
  CHECK(real.log->wait_for(24));
  CHECK(dispatcher.shutdown(60s).complete);
  CHECK(real.log->count() == 24);
  CHECK(dispatcher.metrics().delivered == 12);
}

TEST_CASE("the destructor stores what was queued") {
  Real real(GENERATE(from_range(store_kinds())));
  std::vector<Receipt> receipts;
  {
    Dispatcher dispatcher(real.options(1));
    subscribe(dispatcher, "acme", host(0));
    for (int n = 0; n < 500; ++n) receipts.push_back(dispatcher.publish("acme", Numbered{.n = n}));
  }
  int stored = 0;
  for (const Receipt& receipt : receipts) stored += receipt.stored() == Stored::yes ? 1 : 0;
  CHECK(stored == 500);
  Dispatcher dispatcher(real.options(1));
  CHECK(real.log->wait_for(500));
  CHECK(dispatcher.shutdown(60s).complete);
  int missing = 0;
  for (int n = 0; n < 500; ++n) missing += real.log->times(host(0), n) >= 1 ? 0 : 1;
  CHECK(missing == 0);
}

TEST_CASE("publishers that go on during a shutdown are refused or stored, never forgotten") {
  Real real;
  Dispatcher dispatcher(real.options(2));
  subscribe(dispatcher, "acme", host(0));
  std::vector<std::vector<Receipt>> receipts(3);
  std::thread stopping([&] {
    real.log->wait_for(100);
    dispatcher.shutdown(60s);
  });
  in_parallel(3, [&](int p) {
    while (true) {
      receipts[std::size_t(p)].push_back(dispatcher.publish("acme", Numbered{.n = p}));
      if (receipts[std::size_t(p)].back().refusal() == Refusal::shutting_down) return;
    }
  });
  stopping.join();
  std::size_t queued = 0;
  for (const auto& of_one : receipts) {
    for (const Receipt& receipt : of_one) {
      if (!receipt.queued()) continue;
      ++queued;
      if (receipt.stored() != Stored::yes) CHECK(to_string(receipt.stored()) == "yes");
    }
  }
  CHECK(real.log->count() == queued);
}

TEST_CASE("an observer that is slow holds up nobody but itself") {
  struct Stuck final : Observer {
    explicit Stuck(std::shared_future<void> until) : released(std::move(until)) {}
    void attempt(const AttemptReport&) override {
      ++calls;
      released.wait();
    }
    std::shared_future<void> released;
    std::atomic<int> calls{0};
  };
  Real real;
  std::promise<void> release;
  const auto stuck = std::make_shared<Stuck>(release.get_future().share());
  Options options = real.options(1);
  options.observer = stuck;
  options.limits.reports_max = 10;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", host(0));
  for (int n = 0; n < 200; ++n) CHECK(dispatcher.publish("acme", Numbered{.n = n}).queued());
  CHECK(real.log->wait_for(200));
  CHECK(dispatcher.publish("acme", Numbered{.n = 200}).wait(60s) == Stored::yes);
  // What a receiver has taken is reported once it is settled.
  const auto patience = std::chrono::steady_clock::now() + 60s;
  while (dispatcher.metrics().delivered < 200 && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  CHECK(stuck->calls <= 1);
  release.set_value();
  CHECK(dispatcher.shutdown(60s).complete);
  CHECK(std::uint64_t(stuck->calls) + dispatcher.metrics().reports_dropped == 201);
  CHECK(dispatcher.metrics().reports_dropped >= 180);
}

TEST_CASE("a wait gives up when its time is up") {
  // A store that blocks for as long as the test likes.
  struct Blocking final : store_test::ForwardingStore {
    Blocking(std::unique_ptr<Store> store, std::shared_future<void> until)
        : ForwardingStore(std::move(store)), released(std::move(until)) {}
    Committed commit(const Batch& batch, TimePoint now) override {
      for (const Change& change : batch.changes) {
        for (const Write& write : change.writes) {
          if (std::holds_alternative<PutEvent>(write)) released.wait();
        }
      }
      return inner().commit(batch, now);
    }
    std::shared_future<void> released;
  };
  Real real;
  std::promise<void> release;
  Options options = real.options(1);
  options.store =
      std::make_unique<Blocking>(std::move(options.store), release.get_future().share());
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", host(0));
  // Neither of them blocks, though the store does.
  const Receipt first = dispatcher.publish("acme", Numbered{.n = 1});
  const Receipt second = dispatcher.publish("acme", Numbered{.n = 2});
  CHECK(first.wait(20ms) == Stored::pending);
  CHECK(second.wait(0ms) == Stored::pending);
  release.set_value();
  CHECK(first.wait(60s) == Stored::yes);
  CHECK(second.wait(60s) == Stored::yes);
  CHECK(dispatcher.shutdown(60s).complete);
}

TEST_CASE("two dispatchers with threads share a database and deliver everything once") {
  Real real;
  Options of_first = real.options(2);
  Options of_second = real.options(1);
  of_first.lease = 2s;
  of_second.lease = 2s;
  Dispatcher first(std::move(of_first));
  for (int i = 0; i < 5; ++i) subscribe(first, "acme", host(i));
  Dispatcher second(std::move(of_second));
  in_parallel(4, [&](int p) {
    Dispatcher& mine = p % 2 == 0 ? first : second;
    for (int i = 0; i < 100; ++i) mine.publish("acme", Numbered{.n = 1'000 * p + i});
  });
  CHECK(real.log->wait_for(2'000));
  first.shutdown(60s);
  second.shutdown(60s);
  int wrong = 0;
  for (int i = 0; i < 5; ++i) {
    for (int p = 0; p < 4; ++p) {
      for (int n = 0; n < 100; ++n) wrong += real.log->times(host(i), 1'000 * p + n) == 1 ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("without threads the calls may still come from several of them") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", host(0));
  std::atomic<int> failed{0};
  in_parallel(4, [&](int p) {
    for (int i = 0; i < 20; ++i) {
      if (!dispatcher.publish("acme", Numbered{.n = 1'000 * p + i}).queued()) ++failed;
      if (dispatcher.endpoints().list("acme").rows.size() != 1) ++failed;
      (void)dispatcher.metrics();
    }
  });
  CHECK(failed == 0);
  world.run(dispatcher, 10s);
  CHECK(world.net->arrivals().size() == 80);
}

TEST_CASE("without threads several of the caller's may change endpoints and wait at once") {
  World world;
  Dispatcher dispatcher(world.options());
  std::atomic<int> failed{0};
  in_parallel(4, [&](int p) {
    for (int i = 0; i < 20; ++i) {
      const EndpointResult made =
          dispatcher.endpoints().create("acme", spec_for(host(100 * p + i), {"test.numbered"}));
      if (!made.ok()) ++failed;
      if (!dispatcher.endpoints().pause("acme", made.endpoint.id).ok()) ++failed;
      const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1'000 * p + i});
      if (receipt.wait(60s) != Stored::yes) ++failed;
    }
  });
  CHECK(failed == 0);
  CHECK(dispatcher.endpoints().list("acme").rows.size() == 80);
}
