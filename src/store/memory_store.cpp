#include <algorithm>
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

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {}

  Opened open(const Worker& worker, TimePoint now) override {
    return change<Opened>(now, [&](Opened& opened) {
      worker_ = worker.id;
      MemoryDatabase::WorkerEntry& entry = database_->workers[worker_];
      entry.lease = worker.lease;
      entry.beat = now;
      opened.first_row = stores::first_row_of(database_->workers_ever++);
      opened.endpoints_version = database_->endpoints_version;
    });
  }

  Committed commit(const Batch& batch, TimePoint now) override {
    return change<Committed>(now, [&](Committed& committed) {
      for (const Change& one : batch.changes) {
        committed.results.push_back(stores::apply(*database_, worker_, one, now));
      }
    });
  }

  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return look<Pages>([&](Pages& pages) {
      note(now);
      for (const LaneCursor& cursor : cursors) pages.lanes.push_back(page_of(cursor, now));
    });
  }

  Records find(const Query& query) override {
    return look<Records>([&](Records& answer) {
      if (auto mistake = stores::mistake_in(query)) {
        answer.status = {StoreCode::unavailable, *std::move(mistake)};
      } else {
        answer = stores::find_in(*database_, query);
        for (LaneDue& due : answer.lanes) {
          const MemoryDatabase::Lane& lane = database_->lanes.at(due.endpoint);
          if (lane.holder == worker_) due.epoch = lane.epoch;
        }
      }
    });
  }

  StoreTraits traits() const override { return {.durable = false, .shared = true}; }

  Grants acquire(TimePoint now, std::size_t max) override {
    return change<Grants>(now, [&](Grants& grants) {
      MemoryDatabase::WorkerEntry& self = database_->workers[worker_];
      if (!self.lives(now)) return;
      while (grants.lanes.size() < max && !self.dirty.empty()) {
        const EndpointId id = *self.dirty.begin();
        self.dirty.erase(self.dirty.begin());
        if (database_->accepts(id)) grant(id, grants);
      }
      while (grants.lanes.size() < max && !database_->ready.empty()) {
        const auto [at, id] = *database_->ready.begin();
        if (at > now) break;
        database_->take_lane(id, worker_);
        grant(id, grants);
      }
      if (!database_->ready.empty()) grants.next_due = database_->ready.begin()->first;
    });
  }

  Beat heartbeat(TimePoint now) override {
    return change<Beat>(now, [&](Beat& beat) {
      database_->bury_workers(now);
      MemoryDatabase::WorkerEntry& self = database_->workers[worker_];
      self.beat = now;
      beat.lost = std::exchange(self.lost, {});
      std::erase_if(beat.lost, [&](const EndpointId& id) { return self.held.contains(id); });
      beat.endpoints_version = database_->endpoints_version;
    });
  }

  bool maintain(TimePoint now, const Budget& budget) override {
    struct Maintained {
      StoreStatus status{};
      bool more = false;
    };
    return change<Maintained>(now,
                              [&](Maintained& maintained) {
                                maintained.more = stores::maintain_in(*database_, now, budget);
                              })
        .more;
  }

 private:
  // Runs `what` alone with the database. Without memory it may end anywhere: what only looks can
  // be asked again, but what changes things may have done half of one.
  template <class Answer, class What>
  Answer look(What what) {
    Answer answer;
    const std::lock_guard lock(database_->mutex);
    try {
      if (database_->damaged) throw std::bad_alloc();
      what(answer);
    } catch (const std::bad_alloc&) {
      answer = Answer{};
      answer.status.code = database_->damaged ? StoreCode::broken : StoreCode::unavailable;
    }
    return answer;
  }

  template <class Answer, class What>
  Answer change(TimePoint now, What what) {
    return look<Answer>([&](Answer& answer) {
      note(now);
      try {
        what(answer);
      } catch (const std::bad_alloc&) {
        database_->damaged = true;
        throw;
      }
    });
  }

  void note(TimePoint now) { database_->latest = std::max(database_->latest, now); }

  void grant(const EndpointId& id, Grants& grants) const {
    const MemoryDatabase::Lane& lane = database_->lanes.at(id);
    if (!lane.rows.empty()) grants.lanes.push_back({id, lane.epoch, lane.rows.begin()->first.due});
  }

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
