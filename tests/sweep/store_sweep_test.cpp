// Store calls of every scenario fail, one run each, in every way, alone and from there on; and
// every promise is kept.

#include <iostream>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "sweep/scenarios.hpp"

using namespace sweep;

namespace {

struct Tally {
  std::size_t runs = 0;
  std::size_t failures = 0;
};

void run_one(const Scenario& scenario, StoreKind kind, const std::shared_ptr<StoreFaults>& faults,
             Tally& tally) {
  ++tally.runs;
  Life life(kind, faults);
  const std::string plan = faults->text();
  life.recovers =
      plan.find("for ever") == std::string::npos && plan.find("broken") == std::string::npos;
  scenario.run(life);
  const std::string text = faults->text();
  const std::string said = life.verdict();
  if (said.empty()) return;
  ++tally.failures;
  INFO(scenario.name << ": " << text);
  CHECK(said == "");
}

// Every so many-th call fails; each does in the soak tests.
std::size_t step_of(std::size_t step) {
  if (whole_sweep()) return 1;
#ifdef HOOKWRIGHT_TEST_SLOWLY
  return step * 8;  // a sanitizer watches
#else
  return step;
#endif
}

void each_call_fails(StoreKind kind, std::size_t step) {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.shared && kind != StoreKind::memory) continue;
    Tally tally;
    testing::sweep_store_faults(
        [&](const std::shared_ptr<StoreFaults>& faults) {
          if (tally.failures < 5) run_one(scenario, kind, faults, tally);
        },
        testing::all_store_faults, step_of(step));
    std::cout << scenario.name << ": " << tally.runs << " runs\n";
  }
}

}  // namespace

TEST_CASE("nothing fails where no store call does") {
  for (const StoreKind kind : dispatcher_test::store_kinds()) {
    for (const Scenario& scenario : scenarios()) {
      if (scenario.shared && kind != StoreKind::memory) continue;
      Tally tally;
      run_one(scenario, kind, std::make_shared<StoreFaults>(), tally);
    }
  }
}

TEST_CASE("calls to a store in memory may fail, in every way") {
  each_call_fails(StoreKind::memory, 11);
}

TEST_CASE("calls to the simplest store may fail, in every way") {
  each_call_fails(StoreKind::minimal, 13);
}

// One fault is not the last: a commit that is in doubt meets a store that is away, full or broken.
TEST_CASE("a commit in doubt may be followed by any other failure") {
  const StoreFault first = GENERATE(StoreFault::unknown_applied, StoreFault::unknown_not_applied);
  for (const StoreFault then : testing::all_store_faults) {
    for (const Scenario& scenario : scenarios()) {
      Tally tally;
      for (std::size_t at = 1; tally.failures < 5; at += step_of(5)) {
        const auto faults = std::make_shared<StoreFaults>(StoreFaultPlan{
            .at = at, .faults = {first, then, then}, .only = testing::StoreCall::commit});
        run_one(scenario, StoreKind::memory, faults, tally);
        if (faults->calls() < at) break;
      }
    }
  }
}

#ifdef HOOKWRIGHT_TEST_SQLITE
TEST_CASE("calls to a store on SQLite may fail, in every way") {
  each_call_fails(StoreKind::sqlite, 61);
}
#endif
