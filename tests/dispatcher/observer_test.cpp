// What the observer hears: attempts once they are durable, notices at least once, over restarts
// too.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"

using namespace dispatcher_test;

namespace {

Profile pausing_profile() {
  Profile profile = exact_profile();
  profile.policy.retries = {1min};
  profile.policy.on_exhausted = OnExhausted::pause;
  return profile;
}

// An endpoint of this profile, one event for it, and an answer that is always 500.
struct Watched {
  explicit Watched(Profile profile, StoreKind kind = StoreKind::memory)
      : world(kind), profile_(std::move(profile)) {
    world.net->answer("a.example.com",
                      SimulatedAnswer{.status = 500, .latency = 25ms, .body = "out of order"});
    start();
    endpoint = subscribe(*dispatcher, "acme", "a.example.com");
  }
  void start() {
    dispatcher.reset();
    dispatcher.emplace(world.options(profile_));
  }
  void run(Duration span) { world.run(*dispatcher, span); }

  World world;
  std::optional<Dispatcher> dispatcher{};
  Endpoint endpoint{};

 private:
  Profile profile_{};
};

}  // namespace

TEST_CASE("each attempt is reported with all there is to know") {
  Watched w(exact_profile());
  const TimePoint start = w.world.clock->wall();
  const Receipt receipt = w.dispatcher->publish("acme", Numbered{.n = 1});
  w.run(2min);
  const auto& reports = w.world.observer->attempts;
  REQUIRE(reports.size() == 2);
  const AttemptReport& report = reports[0];
  CHECK(report.tenant == "acme");
  CHECK(report.type == "test.numbered");
  CHECK(report.attempt.endpoint == w.endpoint.id);
  CHECK(report.attempt.event == receipt.event());
  CHECK(report.attempt.delivery.text() == w.world.net->arrivals()[0].header("X-Test-Delivery"));
  CHECK(report.attempt.number == 1);
  CHECK(report.attempt.at == start);
  CHECK(report.attempt.elapsed == 25ms);
  CHECK(report.attempt.result == AttemptResult::failed);
  CHECK(report.attempt.fault == Fault::none);
  CHECK(report.attempt.status == 500);
  CHECK(report.attempt.excerpt == "out of order");
  REQUIRE(report.next_attempt);
  CHECK(*report.next_attempt == start + 25ms + 1min);
  CHECK(reports[1].attempt.number == 2);
  CHECK(reports[1].attempt.at == *report.next_attempt);
  CHECK(reports[1].attempt.delivery == report.attempt.delivery);

  w.world.net->answer("a.example.com", SimulatedAnswer{.body = "thank you"});
  w.run(1h);
  REQUIRE(reports.size() == 3);
  CHECK(reports[2].attempt.result == AttemptResult::delivered);
  CHECK(reports[2].attempt.status == 200);
  CHECK_FALSE(reports[2].next_attempt);
  CHECK(reports[2].attempt.excerpt.empty());  // of a failed attempt's answer only
}

TEST_CASE("a notice that the observer can't take is told again, and counted") {
  Watched w(pausing_profile(), GENERATE(from_range(store_kinds())));
  w.world.observer->notices_to_throw = 3;
  w.dispatcher->publish("acme", Numbered{.n = 1});
  w.run(2min);
  // The warning comes with the first of two attempts, and the rest with the second.
  CHECK(w.world.observer->count(NoticeKind::endpoint_at_risk) == 1);
  CHECK(w.world.observer->count(NoticeKind::endpoint_paused) == 1);
  CHECK(w.world.observer->count(NoticeKind::delivery_exhausted) == 1);
  CHECK(w.world.observer->told == 6);
  CHECK(w.dispatcher->metrics().plugin_errors == 3);
  w.run(2h);
  CHECK(w.world.observer->told == 6);  // and once it was taken, not again
}

TEST_CASE("a notice survives a restart until somebody has taken it") {
  Watched w(pausing_profile(), GENERATE(from_range(store_kinds())));
  w.world.observer->notices_to_throw = 1'000'000;
  w.dispatcher->publish("acme", Numbered{.n = 1});
  w.run(2min);
  CHECK(w.world.observer->notices.empty());
  w.world.observer->notices_to_throw = 0;
  w.world.observer->told = 0;

  w.start();
  w.run(1min);
  REQUIRE(w.world.observer->notices.size() == 3);
  CHECK(w.world.observer->count(NoticeKind::endpoint_paused) == 1);
  for (const Notice& notice : w.world.observer->notices) {
    CHECK(notice.tenant == "acme");
    CHECK(notice.endpoint == w.endpoint.id);
    CHECK(notice.type == "test.numbered");
    CHECK(notice.delivery);
    CHECK(notice.reason == Reason::exhausted);
    CHECK(notice.at <= w.world.clock->wall() - 1min);
  }

  w.start();
  w.run(2h);
  CHECK(w.world.observer->notices.size() == 3);
}

TEST_CASE("a notice that nobody was there for is told to the first observer that comes") {
  World world;
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  {
    Options options = world.options(pausing_profile());
    options.observer.reset();
    Dispatcher dispatcher(std::move(options));
    subscribe(dispatcher, "acme", "a.example.com");
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1h);
  }
  Dispatcher dispatcher(world.options(pausing_profile()));
  world.run(dispatcher, 1min);
  CHECK(world.observer->count(NoticeKind::endpoint_paused) == 1);
  CHECK(world.observer->count(NoticeKind::delivery_exhausted) == 1);
}

TEST_CASE("an observer that throws from everything harms nothing") {
  struct Unwell final : Observer {
    void attempt(const AttemptReport&) override { throw std::runtime_error("attempt"); }
    void notice(const Notice&) override { throw 7; }
    void lost(const LostEvent&) override { throw std::runtime_error("lost"); }
    void store_trouble(const std::string&) override { throw std::runtime_error("trouble"); }
  };
  World world;
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  Options options = world.options();
  options.observer = std::make_shared<Unwell>();
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1h);
  CHECK(world.net->arrivals().size() == 4);
  CHECK(dispatcher.metrics().plugin_errors >= 4);
  CHECK(look_up(dispatcher, endpoint).failing);
  world.net->answer("a.example.com", SimulatedAnswer{});
  dispatcher.publish("acme", Numbered{.n = 2});
  world.run(dispatcher, 1s);
  CHECK(world.net->arrivals().size() == 5);
}

TEST_CASE("an observer may call the dispatcher") {
  struct Calling final : Observer {
    void notice(const Notice& notice) override {
      if (notice.kind != NoticeKind::endpoint_failing) return;
      receipt = dispatcher->publish("admin", Numbered{.n = 99});
      metrics = dispatcher->metrics().attempts;
    }
    Dispatcher* dispatcher = nullptr;
    Receipt receipt{};
    std::uint64_t metrics = 0;
  };
  World world;
  const auto calling = std::make_shared<Calling>();
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  Options options = world.options();
  options.observer = calling;
  Dispatcher dispatcher(std::move(options));
  calling->dispatcher = &dispatcher;
  subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "admin", "admin.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1h);
  CHECK(calling->receipt.stored() == Stored::yes);
  CHECK(calling->metrics == 4);
  CHECK(world.net->numbers("admin.example.com") == numbers_from(99, 99));
}

TEST_CASE("reports beyond the bound are dropped and counted, deliveries are not") {
  World world;
  Options options = world.options();
  options.limits.reports_max = 5;
  options.limits.outcome_delay_max = 50ms;
  Dispatcher dispatcher(std::move(options));
  for (int i = 0; i < 50; ++i) {
    subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com");
  }
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 10s);
  CHECK(dispatcher.metrics().delivered == 50);
  CHECK(world.observer->attempts.size() + dispatcher.metrics().reports_dropped == 50);
  CHECK(world.observer->attempts.size() >= 5);
}

TEST_CASE("outcomes wait for company for at most as long as the bound says") {
  World world;
  Options options = world.options();
  options.limits.outcome_delay_max = 50ms;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 10ms + 50ms + 1ms);
  CHECK(dispatcher.metrics().delivered == 1);
  CHECK(world.observer->attempts.size() == 1);
}
