#pragma once

#include <memory>
#include <vector>

#include "hookwright/store.hpp"
#include "simulation/stage.hpp"
#include "store/memory_database.hpp"

namespace hookwright::simulation {

// Carries out a batch as one worker's, and tells the ledger. A one-process store takes every lane
// as held, and knows no releases.
[[nodiscard]] std::vector<ChangeResult> carry_out(MemoryDatabase& database, Ledger& ledger,
                                                  const Scenario& scenario, Life& life,
                                                  const Batch& batch, TimePoint now);

// A store that the dispatchers of a world share, or that one has for itself. It loses, delays,
// half-answers and forgets to answer, as its scenario says; what it has done it tells the ledger.
class SimulatedStore final : public Store {
 public:
  SimulatedStore(std::shared_ptr<MemoryDatabase> database,
                 std::shared_ptr<testing::VirtualClock> clock, const Scenario& scenario,
                 Ledger& ledger, Stage& stage, std::shared_ptr<Lot> lot);

  Opened open(const Worker& worker, TimePoint now) override;
  Committed commit(const Batch& batch, TimePoint now) override;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override;
  Records find(const Query& query) override;
  StoreTraits traits() const override { return {.durable = true, .shared = scenario_.shared}; }
  Grants acquire(TimePoint now, std::size_t max) override;
  Beat heartbeat(TimePoint now) override;
  void checkpoint() override;
  bool maintain(TimePoint now, const Budget& budget) override;

 private:
  enum class Mishap : std::uint8_t { none, lost, throws, undone, late, done, halved };
  [[nodiscard]] bool strikes(Hazard hazard, unsigned percent);
  [[nodiscard]] Mishap mishap_of_commit();
  void dawdle();
  [[nodiscard]] StoreStatus unreachable() const;

  std::shared_ptr<MemoryDatabase> database_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<testing::VirtualClock> clock_;
  const Scenario& scenario_;
  Ledger& ledger_;
  Stage& stage_;
  std::shared_ptr<Lot> lot_;
  Mishap lasting_ = Mishap::none;
  std::size_t lasts_ = 0;  // commits
  SteadyTime beat_at_{};   // of the last heartbeat whose news are not known yet
  std::uint64_t version_heard_ = 0;
  std::uint64_t version_known_ = 0;
};

}  // namespace hookwright::simulation
