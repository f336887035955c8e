// The suite is worth something only if it catches stores that break their promises: here are many,
// each a correct store with one mistake.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/testing/store_contract.hpp"
#include "store/stores.hpp"

using namespace hookwright;

namespace {

// Passes everything on; a mistake overrides one call.
class Honest : public Store {
 public:
  explicit Honest(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  Opened open(const Worker& worker, TimePoint now) override { return inner_->open(worker, now); }
  Committed commit(const Batch& batch, TimePoint now) override {
    return inner_->commit(batch, now);
  }
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return inner_->fetch(cursors, now);
  }
  Records find(const Query& query) override { return inner_->find(query); }
  StoreTraits traits() const override { return inner_->traits(); }
  Grants acquire(TimePoint now, std::size_t max) override { return inner_->acquire(now, max); }
  Beat heartbeat(TimePoint now) override { return inner_->heartbeat(now); }
  bool maintain(TimePoint now, const Budget& budget) override {
    return inner_->maintain(now, budget);
  }

 protected:
  Store& inner() { return *inner_; }

 private:
  std::unique_ptr<Store> inner_;
};

// --- Commits

// Changes every write or condition of a batch before it is committed.
class Rewriting : public Honest {
 public:
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Batch changed = batch;
    for (Change& change : changed.changes) rewrite(change);
    return Honest::commit(changed, now);
  }
  virtual void rewrite(Change& change) = 0;
};

struct ForgetsConditions final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override { change.only_if.clear(); }
};

template <class Condition>
struct Forgets final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    std::erase_if(change.only_if,
                  [](const Precondition& one) { return std::holds_alternative<Condition>(one); });
  }
};

struct CountsOneTooMany final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Precondition& one : change.only_if) {
      if (auto* below = std::get_if<TenantCountBelow>(&one)) ++below->n;
    }
  }
};

struct NotesNeverExpire final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutNote>(&write)) put->note.expires = {};
    }
  }
};

struct BodiesEndAtNul final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      auto* put = std::get_if<PutEvent>(&write);
      if (put == nullptr || !put->event) continue;
      StoredEvent cut = *put->event;
      cut.body = cut.body.substr(0, cut.body.find('\0'));
      put->event = std::make_shared<const StoredEvent>(std::move(cut));
    }
  }
};

struct BodiesAreCut final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      auto* put = std::get_if<PutEvent>(&write);
      if (put == nullptr || !put->event) continue;
      StoredEvent cut = *put->event;
      cut.body.resize(std::min<std::size_t>(cut.body.size(), 65'535));
      put->event = std::make_shared<const StoredEvent>(std::move(cut));
    }
  }
};

struct AttemptsAreBytes final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* put = std::get_if<PutDelivery>(&write)) put->delivery.attempts &= 0xFFU;
    }
  }
};

struct ForgetsHolds final : Rewriting {
  using Rewriting::Rewriting;
  void rewrite(Change& change) override {
    for (Write& write : change.writes) {
      if (auto* release = std::get_if<ReleaseLane>(&write)) release->hold = {};
    }
  }
};

// Takes each write for a change of its own.
struct NotAtomic final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed all;
    for (const Change& change : batch.changes) {
      ChangeResult first;
      for (std::size_t i = 0; i < std::max<std::size_t>(change.writes.size(), 1); ++i) {
        Change part;
        if (i == 0) part.only_if = change.only_if;
        if (i < change.writes.size()) part.writes = {change.writes[i]};
        Batch one;
        one.changes.push_back(part);
        const ChangeResult result = inner().commit(one, now).results.at(0);
        if (first.outcome == ChangeOutcome::applied) first = result;
        if (i == 0 && result.outcome != ChangeOutcome::applied) break;
      }
      all.results.push_back(first);
    }
    return all;
  }
};

struct ConditionsOfTheWholeBatchFirst final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Batch conditions = batch;
    for (Change& change : conditions.changes) change.writes.clear();
    Committed answer = Honest::commit(conditions, now);
    Batch writes;
    for (std::size_t i = 0; i < batch.changes.size(); ++i) {
      if (answer.results.at(i).outcome != ChangeOutcome::applied) continue;
      writes.changes.push_back({{}, batch.changes[i].writes});
    }
    static_cast<void>(Honest::commit(writes, now));
    return answer;
  }
};

struct NamesTheLastCondition final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    for (std::size_t i = 0; i < answer.results.size(); ++i) {
      if (answer.results[i].outcome != ChangeOutcome::applied) {
        answer.results[i].precondition = batch.changes[i].only_if.size() - 1;
      }
    }
    return answer;
  }
};

struct SaysAppliedOfTheUnstorable final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    for (ChangeResult& result : answer.results) {
      if (result.outcome == ChangeOutcome::unstorable) result = {};
    }
    return answer;
  }
};

struct ForgetsResults final : Honest {
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Committed answer = Honest::commit(batch, now);
    if (answer.results.size() > 1'000) answer.results.resize(1'000);
    return answer;
  }
};

// --- Lanes

class Paging : public Honest {
 public:
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages = Honest::fetch(cursors, now);
    for (LanePage& page : pages.lanes) spoil(page);
    return pages;
  }
  virtual void spoil(LanePage& page) = 0;
};

struct NeverMore final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.more = false; }
};

struct AlwaysMore final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.more = page.more || !page.rows.empty(); }
};

struct NoNextDue final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override { page.next_due.reset(); }
};

struct InOrderOfRows final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override {
    std::ranges::sort(page.rows, {}, [](const Waiting& row) { return row.delivery.position.row; });
  }
};

struct NewestFirstAmongEqual final : Paging {
  using Paging::Paging;
  void spoil(LanePage& page) override {
    std::ranges::sort(page.rows, {}, [](const Waiting& row) {
      return std::pair(row.delivery.position.due, ~row.delivery.position.row);
    });
  }
};

struct EarlyByAMoment final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return Honest::fetch(cursors, now + Duration(1));
  }
};

struct LateByAMoment final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return Honest::fetch(cursors, now - Duration(1));
  }
};

struct CursorsByDueTime final : Honest {
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    std::vector<LaneCursor> changed(cursors.begin(), cursors.end());
    for (LaneCursor& cursor : changed) {
      if (cursor.after.row != 0) cursor.after.row = ~std::uint64_t{0} >> 1U;
    }
    return Honest::fetch(changed, now);
  }
};

struct PagesSortedByEndpoint final : Paging {
  using Paging::Paging;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages = Honest::fetch(cursors, now);
    std::ranges::sort(pages.lanes, {}, &LanePage::endpoint);
    return pages;
  }
  void spoil(LanePage& /*page*/) override {}
};

// --- Questions

class Answering : public Honest {
 public:
  using Honest::Honest;
  Records find(const Query& query) override {
    Records answer = Honest::find(query);
    spoil(query, answer);
    return answer;
  }
  virtual void spoil(const Query& query, Records& answer) = 0;
};

struct SkipsTheFirstOfAPage final : Answering {
  using Answering::Answering;
  void spoil(const Query& query, Records& answer) override {
    if (query.after.empty()) return;
    if (!answer.notes.empty()) answer.notes.erase(answer.notes.begin());
  }
};

struct OldestFirst final : Answering {
  using Answering::Answering;
  void spoil(const Query& /*query*/, Records& answer) override {
    std::ranges::reverse(answer.attempts);
  }
};

struct KnowsNoTenants final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query wider = query;
    wider.tenant.clear();
    return Honest::find(wider);
  }
};

struct PagesByOffset final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    if (query.kind != RecordKind::attempts) return Honest::find(query);
    std::size_t offset = 0;
    if (!query.after.empty()) {
      if (query.after.size() > 6 || query.after.front() != '#') return {};
      offset = std::stoul(query.after.substr(1));
    }
    Query whole = query;
    whole.after.clear();
    whole.limit = 1'000;
    Records answer = Honest::find(whole);
    const std::size_t end = std::min(answer.attempts.size(), offset + query.limit);
    if (end < answer.attempts.size()) answer.next = "#" + std::to_string(end);
    answer.attempts = std::vector<Attempt>(
        answer.attempts.begin() + static_cast<std::ptrdiff_t>(std::min(offset, end)),
        answer.attempts.begin() + static_cast<std::ptrdiff_t>(end));
    return answer;
  }
};

struct StrangeCursorsStartOver final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Records answer = Honest::find(query);
    if (query.after.empty() || !answer.next.empty()) return answer;
    Query anew = query;
    anew.after.clear();
    return query.after.size() < 3 ? Honest::find(anew) : answer;
  }
};

struct IgnoresUnknownFilters final : Honest {
  using Honest::Honest;
  Records find(const Query& query) override {
    Query fewer = query;
    if (query.kind == RecordKind::attempts || query.kind == RecordKind::waiting) {
      fewer.tenant.clear();
    }
    return Honest::find(fewer);
  }
};

struct ShowsDeletedLanes final : Answering {
  using Answering::Answering;
  Committed commit(const Batch& batch, TimePoint now) override {
    for (const Change& change : batch.changes) {
      for (const Write& write : change.writes) {
        const auto* put = std::get_if<PutEndpoint>(&write);
        if (put != nullptr && put->endpoint.deleted) deleted_.insert(put->endpoint.id);
      }
    }
    return Honest::commit(batch, now);
  }
  void spoil(const Query& query, Records& answer) override {
    if (query.kind != RecordKind::lanes) return;
    for (const EndpointId& id : deleted_) answer.lanes.push_back({id, {}});
  }

 private:
  std::set<EndpointId> deleted_{};
};

// --- Maintenance

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

// --- The proof

using Wrap = std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)>;

template <class Base>
struct Broken final : testing::StoreUnderTest {
  explicit Broken(Wrap by) : wrap(std::move(by)) {}
  std::unique_ptr<Store> make() override { return wrap(base.make()); }
  std::unique_ptr<Store> reopen() override { return wrap(base.reopen()); }
  std::unique_ptr<Store> join() override { return wrap(base.join()); }

  Base base{};
  Wrap wrap;
};

struct Forgetful final : testing::StoreUnderTest {
  std::unique_ptr<Store> make() override { return base.make(); }
  std::unique_ptr<Store> reopen() override { return base.make(); }
  SqliteUnderTest base{};
};

// The first case that the store does not pass, with what it says; empty if it passes all.
std::string caught(testing::StoreUnderTest& under_test, bool durable_cases_only = false) {
  const StoreTraits traits = under_test.make()->traits();
  for (const testing::StoreCase& one : testing::store_contract()) {
    if (!testing::applies(one, traits) || (durable_cases_only && !one.needs.durable)) continue;
    try {
      one.run(under_test);
    } catch (const testing::ContractViolation& violation) {
      return std::string(one.name) + ": " + violation.what();
    }
  }
  return {};
}

template <class Mistake>
std::unique_ptr<Store> wrap_in(std::unique_ptr<Store> store) {
  return std::make_unique<Mistake>(std::move(store));
}

}  // namespace

TEST_CASE("the suite passes a store that only passes calls on") {
  Broken<MemoryUnderTest> honest(wrap_in<Honest>);
  CHECK(caught(honest) == "");
}

TEMPLATE_TEST_CASE("the suite catches a store that", "", ForgetsConditions, Forgets<EndpointAt>,
                   Forgets<EventAbsent>, Forgets<NoteAt>, Forgets<DeliveryAt>,
                   Forgets<TenantCountBelow>, Forgets<LaneHeld>, CountsOneTooMany, NotesNeverExpire,
                   BodiesEndAtNul, BodiesAreCut, AttemptsAreBytes, ForgetsHolds, NotAtomic,
                   ConditionsOfTheWholeBatchFirst, NamesTheLastCondition,
                   SaysAppliedOfTheUnstorable, ForgetsResults, NeverMore, AlwaysMore, NoNextDue,
                   InOrderOfRows, NewestFirstAmongEqual, EarlyByAMoment, LateByAMoment,
                   CursorsByDueTime, PagesSortedByEndpoint, SkipsTheFirstOfAPage, OldestFirst,
                   KnowsNoTenants, PagesByOffset, StrangeCursorsStartOver, IgnoresUnknownFilters,
                   ShowsDeletedLanes, DropsNeededEvents, KnowsNoSlices, SaysDoneTooEarly, NeverDone,
                   DropsYoungAttempts, LeasesNeverEnd, LeasesEndEarly, TellsNoLosses,
                   TellsOldVersions, GrantsMoreThanAsked, GrantsInOrderOfIds, HidesOthersRows,
                   RepeatsEpochs, ReadsBeforeItTakes) {
  Broken<MemoryUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken);
  INFO(violation);
  CHECK_THAT(violation, Catch::Matchers::ContainsSubstring("expected "));
}

TEMPLATE_TEST_CASE("the suite catches a durable store that", "", CommitsOneLater, NumbersFromOne,
                   ForgetsItsVersion) {
  Broken<SqliteUnderTest> broken(wrap_in<TestType>);
  const std::string violation = caught(broken, true);
  INFO(violation);
  CHECK_THAT(violation, Catch::Matchers::ContainsSubstring("expected "));
}

TEST_CASE("the suite catches a store that forgets everything at a restart") {
  Forgetful forgetful;
  CHECK_THAT(caught(forgetful, true), Catch::Matchers::ContainsSubstring("after a restart"));
}
