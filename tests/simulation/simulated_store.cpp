#include "simulation/simulated_store.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <variant>

#include "hookwright/stores/memory.hpp"
#include "store/memory_commit.hpp"

namespace hookwright::simulation {
namespace {

const EndpointId* lane_named(const Change& change) {
  for (const Precondition& condition : change.only_if) {
    if (const auto* held = std::get_if<LaneHeld>(&condition)) return &held->endpoint;
    if (const auto* at = std::get_if<DeliveryAt>(&condition)) return &at->endpoint;
  }
  return nullptr;
}

std::uint64_t epoch_named(const Change& change) {
  for (const Precondition& condition : change.only_if) {
    if (const auto* held = std::get_if<LaneHeld>(&condition)) return held->epoch;
  }
  return 0;
}

// A change as a one-process store takes it.
Change without_lanes(const Change& change, std::vector<std::size_t>& kept) {
  Change left;
  for (std::size_t i = 0; i < change.only_if.size(); ++i) {
    if (std::holds_alternative<LaneHeld>(change.only_if[i])) continue;
    left.only_if.push_back(change.only_if[i]);
    kept.push_back(i);
  }
  std::copy_if(change.writes.begin(), change.writes.end(), std::back_inserter(left.writes),
               [](const Write& write) { return !std::holds_alternative<ReleaseLane>(write); });
  return left;
}

}  // namespace

std::vector<ChangeResult> carry_out(MemoryDatabase& database, Ledger& ledger,
                                    const Scenario& scenario, Life& life, const Batch& batch,
                                    TimePoint now) {
  std::vector<ChangeResult> results;
  const std::lock_guard lock(database.mutex);
  database.latest = std::max(database.latest, now);
  for (const Change& change : batch.changes) {
    bool held = !scenario.shared;
    ChangeResult result;
    if (scenario.shared) {
      if (const EndpointId* named = lane_named(change)) {
        const auto lane = database.lanes.find(*named);
        held = lane != database.lanes.end() && lane->second.holder == life.worker &&
               (epoch_named(change) == 0 || lane->second.epoch == epoch_named(change));
      }
      result = stores::apply(database, life.worker, change, now);
    } else {
      std::vector<std::size_t> kept;
      result = stores::apply(database, life.worker, without_lanes(change, kept), now);
      if (result.outcome != ChangeOutcome::applied && result.precondition < kept.size())
        result.precondition = kept[result.precondition];
    }
    ledger.carried_out(life, {.change = change, .result = result, .held = held}, now);
    results.push_back(result);
  }
  return results;
}

SimulatedStore::SimulatedStore(std::shared_ptr<MemoryDatabase> database,
                               std::shared_ptr<testing::VirtualClock> clock,
                               const Scenario& scenario, Ledger& ledger, Stage& stage,
                               std::shared_ptr<Lot> lot)
    : database_(std::move(database)),
      store_(make_memory_store(database_)),
      clock_(std::move(clock)),
      scenario_(scenario),
      ledger_(ledger),
      stage_(stage),
      lot_(std::move(lot)) {}

bool SimulatedStore::strikes(Hazard hazard, unsigned percent) {
  if (!scenario_.has(hazard) || stage_.healed() || !lot_->random.chance(percent)) return false;
  stage_.shaken();
  return true;
}

StoreStatus SimulatedStore::unreachable() const {
  return {StoreCode::unavailable, "simulated: nobody answers"};
}

// A call that takes its time.
void SimulatedStore::dawdle() {
  if (lot_->dead || !strikes(Hazard::slow_store, 3)) return;
  const Duration span = lot_->random.chance(80)
                            ? lot_->random.between(Duration(1), Duration(1'000))
                            : lot_->random.between(Duration(1'000), 2 * scenario_.lease);
  stage_.let_others_run(*lot_, clock_->steady() + span);
}

Opened SimulatedStore::open(const Worker& worker, TimePoint now) {
  Opened opened = store_->open(worker, now);
  lot_->life.worker = worker.id;
  lot_->life.knows_until = clock_->steady();
  version_heard_ = version_known_ = opened.endpoints_version;
  return opened;
}

SimulatedStore::Mishap SimulatedStore::mishap_of_commit() {
  if (lasts_ > 0 && !stage_.healed()) {
    --lasts_;
    stage_.shaken();
    return lasting_;
  }
  Mishap drawn = Mishap::none;
  if (strikes(Hazard::lost_commits, 4)) drawn = Mishap::lost;
  if (strikes(Hazard::throwing_store, 2)) drawn = Mishap::throws;
  if (strikes(Hazard::unknown_commits, 6))
    drawn = lot_->random.chance(50) ? Mishap::done : Mishap::undone;
  if (strikes(Hazard::late_commits, 4)) drawn = Mishap::late;
  if (strikes(Hazard::half_answers, 4)) drawn = Mishap::halved;
  if (drawn != Mishap::none && lot_->random.chance(30)) {
    lasting_ = drawn;
    lasts_ = lot_->random.between(std::size_t{1}, std::size_t{12});
  }
  return drawn;
}

Committed SimulatedStore::commit(const Batch& batch, TimePoint now) {
  ledger_.decides(lot_->life, now);
  if (!lot_->dead) lot_->step();
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  const Mishap mishap = mishap_of_commit();
  Life& life = lot_->life;
  const SteadyTime asked = clock_->steady();
  const auto no_answer = [&]() -> Committed {
    life.doubtful = true;
    if (!life.unanswered) life.unanswered = asked;
    return {.status = {StoreCode::unknown, "simulated: the answer is lost"}};
  };
  switch (mishap) {
    case Mishap::none:
    case Mishap::done:
    case Mishap::halved:
      break;
    case Mishap::lost:
      return {.status = {lot_->random.chance(50) ? StoreCode::unavailable : StoreCode::full,
                         "simulated: not now"}};
    case Mishap::throws:
      (void)no_answer();
      throw std::runtime_error("simulated: a store that should not throw");
    case Mishap::late:
      stage_.commit_later({clock_->steady() + lot_->random.between(Duration(1), Duration(20'000)),
                           &life, batch, now, life.decided});
      return no_answer();
    case Mishap::undone:
      return no_answer();
  }
  Committed committed;
  committed.results = carry_out(*database_, ledger_, scenario_, life, batch, now);
  lot_->step();
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  if (mishap == Mishap::done) return no_answer();
  if (mishap == Mishap::halved) {
    (void)no_answer();
    committed.results.resize(lot_->random.below(committed.results.size()));
    return committed;
  }
  ledger_.answered(life, batch, committed.results);
  return committed;
}

Pages SimulatedStore::fetch(std::span<const LaneCursor> cursors, TimePoint now) {
  if (!lot_->dead) lot_->step();
  dawdle();
  if (lot_->dead || strikes(Hazard::failing_reads, 10)) return {.status = unreachable()};
  if (strikes(Hazard::throwing_store, 3)) throw std::runtime_error("simulated: fetch throws");
  Pages pages = store_->fetch(cursors, now);
  if (strikes(Hazard::half_answers, 5)) pages.lanes.pop_back();
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  return pages;
}

Records SimulatedStore::find(const Query& query) {
  ledger_.reads(lot_->life, query);
  dawdle();
  if (lot_->dead || strikes(Hazard::failing_reads, 10)) {
    Records nothing;
    nothing.status = unreachable();
    return nothing;
  }
  if (strikes(Hazard::throwing_store, 3)) throw std::runtime_error("simulated: find throws");
  Records found = store_->find(query);
  const bool all_changes = query.kind == RecordKind::endpoints && query.changed_after != 0 &&
                           query.tenant.empty() && found.next.empty();
  if (all_changes && found.status.ok() && beat_at_ != SteadyTime{}) {
    version_known_ = version_heard_;
    lot_->life.knows_until = beat_at_;
  }
  for (const LaneDue& lane : found.lanes)
    if (lane.epoch != 0) lot_->life.granted[lane.endpoint] = lane.epoch;
  dawdle();
  return found;
}

Grants SimulatedStore::acquire(TimePoint now, std::size_t max) {
  if (!scenario_.shared) return {};
  if (!lot_->dead) lot_->step();
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  if (strikes(Hazard::throwing_store, 2)) throw std::runtime_error("simulated: acquire throws");
  if (strikes(Hazard::failing_lanes, 10)) {
    if (lot_->random.chance(50)) return {.status = unreachable()};
    (void)store_->acquire(now, max);
    return {.status = {StoreCode::unknown, "simulated: the answer is lost"}};
  }
  Grants grants = store_->acquire(now, max);
  lot_->step();
  for (const LaneGrant& grant : grants.lanes) lot_->life.granted[grant.endpoint] = grant.epoch;
  return grants;
}

Beat SimulatedStore::heartbeat(TimePoint now) {
  if (!scenario_.shared) return {};
  if (!lot_->dead) lot_->step();
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  if (strikes(Hazard::throwing_store, 2)) throw std::runtime_error("simulated: heartbeat throws");
  const SteadyTime asked = clock_->steady();
  if (strikes(Hazard::failing_lanes, 10)) {
    if (lot_->random.chance(50)) return {.status = unreachable()};
    (void)store_->heartbeat(now);
    return {.status = {StoreCode::unknown, "simulated: the answer is lost"}};
  }
  Beat beat = store_->heartbeat(now);
  version_heard_ = beat.endpoints_version;
  beat_at_ = asked;
  if (version_heard_ == version_known_) lot_->life.knows_until = asked;
  dawdle();
  if (lot_->dead) return {.status = unreachable()};
  return beat;
}

void SimulatedStore::checkpoint() {
  if (lot_->dead) return;
  if (strikes(Hazard::throwing_store, 2)) throw std::runtime_error("simulated: checkpoint throws");
  store_->checkpoint();
}

bool SimulatedStore::maintain(TimePoint now, const Budget& budget) {
  if (lot_->dead) return false;
  if (strikes(Hazard::throwing_store, 2)) throw std::runtime_error("simulated: maintain throws");
  return store_->maintain(now, budget);
}

}  // namespace hookwright::simulation
