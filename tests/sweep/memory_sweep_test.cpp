// Memory runs out at every point of every scenario, for one allocation and for some in a row; then
// it is back, and every promise is kept: nothing stands still, nothing is sent twice, every receipt
// says the truth.

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <string>

#include "catch2.hpp"
#include "sweep/failing_memory.hpp"
#include "sweep/scenarios.hpp"

using namespace sweep;

namespace {

// What may fail besides the engine's own allocations.
enum class Where { engine, store_too };

std::string run_one(const Scenario& scenario, StoreKind kind, Where where,
                    std::size_t* allocations = nullptr) {
  const auto faults = std::make_shared<StoreFaults>();
  Life life(kind, faults);
  life.around = [](const std::function<void()>& call) {
    const memory::Exposed exposed;
    try {
      call();
    } catch (const std::bad_alloc&) {
    }
  };
  life.around_transport = [](TransportFactory inner) { return memory::sheltered(inner); };
  life.around_store = [](std::unique_ptr<Store> inner) {
    return memory::sheltered(std::move(inner));
  };
  if (where == Where::store_too)
    life.around_inner_store = [](std::unique_ptr<Store> inner) {
      return memory::unsheltered(std::move(inner));
    };
  life.recovers = true;
  life.hears_everything = false;
  scenario.run(life);
  if (allocations != nullptr) *allocations = memory::allocations();
  memory::mend();
  return life.verdict();
}

void each_allocation_fails(const Scenario& scenario, StoreKind kind, Where where,
                           std::size_t runs_max) {
  memory::fail(0);
  std::size_t all = 0;
  CHECK(run_one(scenario, kind, where, &all) == "");
  std::size_t failures = 0;
  std::size_t runs = 0;
  for (const std::size_t in_a_row : {std::size_t{1}, std::size_t{40}}) {
    const std::size_t step = whole_sweep() ? 1 : std::max<std::size_t>(1, 2 * all / runs_max);
    for (std::size_t at = 1; at <= all && failures < 5; at += step) {
      memory::fail(at, in_a_row);
      const std::string said = run_one(scenario, kind, where);
      ++runs;
      if (said.empty()) continue;
      ++failures;
      INFO(scenario.name << ": allocations " << at << " and on, " << in_a_row << " in a row");
      CHECK(said == "");
    }
  }
  std::cout << scenario.name << ": " << all << " allocations, " << runs << " runs\n";
}

void each_scenario(StoreKind kind, Where where, std::size_t runs_max) {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.shared && kind != StoreKind::memory) continue;
    each_allocation_fails(scenario, kind, where, runs_max);
  }
}

}  // namespace

TEST_CASE("the engine's memory may run out anywhere, with a shared store") {
  each_scenario(StoreKind::memory, Where::engine, 100);
}

TEST_CASE("the engine's memory may run out anywhere, with the simplest store") {
  each_scenario(StoreKind::minimal, Where::engine, 50);
}

#ifdef HOOKWRIGHT_TEST_SQLITE
TEST_CASE("memory may run out anywhere, SQLite's too") {
  memory::take_over_sqlite();
  each_scenario(StoreKind::sqlite, Where::store_too, 6);
}
#endif
