// Stores with a mistake in maintenance, over a restart, or between workers.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "catch2.hpp"
#include "store/broken_store.hpp"

using namespace broken;
using Catch::Matchers::ContainsSubstring;

namespace {

struct DropsNeededEvents final : Paging {
  using Paging::Paging;
  bool maintain(TimePoint now, const Budget& budget) override {
    gone_before_ = std::max(gone_before_, budget.events_before);
    return Honest::maintain(now, budget);
  }
  Records find(const Query& query) override {
    Records answer = Honest::find(query);
    for (Waiting& row : answer.waiting) drop(row);
    return answer;
  }
  void spoil(LanePage& page) override {
    for (Waiting& row : page.rows) drop(row);
  }

 private:
  void drop(Waiting& row) const {
    if (row.event && row.event->at < gone_before_) row.event = nullptr;
  }
  TimePoint gone_before_{};
};

struct KnowsNoSlices final : Honest {
  using Honest::Honest;
  bool maintain(TimePoint now, const Budget& budget) override {
    Budget all = budget;
    all.rows_max = 1'000'000;
    return Honest::maintain(now, all);
  }
};

struct SaysDoneTooEarly final : Honest {
  using Honest::Honest;
  bool maintain(TimePoint now, const Budget& budget) override {
    static_cast<void>(Honest::maintain(now, budget));
    return false;
  }
};

struct NeverDone final : Honest {
  using Honest::Honest;
  bool maintain(TimePoint now, const Budget& budget) override {
    static_cast<void>(Honest::maintain(now, budget));
    return true;
  }
};

struct DropsYoungAttempts final : Honest {
  using Honest::Honest;
  bool maintain(TimePoint now, const Budget& budget) override {
    Budget eager = budget;
    if (budget.attempts_before != TimePoint{}) eager.attempts_before = now;
    return Honest::maintain(now, eager);
  }
};

// --- Restarts

struct CommitsOneLater final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    if (held_) static_cast<void>(inner().commit(*held_, now));
    held_ = batch;
    Batch conditions = batch;
    for (Change& change : conditions.changes) change.writes.clear();
    return inner().commit(conditions, now);
  }
  Records find(const Query& query) override {
    flush();
    return Honest::find(query);
  }
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    flush();
    return Honest::fetch(cursors, now);
  }

 private:
  void flush() {
    if (held_) static_cast<void>(inner().commit(*held_, testing_now_));
    held_.reset();
  }
  std::optional<Batch> held_{};
  TimePoint testing_now_{Duration(1'700'000'000'000)};
};

struct NumbersFromOne final : Honest {
  using Honest::Honest;
  Opened open(const Worker& worker, TimePoint now) override {
    Opened opened = Honest::open(worker, now);
    opened.first_row = 1;
    return opened;
  }
};

struct ForgetsItsVersion final : Honest {
  using Honest::Honest;
  Opened open(const Worker& worker, TimePoint now) override {
    Opened opened = Honest::open(worker, now);
    opened.endpoints_version = 0;
    return opened;
  }
};

// --- Workers

struct LeasesNeverEnd final : Honest {
  using Honest::Honest;
  Opened open(const Worker& worker, TimePoint now) override {
    Worker changed = worker;
    changed.lease = Duration(std::int64_t{1} << 40U);
    return Honest::open(changed, now);
  }
};

struct LeasesEndEarly final : Honest {
  using Honest::Honest;
  Opened open(const Worker& worker, TimePoint now) override {
    Worker changed = worker;
    changed.lease -= Duration(1);
    return Honest::open(changed, now);
  }
};

struct TellsNoLosses final : Honest {
  using Honest::Honest;
  Beat heartbeat(TimePoint now) override {
    Beat beat = Honest::heartbeat(now);
    beat.lost.clear();
    return beat;
  }
};

struct TellsOldVersions final : Honest {
  using Honest::Honest;
  Beat heartbeat(TimePoint now) override {
    Beat beat = Honest::heartbeat(now);
    beat.endpoints_version = 1;
    return beat;
  }
};

struct GrantsMoreThanAsked final : Honest {
  using Honest::Honest;
  Grants acquire(TimePoint now, std::size_t max) override { return Honest::acquire(now, max + 1); }
};

struct KnowsNothingOfTheNext final : Honest {
  using Honest::Honest;
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants = Honest::acquire(now, max);
    grants.next_due.reset();
    return grants;
  }
};

// Grants by when a lane was first seen, not by when it is due.
struct GrantsInOrderOfIds final : Honest {
  using Honest::Honest;
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants all = Honest::acquire(now, 1'000);
    std::ranges::sort(all.lanes, {}, &LaneGrant::endpoint);
    kept_.insert(kept_.end(), all.lanes.begin(), all.lanes.end());
    Grants some;
    while (some.lanes.size() < max && !kept_.empty()) {
      some.lanes.push_back(kept_.front());
      kept_.pop_front();
    }
    return some;
  }

 private:
  std::deque<LaneGrant> kept_{};
};

struct HidesOthersRows final : Honest {
  using Honest::Honest;
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants = Honest::acquire(now, max);
    std::erase_if(grants.lanes, [&](const LaneGrant& lane) {
      return !seen_.insert({lane.endpoint, lane.epoch}).second;
    });
    return grants;
  }

 private:
  std::set<std::pair<EndpointId, std::uint64_t>> seen_{};
};

struct RepeatsEpochs final : Rewriting {
  using Rewriting::Rewriting;
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants = Honest::acquire(now, max);
    for (LaneGrant& lane : grants.lanes) {
      true_epochs_[lane.endpoint] = lane.epoch;
      lane.epoch = 1;
    }
    return grants;
  }
  void rewrite(Change& change) override {
    for (Precondition& one : change.only_if) {
      auto* held = std::get_if<LaneHeld>(&one);
      if (held != nullptr && held->epoch == 1) held->epoch = true_epochs_[held->endpoint];
    }
  }

 private:
  std::map<EndpointId, std::uint64_t> true_epochs_{};
};

// Looks at who holds a lane before it takes it, not while.
struct ReadsBeforeItTakes final : Honest {
  using Honest::Honest;
  Grants acquire(TimePoint now, std::size_t max) override {
    Grants grants = Honest::acquire(now, max);
    for (const LaneDue& lane : inner().find({.kind = RecordKind::lanes}).lanes) {
      if (lane.due <= now && grants.lanes.size() < max) {
        grants.lanes.push_back({lane.endpoint, 1, lane.due});
      }
    }
    return grants;
  }
};

struct Forgetful final : testing::StoreUnderTest {
  std::unique_ptr<Store> make() override { return base.make(); }
  std::unique_ptr<Store> reopen() override { return base.make(); }
  SqliteUnderTest base{};
};

}  // namespace

TEMPLATE_TEST_CASE("the suite catches a store whose workers get things wrong:", "",
                   DropsNeededEvents, KnowsNoSlices, SaysDoneTooEarly, NeverDone,
                   DropsYoungAttempts, LeasesNeverEnd, LeasesEndEarly, TellsNoLosses,
                   TellsOldVersions, GrantsMoreThanAsked, KnowsNothingOfTheNext, GrantsInOrderOfIds,
                   HidesOthersRows, RepeatsEpochs, ReadsBeforeItTakes) {
  Broken<MemoryUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken);
  INFO(violation);
  CHECK_THAT(violation, ContainsSubstring("expected "));
}

TEMPLATE_TEST_CASE("the suite catches a durable store that restarts wrongly:", "", CommitsOneLater,
                   NumbersFromOne, ForgetsItsVersion) {
  Broken<SqliteUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken, true);
  INFO(violation);
  CHECK_THAT(violation, ContainsSubstring("expected "));
}

TEST_CASE("the suite catches a store that forgets everything at a restart") {
  Forgetful forgetful;
  CHECK_THAT(caught(forgetful, true), ContainsSubstring("after a restart"));
}
