// The history of endpoints is a chain of attempts through all others: enough of them here that the
// heads of the chains are written many times over.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "store/sqlite_inside.hpp"
#include "store/stores.hpp"

using namespace hookwright;

namespace {

constexpr std::size_t endpoints = 40;

// What must be found, beside a store that is told the same.
class History {
 public:
  History() { reopen(); }

  void reopen() {
    store_.reset();
    SqliteOptions options;
    options.path = folder_.file("store.db");
    store_ = make_sqlite_store(options);
    next_row_ = store_->open({}, now_).first_row;
    if (!ids_.empty()) return;
    for (std::size_t i = 0; i < endpoints; ++i) {
      ids_.push_back(generator_.next<EndpointId>(now_));
      commit({PutEndpoint{{ids_.back(), 1, "t", true, false, ""}}});
    }
  }

  // Commits attempts at endpoints drawn at random, or at that one, a few of them later than their
  // rows say; they started within `spread` before now.
  void add(std::size_t count, std::optional<std::size_t> only = {}, Duration spread = {}) {
    std::vector<Write> writes;
    std::vector<Attempt> late;
    for (std::size_t i = 0; i < count; ++i) {
      // Some endpoints are a thousand times as busy as others.
      const auto busy = static_cast<std::size_t>(random_() % 1'000);
      const std::size_t which = busy < 4 ? busy + 30 : static_cast<std::size_t>(random_() % 30);
      Attempt attempt;
      attempt.row = next_row_++;
      attempt.endpoint = ids_[only.value_or(which)];
      attempt.delivery = generator_.next<DeliveryId>(now_);
      std::uniform_int_distribution<Duration::rep> before(0, spread.count());
      attempt.at = now_ - Duration(before(random_));
      attempt.result = random_() % 50 == 0 ? AttemptResult::failed : AttemptResult::delivered;
      if (random_() % 100 == 0) {
        late.push_back(attempt);
        continue;
      }
      put(writes, attempt);
      if (writes.size() >= 900) commit(std::exchange(writes, {}));
      if (random_() % 300 == 0 && !late.empty()) {
        put(writes, late.front());
        late.erase(late.begin());
      }
    }
    for (const Attempt& attempt : late) put(writes, attempt);
    commit(writes);
    now_ += Duration(1'000);
  }

  // One that is committed long after its row was given, and started at that time.
  [[nodiscard]] std::uint64_t give_row() { return next_row_++; }
  void add_late(std::uint64_t row, std::size_t which, TimePoint at) {
    std::vector<Write> writes;
    put(writes, {.row = row, .endpoint = ids_[which], .at = at});
    commit(writes);
  }

  void repeat_some() {
    std::vector<Write> writes;
    for (const auto& [endpoint, rows] : expected_) {
      if (rows.empty()) continue;
      Attempt attempt;
      attempt.endpoint = endpoint;
      for (const std::uint64_t row : {rows.front(), rows[rows.size() / 2], rows.back()}) {
        attempt.row = row;
        writes.emplace_back(PutAttempt{attempt});
      }
    }
    commit(writes);
  }

  void drop_before(TimePoint before) {
    while (store_->maintain(now_, {1'000, before, {}})) {
    }
    Query query;
    query.kind = RecordKind::attempts;
    for (auto& [endpoint, rows] : expected_) {
      std::erase_if(rows, [&](std::uint64_t row) { return started_[row] < before; });
    }
  }

  void remove(std::size_t which) {
    commit({PutEndpoint{{ids_[which], 2, "t", true, true, ""}}});
    while (store_->maintain(now_, {100, {}, {}})) {
    }
    expected_.erase(ids_[which]);
    removed_.insert(ids_[which]);
  }

  // Each endpoint's attempts, newest first, in pages of random sizes.
  void check(int line) {
    INFO("checked in line " << line);
    for (const EndpointId& id : ids_) {
      std::vector<std::uint64_t> rows = expected_[id];
      std::ranges::sort(rows, std::greater<>());
      Query query;
      query.kind = RecordKind::attempts;
      query.endpoint = id;
      std::vector<std::uint64_t> found;
      for (;;) {
        query.limit = 1 + random_() % 1'000;
        const Records page = store_->find(query);
        REQUIRE(page.status.ok());
        for (const Attempt& attempt : page.attempts) found.push_back(attempt.row);
        if (page.next.empty()) break;
        query.after = page.next;
      }
      INFO("expected " << rows.size() << " attempts, found " << found.size());
      const bool equal = found == rows;
      REQUIRE(equal);
    }
  }

  // What each endpoint did in a span of time, however much it has done since.
  void check_between(TimePoint since, TimePoint until) {
    for (const EndpointId& id : ids_) {
      std::vector<std::uint64_t> rows = expected_[id];
      std::erase_if(
          rows, [&](std::uint64_t row) { return started_[row] < since || started_[row] >= until; });
      std::ranges::sort(rows, std::greater<>());
      Query query;
      query.kind = RecordKind::attempts;
      query.endpoint = id;
      query.since = since;
      query.until = until;
      query.limit = 1 + random_() % 1'000;
      std::vector<std::uint64_t> found;
      do {
        const Records page = store_->find(query);
        REQUIRE(page.status.ok());
        for (const Attempt& attempt : page.attempts) found.push_back(attempt.row);
        query.after = page.next;
      } while (!query.after.empty());
      INFO("expected " << rows.size() << " attempts, found " << found.size());
      const bool equal = found == rows;
      REQUIRE(equal);
    }
  }

  void pass(Duration span) { now_ += span; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const EndpointId& endpoint(std::size_t which) const { return ids_[which]; }

 private:
  void put(std::vector<Write>& writes, const Attempt& attempt) {
    writes.emplace_back(PutAttempt{attempt});
    if (removed_.contains(attempt.endpoint)) return;  // it is left out
    expected_[attempt.endpoint].push_back(attempt.row);
    started_[attempt.row] = attempt.at;
  }

  // Now and then together with a change that can't be stored, or not at all at first.
  void commit(const std::vector<Write>& writes) {
    Batch batch;
    batch.changes.push_back({{}, writes});
    if (random_() % 4 == 0) {
      batch.changes.push_back({{},
                               {PutAttempt{Attempt{.row = next_row_++, .endpoint = ids_.front()}},
                                PutEvent{}, PutDelivery{Delivery{.endpoint = ids_.front()}}}});
      batch.changes.push_back({{}, {PutDelivery{Delivery{.endpoint = ids_.front()}}}});
    }
    const Committed committed = store_->commit(batch, now_);
    REQUIRE(committed.status.ok());
    REQUIRE(committed.results[0].outcome == ChangeOutcome::applied);
  }

  TemporaryFolder folder_{};
  std::unique_ptr<Store> store_{};
  std::mt19937 random_{Catch::rngSeed()};
  IdGenerator generator_{3};
  TimePoint now_ = start;
  std::uint64_t next_row_ = 1;
  std::vector<EndpointId> ids_{};
  std::set<EndpointId> removed_{};
  std::map<EndpointId, std::vector<std::uint64_t>> expected_{};
  std::map<std::uint64_t, TimePoint> started_{};
};

}  // namespace

TEST_CASE("an endpoint's history is whole, however much lies between its attempts") {
  INFO("seed " << Catch::rngSeed());
  History history;
  history.add(100);
  history.check(__LINE__);
  for (int round = 0; round < 4; ++round) {
    history.add(9'000);
    history.check(__LINE__);
    history.repeat_some();
    history.check(__LINE__);
    if (round % 2 == 0) history.reopen();
    history.check(__LINE__);
  }
  history.drop_before(history.now() - Duration(2'000));
  history.check(__LINE__);
  history.add(3'000);
  history.check(__LINE__);
  history.drop_before(history.now());
  history.check(__LINE__);
  history.add(500);
  history.remove(0);
  history.remove(33);
  history.check(__LINE__);
  history.reopen();
  history.add(9'000);
  history.check(__LINE__);
}

TEST_CASE("an endpoint's history is found by time, whatever came after") {
  INFO("seed " << Catch::rngSeed());
  History history;
  std::vector<TimePoint> times;
  for (int round = 0; round < 5; ++round) {
    times.push_back(history.now());
    history.add(6'000);
    history.pass(std::chrono::hours(3));
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    history.check_between(times[i], times[i] + std::chrono::hours(1));
    history.check_between(times[0], times[i]);
    history.check_between(times[i], history.now());
  }
}

TEST_CASE("an endpoint's history is found by time, however far starts are out of order") {
  INFO("seed " << Catch::rngSeed());
  History history;
  const TimePoint first = history.now();
  for (int round = 0; round < 5; ++round) {
    history.add(5'000, {}, std::chrono::hours(10));
    if (round == 2) history.reopen();
    history.pass(std::chrono::hours(3));
  }
  for (int hours = -10; hours < 15; hours += 4) {
    const TimePoint time = first + std::chrono::hours(hours);
    history.check_between(time, time + std::chrono::hours(2));
    history.check_between(time, history.now());
    history.check_between(first - std::chrono::hours(20), time);
  }
}

TEST_CASE("an attempt that was settled late is found by time") {
  History history;
  const TimePoint early = history.now() - std::chrono::hours(100);
  const TimePoint late = history.now() + std::chrono::hours(100);
  history.add(5'000);
  const std::uint64_t rows[] = {history.give_row(), history.give_row()};
  history.add(25'000);
  history.add_late(rows[1], 3, early);
  history.add_late(rows[0], 31, late);
  for (const TimePoint at : {early, late}) history.check_between(at, at + Duration(1));
  history.check_between(early, late + Duration(1));
}

TEST_CASE("a time is found in few pages, whatever came before and after it") {
  History history;
  const std::size_t which = GENERATE(3U, 31U);
  history.add(25'000, which);
  history.pass(Duration(1'000));
  const TimePoint since = history.now();
  history.add(50, which);
  history.add(5'000);
  history.pass(Duration(1'000));
  const TimePoint until = history.now();
  history.add(45'000, which);
  const auto found = [&](Query query) {
    query.kind = RecordKind::attempts;
    query.endpoint = history.endpoint(which);
    std::size_t rows = 0;
    for (int pages = 0; pages < 3; ++pages) {  // each looks at 10,000 attempts
      const Records page = history.store().find(query);
      REQUIRE(page.status.ok());
      rows += page.attempts.size();
      if (page.next.empty()) return rows;
      query.after = page.next;
    }
    FAIL("more pages than that");
    return rows;
  };
  CHECK(found({.since = since, .until = until, .limit = 1'000}) >= 50);
  CHECK(found({.since = history.now(), .limit = 1'000}) == 0);
  CHECK(found({.until = since - Duration(2'000), .limit = 1'000}) == 0);
}

TEST_CASE("a page of an endpoint's history costs the same however long it is") {
  const OpenedConnections connections;
  History history;
  const auto steps = [&](std::size_t which) {
    Query query;
    query.kind = RecordKind::attempts;
    query.endpoint = history.endpoint(which);
    query.limit = 20;
    // Behind the newest ones, which are looked through.
    const Records first = history.store().find(query);
    query.after = first.next;
    sqlite3* reading = connections.reading();
    for (sqlite3_stmt* one : OpenedConnections::statements_of(reading)) {
      sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1);
    }
    const std::size_t found = history.store().find(query).attempts.size();
    std::int64_t count = 0;
    for (sqlite3_stmt* one : OpenedConnections::statements_of(reading)) {
      count += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 0);
    }
    return std::pair(found, count);
  };
  history.add(9'000);
  const auto before = steps(3);
  REQUIRE(before.first == 20);
  for (int i = 0; i < 4; ++i) history.add(9'000);
  const auto after = steps(3);
  CHECK(after.first == 20);
  // What lies in the tail varies; it is bounded.
  CHECK(after.second < before.second + 60'000);
  CHECK(before.second < 100'000);
}
