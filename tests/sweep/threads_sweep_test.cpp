// The same with real threads, where memory and the store fail now and then for as long as it lasts:
// nothing escapes from a thread, everything ends, every receipt says the truth.

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "catch2.hpp"
#include "dispatcher/prompt_transport.hpp"
#include "sweep/failing_memory.hpp"
#include "sweep/life.hpp"

using namespace sweep;
using dispatcher_test::Log;
using dispatcher_test::PromptTransport;

namespace {

constexpr int events = 150;

std::int64_t number_in(std::string_view body) {
  const auto at = body.find("\"n\":");
  return std::strtoll(std::string(body.substr(at + 4, 20)).c_str(), nullptr, 10);
}

struct Threaded {
  std::shared_ptr<Log> log = std::make_shared<Log>();
  std::shared_ptr<StoreFaults> faults = std::make_shared<StoreFaults>();
  std::shared_ptr<StoreRecord> truth = std::make_shared<StoreRecord>();
  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
  std::unique_ptr<Dispatcher> dispatcher{};
  std::vector<Receipt> receipts{};
  std::atomic<int> answers{0};

  Threaded() {
    Options options;
    options.store = std::make_unique<FaultyStore>(
        memory::sheltered(std::make_unique<RecordingStore>(make_memory_store(), truth)), faults);
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {short_profile("marks", OnExhausted::mark_failing)};
    options.default_profile = "marks";
    options.transport = memory::sheltered([log = log](const EgressPolicy&) {
      return std::make_unique<PromptTransport>(
          log, [](const std::string&, std::int64_t) { return 200; }, number_in);
    });
    options.observer = heard;
    options.threads = 2;
    options.limits.store_patience = 10min;
    dispatcher = std::make_unique<Dispatcher>(std::move(options));
    for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) {
      EndpointSpec spec;
      spec.url = "https://" + std::string(host) + "/hook";
      spec.events = {"*"};
      REQUIRE(dispatcher->endpoints().create("acme", spec).ok());
    }
  }

  // Publishes while `fail` is in force, then waits until all that was taken has been delivered.
  void live() {
    receipts.reserve(events);
    for (int n = 1; n <= events; ++n) {
      Receipt receipt = dispatcher->publish("acme", Numbered{n});
      receipt.on_stored([this](Stored) { ++answers; });
      receipts.push_back(std::move(receipt));
      if (n % 10 == 0) std::this_thread::yield();
    }
    (void)receipts.back().wait(500ms);  // where too much fails it does not get that far
    memory::mend();
    faults->mend();
    CHECK(log->wait_for(3 * events));
    const Drained drained = dispatcher->shutdown(60s);
    CHECK(drained.complete);
    CHECK(drained.not_stored == 0);
    const Metrics m = dispatcher->metrics();
    dispatcher.reset();
    CHECK(m.published == m.stored);
    CHECK(m.delivered == 3 * events);
    CHECK(answers == events);
    CHECK(truth->published().size() == events);
    std::size_t wrong = 0;
    for (const Receipt& receipt : receipts) wrong += receipt.stored() == Stored::yes ? 0U : 1U;
    CHECK(wrong == 0);
    for (int n = 1; n <= events; ++n) {
      for (const char* host : {"a.example.com", "b.example.com", "c.example.com"})
        wrong += log->times(host, n) == 1 ? 0U : 1U;
    }
    CHECK(wrong == 0);
  }
};

}  // namespace

TEST_CASE("threads go on while memory fails now and then") {
  const std::size_t every = GENERATE(23U, 101U, 1009U);
  CAPTURE(every);
  Threaded life;
  memory::expose_other_threads(true);
  memory::fail(1, 1, every);
  life.live();
  CHECK(memory::failed() > 0);
  memory::expose_other_threads(false);
}

TEST_CASE("threads go on while the store fails now and then") {
  const StoreFault fault = GENERATE(StoreFault::unavailable, StoreFault::unknown_applied,
                                    StoreFault::unknown_not_applied, StoreFault::throws);
  CAPTURE(int(fault));
  Threaded life;
  life.faults->follow({.at = 2, .faults = {fault, fault, fault}});
  life.live();
}
