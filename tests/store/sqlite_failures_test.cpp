// What a SQLite store answers when the file, the disk or another program lets it down.

#include <fstream>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "store/faulty_files.hpp"
#include "store/sqlite_inside.hpp"
#include "store/stores.hpp"

using namespace hookwright;

namespace {

std::unique_ptr<Store> open_at(const std::string& path) {
  SqliteOptions options;
  options.path = path;
  options.cache_bytes = std::size_t{256} << 10U;  // so that files are read, too
  return make_sqlite_store(options);
}

// A few batches that build on each other, and what must be there once each was applied once.
struct Work {
  explicit Work(std::uint64_t first_row) {
    const auto put = [](const EndpointId& id) {
      return Change{{EndpointAt{id, 0}}, {PutEndpoint{{id, 1, "t", true, false, ""}}}};
    };
    batches.push_back({{put(endpoint)}});
    std::vector<Delivery> before;
    std::uint64_t row = first_row;
    for (int i = 0; i < 4; ++i) {
      Batch batch;
      for (const Delivery& settled : before) {
        Attempt attempt;
        attempt.row = row++;
        attempt.endpoint = endpoint;
        attempt.delivery = settled.id;
        batch.changes.push_back({{DeliveryAt{endpoint, settled.position, 0}},
                                 {DropDelivery{endpoint, settled.position}, PutAttempt{attempt}}});
        ++attempts;
      }
      before.clear();
      for (int j = 0; j < 12; ++j) {
        auto event = std::make_shared<StoredEvent>();
        event->id = ids.next<EventId>(start);
        event->body = std::string(static_cast<std::size_t>(j) * 900, 'b');
        const Delivery row_of_it{ids.next<DeliveryId>(start), event->id, endpoint, {start, row++}};
        batch.changes.push_back(
            {{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{row_of_it}}});
        before.push_back(row_of_it);
      }
      waiting = before.size();
      batches.push_back(batch);
    }
  }

  IdGenerator ids{7};
  EndpointId endpoint = ids.next<EndpointId>(start);
  std::vector<Batch> batches{};
  std::size_t waiting = 0;
  std::size_t attempts = 0;
};

// Commits until it is done, as a dispatcher does. True if an outcome was unknown.
bool insist(Store& store, FaultyFiles& files, const Batch& batch) {
  bool unknown = false;
  for (int tries = 0; tries < 5; ++tries) {
    const Committed committed = store.commit(batch, start);
    if (committed.status.ok()) {
      for (const ChangeResult& result : committed.results) {
        const bool repeated = unknown && result.outcome == ChangeOutcome::mismatch;
        if (!repeated) REQUIRE(result.outcome == ChangeOutcome::applied);
      }
      return unknown;
    }
    INFO(committed.status.detail);
    REQUIRE(committed.results.empty());
    REQUIRE(committed.status.code != StoreCode::broken);
    unknown = unknown || committed.status.code == StoreCode::unknown;
    files.heal();
  }
  FAIL("a store that does not recover");
  return unknown;
}

void check_result(Store& store, const Work& work) {
  Query query;
  query.kind = RecordKind::waiting;
  query.endpoint = work.endpoint;
  query.limit = 1'000;
  const Records waiting = store.find(query);
  REQUIRE(waiting.status.ok());
  CHECK(waiting.waiting.size() == work.waiting);
  query.kind = RecordKind::attempts;
  CHECK(store.find(query).attempts.size() == work.attempts);
}

// Runs the work with the n-th call of the file system failing. False if it was never called n
// times.
bool survives(std::size_t n, int code, bool forever) {
  const TemporaryFolder folder;
  FaultyFiles files;
  const std::string path = folder.file("store.db");
  auto store = open_at(path);
  const Work work(store->open({}, start).first_row);
  files.fail_at(n, code, forever);
  bool failed = false;
  for (const Batch& batch : work.batches) {
    insist(*store, files, batch);
    static_cast<void>(store->maintain(start, {}));
  }
  failed = files.has_failed();
  files.heal();
  INFO("call " << n << " failed");
  check_result(*store, work);
  store.reset();
  store = open_at(path);
  REQUIRE(store->open({}, start).status.ok());
  check_result(*store, work);
  return failed;
}

}  // namespace

TEST_CASE("a SQLite store survives the failure of any single call of the file system") {
  std::size_t n = 1;
  while (survives(n, SQLITE_IOERR_WRITE, false)) ++n;
  CHECK(n > 20);
}

TEST_CASE("a SQLite store survives a file system that fails for a while") {
  for (std::size_t n = 2; survives(n, SQLITE_IOERR_WRITE, true);) n += 5;
  std::size_t n = 1;
  while (survives(n, SQLITE_FULL, true)) ++n;
  CHECK(n > 6);  // what is written at once fails as a whole
}

TEST_CASE("a small commit is one call that writes, a large one as few as its bytes need") {
  const TemporaryFolder folder;
  FaultyFiles files;
  const auto store = open_at(folder.file("store.db"));
  const Work work(store->open({}, start).first_row);
  REQUIRE(store->commit(work.batches[0], start).status.ok());
  std::size_t before = files.log_writes();
  REQUIRE(store->commit({{Change{{}, {PutNote{{"key", 1, "value"}}}}}}, start).status.ok());
  CHECK(files.log_writes() - before == 1);
  before = files.log_writes();
  REQUIRE(store->commit(work.batches[1], start).status.ok());  // 12 events, 60 KB of bodies
  CHECK(files.log_writes() - before >= 2);
  CHECK(files.log_writes() - before <= 4);
}

// Another program might have written there meanwhile.
TEST_CASE("a transaction that outgrows the cache and is rolled back leaves nothing for the log") {
  const TemporaryFolder folder;
  FaultyFiles files;
  const auto store = open_at(folder.file("store.db"));
  Work work(store->open({}, start).first_row);
  REQUIRE(store->commit(work.batches[0], start).status.ok());
  Batch batch;
  constexpr std::size_t body = 50'000;
  for (int i = 0; i < 40; ++i) {
    auto event = std::make_shared<StoredEvent>();
    event->id = work.ids.next<EventId>(start);
    event->body = std::string(body, 'b');
    batch.changes.push_back({{}, {PutEvent{event}}});
  }
  const Delivery of_no_event{work.ids.next<DeliveryId>(start),
                             work.ids.next<EventId>(start),
                             work.endpoint,
                             {start, 1'000'000}};
  batch.changes.push_back({{}, {PutDelivery{of_no_event}}});
  const std::size_t before = files.log_writes();
  const Committed committed = store->commit(batch, start);  // all at once, then one by one
  REQUIRE(committed.status.ok());
  CHECK(committed.results.back().outcome == ChangeOutcome::unstorable);
  CHECK(files.log_writes() - before <= 40 * body / (64 * 1024) + 5);
}

TEST_CASE("a commit that fails while it becomes durable is of unknown outcome") {
  const TemporaryFolder folder;
  FaultyFiles files;
  const auto store = open_at(folder.file("store.db"));
  const Work work(store->open({}, start).first_row);
  bool seen = false;
  for (std::size_t n = 1; n < 100 && !seen; ++n) {
    files.fail_at(n, SQLITE_IOERR_WRITE, false);
    const Committed committed = store->commit(work.batches.front(), start);
    seen = committed.status.code == StoreCode::unknown;
    if (committed.status.ok()) break;
  }
  CHECK(seen);
}

TEST_CASE("a full disk is said to be full, and nothing has happened") {
  const TemporaryFolder folder;
  FaultyFiles files;
  const OpenedConnections connections;
  const auto store = open_at(folder.file("store.db"));
  const Work work(store->open({}, start).first_row);
  REQUIRE(store->commit(work.batches[0], start).status.ok());
  SECTION("in the database") {
    REQUIRE(sqlite3_exec(connections.writing(), "PRAGMA max_page_count = 1", nullptr, nullptr,
                         nullptr) == SQLITE_OK);
  }
  SECTION("in the log") {
    files.fail_at(1, SQLITE_FULL, true);
  }
  const Committed committed = store->commit(work.batches[1], start);
  CHECK(committed.status.code == StoreCode::full);
  CHECK(committed.results.empty());
  files.heal();
  Query query;
  query.kind = RecordKind::waiting;
  query.endpoint = work.endpoint;
  CHECK(store->find(query).status.ok());
  CHECK(store->find(query).waiting.empty());
  REQUIRE(sqlite3_exec(connections.writing(), "PRAGMA max_page_count = 1000000", nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  for (std::size_t i = 1; i < work.batches.size(); ++i) {
    REQUIRE(store->commit(work.batches[i], start).status.ok());
  }
  check_result(*store, work);
}

TEST_CASE("a store that another program keeps from writing is unavailable, and works again") {
  const TemporaryFolder folder;
  const OpenedConnections connections;
  const std::string path = folder.file("store.db");
  const auto store = open_at(path);
  const Work work(store->open({}, start).first_row);
  sqlite3_busy_timeout(connections.writing(), 0);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(store->commit(work.batches[0], start).status.code == StoreCode::unavailable);
  CHECK_FALSE(store->maintain(start, {}));
  CHECK(store->heartbeat(start).status.ok());
  CHECK(store->find({.kind = RecordKind::endpoints}).status.ok());
  REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  for (const Batch& batch : work.batches) REQUIRE(store->commit(batch, start).status.ok());
  check_result(*store, work);
}

TEST_CASE("a damaged database is broken, not empty") {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  const EndpointId endpoint = [&] {
    const auto store = open_at(path);
    const Work work(store->open({}, start).first_row);
    for (const Batch& batch : work.batches) REQUIRE(store->commit(batch, start).status.ok());
    return work.endpoint;
  }();
  // All but the first page, which holds the header, and a few that opening reads.
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(path);
    for (std::uintmax_t page = 25; (page + 1) * 4'096 <= size; ++page) {
      file.seekp(static_cast<std::streamoff>(page * 4'096));
      file << std::string(4'096, '\x55');
    }
  }
  const auto store = open_at(path);
  REQUIRE(store->open({}, start).status.ok());
  Query query;
  query.kind = RecordKind::waiting;
  query.endpoint = endpoint;
  const Records found = store->find(query);
  CHECK(found.status.code == StoreCode::broken);
  CHECK(found.waiting.empty());
  const LaneCursor cursor{endpoint, {}, 100};
  const Pages pages = store->fetch(std::span(&cursor, 1), start);
  CHECK(pages.status.code == StoreCode::broken);
  CHECK(pages.lanes.empty());
}
