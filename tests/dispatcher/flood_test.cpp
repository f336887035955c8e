// Ten times as much as receivers take: what is bounded stays at its bound, what is published costs
// what it always costs, and nothing fails or is lost. Shown by counting, in virtual time.

#include <algorithm>
#include <memory>
#include <vector>

#include "dispatcher/world.hpp"
#include "store/forwarding_store.hpp"

using namespace dispatcher_test;

namespace {

// Counts what a dispatcher asks of its store.
class CountingStore final : public store_test::ForwardingStore {
 public:
  struct Counts {
    std::size_t commits = 0;
    std::size_t writes = 0;
    std::size_t pages = 0;
    std::size_t rows = 0;  // read
  };

  CountingStore(std::unique_ptr<Store> store, std::shared_ptr<Counts> counts)
      : ForwardingStore(std::move(store)), counts_(std::move(counts)) {}

  Committed commit(const Batch& batch, TimePoint now) override {
    ++counts_->commits;
    for (const Change& change : batch.changes) counts_->writes += change.writes.size();
    return inner().commit(batch, now);
  }
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages = inner().fetch(cursors, now);
    counts_->pages += pages.lanes.size();
    for (const LanePage& page : pages.lanes) counts_->rows += page.rows.size();
    return pages;
  }

 private:
  std::shared_ptr<Counts> counts_;
};

// The most requests that any span of this length saw.
std::size_t most_within(const std::vector<SteadyTime>& sent, Duration span) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] >= span) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

}  // namespace

TEST_CASE("under a flood memory and cost stay, and what has gathered goes out at full speed") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  const auto counts = std::make_shared<CountingStore::Counts>();
  Options options = world.options();
  options.store = std::make_unique<CountingStore>(std::move(options.store), counts);
  options.limits.lane_rows_max = 100;
  options.limits.inbox_events_max = 500;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  // Eight at a time, 80 ms each: 100 a second, a tenth of what is published.
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 80ms});

  std::int64_t n = 0;
  std::vector<std::size_t> writes_of_each_second;
  for (int second = 0; second < 10; ++second) {
    const std::size_t writes = counts->writes;
    const std::uint64_t settled = dispatcher.metrics().delivered;
    for (int step = 0; step < 20; ++step) {
      for (int i = 0; i < 50; ++i) CHECK(dispatcher.publish("acme", Numbered{.n = ++n}).queued());
      world.run(dispatcher, 50ms);
      REQUIRE(dispatcher.metrics().in_memory <= 100);
      REQUIRE(dispatcher.metrics().inbox_events <= 500);
    }
    // An event and its delivery for each; the delivery dropped and an attempt for what was settled.
    const std::uint64_t more = dispatcher.metrics().delivered - settled;
    CHECK(counts->writes - writes == 2 * 1'000 + 2 * more);
  }
  CHECK(dispatcher.metrics().delivered < 1'100);
  CHECK(dispatcher.metrics().stored == 10'000);
  CHECK(counts->commits <= 10 * 20 * 20);
  CHECK(dispatcher.metrics().refused == 0);

  // The receiver recovers: eight at a time, 1 ms each.
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1ms});
  const SteadyTime recovered = world.clock->steady();
  world.run(dispatcher, 1min);
  CHECK(difference(world.net->numbers("a.example.com"), n) == "");
  const Duration took =
      std::chrono::floor<Duration>(world.net->arrivals().back().steady - recovered);
  CHECK(took <= 6s);
  // Each row was read once at most, in pages that were worth it.
  CHECK(counts->rows <= std::size_t(n));
  CHECK(counts->pages <= std::size_t(n) / 20);
  CHECK(dispatcher.metrics().failed == 0);
  CHECK(dispatcher.metrics().lost == 0);
  CHECK(dispatcher.metrics().delivered == std::uint64_t(n));
}

TEST_CASE("beside live events a backlog goes out in order, and catches up with what comes to it") {
  World world(GENERATE(from_range(store_kinds())));
  world.net->keep_headers(false);
  Options options = world.options();
  options.limits.lane_rows_max = 1'000;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "live", "b.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 80ms});
  std::int64_t n = 0;
  for (int i = 0; i < 3'000; ++i) CHECK(dispatcher.publish("acme", Numbered{.n = ++n}).queued());
  world.run(dispatcher, 50ms);

  // The receiver recovers while 5,000 a second are still published to it, and some to another.
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1ms});
  std::int64_t live = 0;
  for (int step = 0; step < 40; ++step) {
    CHECK(dispatcher.publish("live", Numbered{.n = ++live}).queued());
    for (int i = 0; i < 250; ++i) CHECK(dispatcher.publish("acme", Numbered{.n = ++n}).queued());
    world.run(dispatcher, 50ms);
    CHECK(world.net->numbers("b.example.com").size() == static_cast<std::size_t>(live));
  }
  // What had gathered has gone out beside what came: of that only the last step may be left.
  CHECK(dispatcher.metrics().delivered + 251 >= static_cast<std::uint64_t>(n + live));
  world.run(dispatcher, 1s);
  CHECK(difference(world.net->numbers("a.example.com"), n) == "");
  CHECK(difference(world.net->numbers("b.example.com"), live) == "");
}

TEST_CASE("a saturated hour of HyperSnap's holds 72,000 sends, over a restart too") {
  World world;
  Profile profile = without_jitter(profiles::hypersnap());
  profile.family.clear();
  profile.handshake = false;  // tests/life
  std::vector<SteadyTime> sent;
  int asked = 0;
  world.net->keep_headers(false);
  world.net->answer("a.example.com", [&](const Arrival& arrival) {
    sent.push_back(arrival.steady);
    return SimulatedAnswer{.status = ++asked % 50 == 0 ? 500 : 200};  // retries count as well
  });
  const auto start_dispatcher = [&] {
    Options options = world.options(profile);
    options.observer.reset();  // it would remember every attempt
    return std::make_unique<Dispatcher>(std::move(options));
  };
  auto dispatcher = start_dispatcher();
  subscribe(*dispatcher, "acme", "a.example.com");
  const SteadyTime start = world.clock->steady();
  std::int64_t n = 0;
  for (int minute = 0; minute < 60; ++minute) {
    for (int i = 0; i < 1'500; ++i) dispatcher->publish("acme", Numbered{.n = ++n});
    world.run(*dispatcher, 30s);
    if (minute % 20 == 10) {
      dispatcher.reset();
      dispatcher = start_dispatcher();
    }
    world.run(*dispatcher, 30s);
    world.net->forget();
  }
  CHECK(world.clock->steady() - start == 1h);
  CHECK(sent.size() >= 72'000 - 720);
  CHECK(sent.size() <= 72'000 + 720);
  CHECK(most_within(sent, 60s) <= 1'212);
  CHECK(dispatcher->metrics().dead == 0);
  CHECK(dispatcher->metrics().lost == 0);
}
