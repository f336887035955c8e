#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/stores/memory.hpp"
#include "store/memory_commit.hpp"
#include "store/memory_database.hpp"
#include "store/memory_find.hpp"
#include "store/memory_maintain.hpp"
#include "store/rules.hpp"

namespace hookwright {
namespace {

StoreStatus out_of_memory(StoreCode code) {
  return {code, "out of memory"};
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {}

  Opened open(const Worker& worker, TimePoint now) override {
    const std::lock_guard lock(database_->mutex);
    note(now);
    worker_ = worker.id;
    MemoryDatabase::WorkerEntry& entry = database_->workers[worker_];
    entry.lease = worker.lease;
    entry.beat = now;
    return {{}, stores::first_row_of(database_->workers_ever++), database_->endpoints_version};
  }

  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer;
    try {
      answer.results.reserve(batch.changes.size());
    } catch (const std::bad_alloc&) {
      return {out_of_memory(StoreCode::unavailable), {}};
    }
    const std::lock_guard lock(database_->mutex);
    note(now);
    try {
      for (const Change& change : batch.changes) {
        answer.results.push_back(stores::apply(*database_, worker_, change, now));
      }
    } catch (const std::bad_alloc&) {
      return {out_of_memory(StoreCode::broken), {}};  // a change may be half done
    }
    return answer;
  }

  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages;
    const std::lock_guard lock(database_->mutex);
    note(now);
    for (const LaneCursor& cursor : cursors) pages.lanes.push_back(page_of(cursor, now));
    return pages;
  }

  Records find(const Query& query) override {
    if (auto mistake = stores::mistake_in(query)) {
      Records answer;
      answer.status = {StoreCode::unavailable, *std::move(mistake)};
      return answer;
    }
    const std::lock_guard lock(database_->mutex);
    return stores::find_in(*database_, query);
  }

  StoreTraits traits() const override { return {.durable = false, .shared = true}; }

  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants;
    const std::lock_guard lock(database_->mutex);
    note(now);
    MemoryDatabase::WorkerEntry& self = database_->workers[worker_];
    if (!self.lives(now)) return grants;
    const auto grant = [&](const EndpointId& id) {
      const MemoryDatabase::Lane& lane = database_->lanes.at(id);
      const TimePoint due = lane.rows.empty() ? TimePoint{} : lane.rows.begin()->first.due;
      grants.lanes.push_back({id, lane.epoch, due});
    };
    while (grants.lanes.size() < max && !self.dirty.empty()) {
      const EndpointId id = *self.dirty.begin();
      self.dirty.erase(self.dirty.begin());
      if (!database_->lanes.at(id).rows.empty()) grant(id);
    }
    while (grants.lanes.size() < max && !database_->ready.empty()) {
      const auto [at, id] = *database_->ready.begin();
      if (at > now) break;
      database_->take_lane(id, worker_);
      grant(id);
    }
    return grants;
  }

  Beat heartbeat(TimePoint now) override {
    const std::lock_guard lock(database_->mutex);
    note(now);
    database_->bury_workers(now);
    MemoryDatabase::WorkerEntry& self = database_->workers[worker_];
    self.beat = now;
    return {{}, std::exchange(self.lost, {}), database_->endpoints_version};
  }

  bool maintain(TimePoint now, const Budget& budget) override {
    const std::lock_guard lock(database_->mutex);
    note(now);
    return stores::maintain_in(*database_, now, budget);
  }

 private:
  void note(TimePoint now) { database_->latest = std::max(database_->latest, now); }

  LanePage page_of(const LaneCursor& cursor, TimePoint now) const {
    LanePage page;
    page.endpoint = cursor.endpoint;
    const auto lane = database_->lanes.find(cursor.endpoint);
    if (lane == database_->lanes.end()) return page;
    const auto& rows = lane->second.rows;
    for (auto at = rows.upper_bound(cursor.after); at != rows.end(); ++at) {
      if (at->first.due > now) {
        page.next_due = at->first.due;
        break;
      }
      if (page.rows.size() == cursor.limit) {
        page.more = true;
        break;
      }
      page.rows.push_back(stores::to_waiting(cursor.endpoint, at->first, at->second));
    }
    return page;
  }

  std::shared_ptr<MemoryDatabase> database_;
  IdBytes worker_{};
};

}  // namespace

std::shared_ptr<MemoryDatabase> make_memory_database() {
  return std::make_shared<MemoryDatabase>();
}

std::unique_ptr<Store> make_memory_store(std::shared_ptr<MemoryDatabase> database) {
  if (database == nullptr) throw ConfigError("database", "is missing");
  return std::make_unique<MemoryStore>(std::move(database));
}

}  // namespace hookwright
