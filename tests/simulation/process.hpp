#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/core.hpp"
#include "simulation/network.hpp"
#include "simulation/simulated_store.hpp"
#include "simulation/stage.hpp"

namespace hookwright::simulation {

// What a process is made of.
struct Parts {
  const Scenario& scenario;
  std::shared_ptr<testing::VirtualClock> clock;
  std::shared_ptr<MemoryDatabase> database;
  Network& network;
  Ledger& ledger;
  Violations& violations;
  Stage& stage;
};

// One life of a dispatcher: the real one, without threads, on this world's clock, store and
// network.
class Process {
 public:
  // Throws ConfigError if the store can't be opened.
  Process(const Parts& parts, Life& life, Random random, Duration wall_ahead);
  ~Process();

  // Does all that is due now. What it waits for comes with wake_at().
  void round();
  [[nodiscard]] SteadyTime wake_at() const;

  void publish(std::string_view tenant, std::vector<EncodedEvent> events,
               const PublishOptions& options);
  // A call to the endpoints, which waits.
  template <class Call>
  auto call(Call&& what) {
    lot_->blocking = true;
    auto result = what(core_->endpoints());
    lot_->blocking = false;
    return result;
  }
  void shut_down(Duration at_most);

  [[nodiscard]] DispatcherCore& core() { return *core_; }
  [[nodiscard]] Lot& lot() { return *lot_; }
  [[nodiscard]] Life& life() { return lot_->life; }
  [[nodiscard]] bool dead() const { return lot_->dead; }
  [[nodiscard]] std::size_t unanswered() const { return receipts_.size(); }

  SteadyTime paused_until{};

 private:
  struct Pending {
    Receipt receipt{};
    std::vector<EventId> events{};
  };

  void look_at_receipts(bool ending);
  void check_metrics();

  Parts parts_;
  std::shared_ptr<Lot> lot_;
  Line* line_ = nullptr;  // of the core
  std::vector<Pending> receipts_;
  std::unique_ptr<DispatcherCore> core_;
};

// The events that the simulation publishes.
[[nodiscard]] const Catalog& catalog();

// I13, I15, I17: what is in a dispatcher's memory, beside what is in the store. lanes.cpp
void check_memory(DispatcherCore& core, const Life& life, const Scenario& scenario,
                  const MemoryDatabase& database, Violations& violations);

}  // namespace hookwright::simulation
