// That every statement finds what it needs by an index, so that its cost does not grow with what is
// stored beside it.

#include <algorithm>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "store/sqlite_inside.hpp"
#include "store/stores.hpp"

using namespace hookwright;

namespace {

std::vector<std::string> plan_of(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* explain = nullptr;
  REQUIRE(sqlite3_prepare_v2(connection, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &explain,
                             nullptr) == SQLITE_OK);
  std::vector<std::string> steps;
  while (sqlite3_step(explain) == SQLITE_ROW) {
    steps.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(explain, 3)));
  }
  sqlite3_finalize(explain);
  return steps;
}

// Walks in the order of a key that end at a limit or with the first row that will do.
bool may_scan(const std::string& sql) {
  return sql.starts_with("SELECT no, pending, stored FROM segment ORDER BY no") ||
         sql.starts_with("SELECT row, at FROM attempt ORDER BY row LIMIT") ||
         sql.starts_with("SELECT no FROM segment WHERE stored >=") ||
         sql.find("FROM attempt_span WHERE") != std::string::npos;  // one for 8,192 attempts
}

// A store with every statement in use, and some rows.
struct Busy {
  explicit Busy(std::size_t rows) {
    SqliteOptions options;
    options.path = folder.file("store.db");
    store = make_sqlite_store(options);
    const Opened opened = store->open({}, start);
    REQUIRE(opened.status.ok());
    next_row = opened.first_row;
    endpoint = put_endpoint("a");
    const EndpointId other = put_endpoint("b");
    Batch batch;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto event = make_event();
      batch.changes.push_back(
          {{EventAbsent{event->id}},
           {PutEvent{event}, PutDelivery{delivery(*event, i % 2 == 0 ? endpoint : other, start)},
            PutDelivery{delivery(*event, endpoint, start + hour)}}});
    }
    commit(batch);
    use_everything();
  }

  EndpointId put_endpoint(const std::string& tenant) {
    const StoredEndpoint made{ids.next<EndpointId>(start), 1, tenant, true, false, ""};
    commit({{{{EndpointAt{made.id, 0}, TenantCountBelow{tenant, 5}}, {PutEndpoint{made}}}}});
    return made.id;
  }

  std::shared_ptr<const StoredEvent> make_event() {
    auto event = std::make_shared<StoredEvent>();
    event->id = ids.next<EventId>(start);
    event->tenant = "a";
    event->body = "{}";
    return event;
  }

  Delivery delivery(const StoredEvent& event, const EndpointId& to, TimePoint due) {
    return {ids.next<DeliveryId>(start), event.id, to, {due, next_row++}};
  }

  void commit(const Batch& batch) {
    const Committed committed = store->commit(batch, start);
    REQUIRE(committed.status.ok());
    for (const ChangeResult& result : committed.results) {
      REQUIRE(result.outcome == ChangeOutcome::applied);
    }
  }

  void find(RecordKind kind, void (*set)(Query&, const Busy&) = nullptr) {
    Query query;
    query.kind = kind;
    if (set != nullptr) set(query, *this);
    const Records found = store->find(query);
    INFO(found.status.detail);
    REQUIRE(found.status.ok());
  }

  void use_everything() {
    const EndpointId doomed = put_endpoint("doomed");
    const auto event = make_event();
    const Delivery row = delivery(*event, endpoint, start);
    const Delivery last = delivery(*event, doomed, start);
    Delivery retry = row;
    retry.position = {start + hour, next_row++};
    Attempt attempt;
    attempt.row = next_row++;
    attempt.delivery = row.id;
    attempt.endpoint = endpoint;
    DeadLetter letter;
    letter.id = row.id;
    letter.endpoint = endpoint;
    letter.row = next_row++;
    letter.expires = start + hour;
    commit({{{{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{row}, PutDelivery{last}}},
             {{LaneHeld{}, DeliveryAt{endpoint, row.position, 0}, NoteAt{"n", 0}},
              {DropDelivery{endpoint, row.position}, PutDelivery{retry}, PutAttempt{attempt},
               PutDeadLetter{letter}, PutNote{{"n", 1, "", start + hour}}}},
             {{EventAbsent{ids.next<EventId>(start)}}, {}},
             {{}, {DropNote{"m"}, DropDeadLetter{ids.next<DeliveryId>(start)}, PutEvent{event}}},
             {{}, {PutEndpoint{{doomed, 2, "doomed", true, true, ""}}}}}});
    static_cast<void>(store->commit({{{{EventAbsent{event->id}}, {}}}}, start));
    find(RecordKind::endpoints);
    find(RecordKind::endpoints, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    find(RecordKind::endpoints, [](Query& q, const Busy&) { q.tenant = "a"; });
    find(RecordKind::endpoints, [](Query& q, const Busy&) { q.changed_after = 1; });
    find(RecordKind::endpoints, [](Query& q, const Busy&) { q.last_attempts = true; });
    find(RecordKind::lanes);
    find(RecordKind::lanes, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    find(RecordKind::waiting, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    find(RecordKind::attempts, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    find(RecordKind::attempts, [](Query& q, const Busy& b) {
      q.delivery.bytes[0] = b.next_row & 1;
      q.delivery.bytes[1] = 1;
    });
    find(RecordKind::dead_letters);
    find(RecordKind::dead_letters, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    find(RecordKind::dead_letters, [](Query& q, const Busy&) { q.tenant = "a"; });
    find(RecordKind::dead_letters, [](Query& q, const Busy&) { q.delivery.bytes[0] = 1; });
    find(RecordKind::events, [](Query& q, const Busy&) { q.event.bytes[0] = 1; });
    find(RecordKind::events, [](Query& q, const Busy&) { q.tenant = "a"; });
    find(RecordKind::attempts, [](Query& q, const Busy& b) {
      q.endpoint = b.endpoint;
      q.until = start;
    });
    find(RecordKind::notes, [](Query& q, const Busy&) { q.key_prefix = "n"; });
    const LaneCursor cursor{endpoint, {}, 10};
    REQUIRE(store->fetch(std::span(&cursor, 1), start).lanes.at(0).rows.size() <= 10);
    static_cast<void>(store->maintain(start + hour, {10'000, start, start + hour}));
  }

  TemporaryFolder folder{};
  OpenedConnections connections{};
  std::unique_ptr<Store> store{};
  IdGenerator ids{42};
  EndpointId endpoint{};
  std::uint64_t next_row = 1;
};

// Steps of SQLite's machine that a call costs, over all statements of a connection.
template <class Call>
std::int64_t steps_of(sqlite3* connection, Call call) {
  for (sqlite3_stmt* one : OpenedConnections::statements_of(connection)) {
    sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1);
  }
  call();
  std::int64_t steps = 0;
  for (sqlite3_stmt* one : OpenedConnections::statements_of(connection)) {
    steps += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 0);
  }
  return steps;
}

}  // namespace

TEST_CASE("every statement of a SQLite store finds its rows by an index") {
  const Busy busy(50);
  std::size_t looked_at = 0;
  for (sqlite3* connection : {busy.connections.writing(), busy.connections.reading()}) {
    for (sqlite3_stmt* one : OpenedConnections::statements_of(connection)) {
      const std::string sql = sqlite3_sql(one);
      INFO(sql);
      ++looked_at;
      if (!may_scan(sql)) CHECK(sqlite3_stmt_status(one, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) == 0);
      CHECK(sqlite3_stmt_status(one, SQLITE_STMTSTATUS_SORT, 0) == 0);
      CHECK(sqlite3_stmt_status(one, SQLITE_STMTSTATUS_AUTOINDEX, 0) == 0);
      for (const std::string& step : plan_of(connection, sql)) {
        INFO(step);
        // A list that a subquery has made is walked whole: it is as long as its limit.
        const bool scans = step.starts_with("SCAN") && step.find("SUBQUERY") == std::string::npos &&
                           step.find("CONSTANT ROW") == std::string::npos &&
                           step.find("(subquery") == std::string::npos;
        if (!may_scan(sql)) CHECK_FALSE(scans);
        CHECK(step.find("TEMP B-TREE") == std::string::npos);
      }
    }
  }
  CHECK(looked_at > 50);
}

TEST_CASE("what a call costs does not depend on what waits beside it") {
  const auto costs = [](std::size_t rows) {
    Busy busy(rows);
    std::vector<std::int64_t> steps;
    const LaneCursor cursor{busy.endpoint, {start, busy.next_row / 3}, 10};
    steps.push_back(steps_of(busy.connections.writing(), [&] {
      REQUIRE(busy.store->fetch(std::span(&cursor, 1), start).status.ok());
    }));
    const auto event = busy.make_event();
    const Delivery row = busy.delivery(*event, busy.endpoint, start);
    steps.push_back(steps_of(busy.connections.writing(), [&] {
      busy.commit({{{{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{row}}}}});
    }));
    Attempt attempt;
    attempt.row = busy.next_row++;
    attempt.endpoint = busy.endpoint;
    steps.push_back(steps_of(busy.connections.writing(), [&] {
      busy.commit({{{{DeliveryAt{busy.endpoint, row.position, 0}},
                     {DropDelivery{busy.endpoint, row.position}, PutAttempt{attempt}}}}});
    }));
    steps.push_back(steps_of(busy.connections.reading(), [&] { busy.find(RecordKind::lanes); }));
    steps.push_back(steps_of(busy.connections.reading(), [&] {
      busy.find(RecordKind::attempts, [](Query& q, const Busy& b) { q.endpoint = b.endpoint; });
    }));
    return steps;
  };
  CHECK(costs(40) == costs(4'000));
}
