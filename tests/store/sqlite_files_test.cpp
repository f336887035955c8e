#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/id.hpp"
#include "hookwright/store.hpp"
#include "store/stores.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using hookwright::ConfigError;
using hookwright::make_sqlite_store;
using hookwright::SqliteOptions;

namespace {

SqliteOptions at(const std::string& path) {
  SqliteOptions options;
  options.path = path;
  return options;
}

// What make_sqlite_store says; empty if it says nothing.
std::string refusal(const SqliteOptions& options) {
  try {
    static_cast<void>(make_sqlite_store(options));
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

// Every file of a folder with its content.
std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    all[entry.path().filename().string()] = content_of(entry.path());
  }
  return all;
}

void write(const std::string& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

void run_sql(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
  INFO(sqlite3_errmsg(database));
  CHECK(code == SQLITE_OK);
  sqlite3_close(database);
}

// What a power cut in the middle of `sql` leaves of a database: the file and its journal.
void cut_short(const std::string& file, const std::string& before, const std::string& sql) {
  const TemporaryFolder elsewhere;
  const std::string source = elsewhere.file("source.db");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(source.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, before.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  // Few pages fit into the cache, so that the file is written before the end.
  REQUIRE(sqlite3_exec(database, ("PRAGMA cache_size = 1; BEGIN; " + sql).c_str(), nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  write(file, content_of(source));
  write(file + "-journal", content_of(source + "-journal"));
  sqlite3_close(database);
}

const std::string many_pages =
    "CREATE TABLE page(bytes BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 50) INSERT INTO page SELECT zeroblob(4000) FROM n;";

}  // namespace

TEST_CASE("a SQLite store needs a path it can use") {
  const TemporaryFolder folder;
  write(folder.file("file"), "x");
  CHECK_THAT(refusal(at("")), StartsWith("sqlite.path: is missing"));
  CHECK_THAT(refusal(at(std::string("a\0b", 3))), StartsWith("sqlite.path: must not hold a NUL"));
  CHECK_THAT(refusal(at(folder.path().string() + "/")),
             StartsWith("sqlite.path: must name a file"));
  CHECK_THAT(refusal(at(folder.path().string())), StartsWith("sqlite.path: is not a regular file"));
  CHECK_THAT(refusal(at(folder.file("missing/store.db"))),
             StartsWith("sqlite.path: is in a folder that can't be entered (No such file"));
  CHECK_THAT(refusal(at(folder.file("file/store.db"))), StartsWith("sqlite.path: is "));
  CHECK(contents_of(folder.path()).size() == 1);

  SqliteOptions small = at(folder.file("store.db"));
  small.cache_bytes = 1'000;
  CHECK_THAT(refusal(small), StartsWith("sqlite.cache_bytes: must be 262144 (256 KiB) or more"));
  CHECK_THAT(refusal(small), ContainsSubstring("\"1000\""));
  CHECK(contents_of(folder.path()).size() == 1);
}

#ifdef __linux__
TEST_CASE("a SQLite store in a folder that can't be written is refused") {
  // The kernel's own folders refuse root as well.
  CHECK_THAT(refusal(at("/proc/store.db")),
             StartsWith("sqlite.path: can't make the lock file beside it ("));
  CHECK_THAT(refusal(at("/dev/null")), StartsWith("sqlite.path: is not a regular file"));
}
#endif

TEST_CASE("a file that is not a store of ours is left as it is") {
  const TemporaryFolder folder;
  const std::string file = folder.file("host.db");
  SECTION("text") {
    write(file, "This is somebody's diary. " + std::string(200, '.'));
    CHECK_THAT(refusal(at(file)), StartsWith("sqlite.path: is not a database"));
  }
  SECTION("a few bytes") {
    write(file, "SQLite");
    CHECK_THAT(refusal(at(file)), StartsWith("sqlite.path: is not a database"));
  }
  SECTION("zeros") {
    write(file, std::string(8'192, '\0'));
    CHECK_THAT(refusal(at(file)), StartsWith("sqlite.path: is not a database"));
  }
  SECTION("another program's database") {
    run_sql(file, "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT)");
    CHECK_THAT(refusal(at(file)),
               StartsWith("sqlite.path: is a database, but not one of hookwright's"));
  }
  SECTION("another program's database with a write-ahead log") {
    run_sql(file, "PRAGMA journal_mode = WAL; CREATE TABLE customer(id INTEGER PRIMARY KEY)");
    // A crash left the log behind: SQLite would carry it over if it only opened the file.
    write(file + "-wal", "not a log");
  }
  SECTION("another program's database with a journal") {
    // SQLite would undo what the journal holds if it only read the file.
    cut_short(file, "CREATE TABLE customer(id INTEGER PRIMARY KEY)", many_pages);
    REQUIRE(std::filesystem::file_size(file) > 50'000);
    CHECK_THAT(refusal(at(file)),
               StartsWith("sqlite.path: is a database, but not one of hookwright's"));
  }
  const auto before = contents_of(folder.path());
  CHECK_THAT(refusal(at(file)), ContainsSubstring(file));
  CHECK(contents_of(folder.path()) == before);
}

TEST_CASE("a store whose making was cut short is made anew") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  cut_short(file, "", many_pages);
  std::string torn = content_of(file);
  REQUIRE(torn.size() > 50'000);
  SECTION("before the first page was written") {
    torn.replace(0, 512, std::string(512, '\0'));
  }
  SECTION("in the middle of the first page") {
    torn.replace(0, 512, std::string(512, '\x5A'));
  }
  SECTION("after it") {}
  write(file, torn);
  REQUIRE(refusal(at(file)).empty());
  const auto store = make_sqlite_store(at(file));
  CHECK(
      store->open({}, hookwright::TimePoint(hookwright::Duration(1'700'000'000'000))).status.ok());
  CHECK_FALSE(std::filesystem::exists(file + "-journal"));
}

TEST_CASE("a store of a newer version is left as it is") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  static_cast<void>(make_sqlite_store(at(file)));
  run_sql(file, "PRAGMA user_version = 4");
  SECTION("in its header") {}
  SECTION("in its log only") {
    run_sql(file, "PRAGMA user_version = 3");
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &other) == SQLITE_OK);
    sqlite3_db_config(other, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    CHECK(sqlite3_exec(other, "PRAGMA user_version = 7", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(other);
    CHECK(std::filesystem::exists(file + "-wal"));
    const std::string before = content_of(file);
    CHECK_THAT(refusal(at(file)), ContainsSubstring("newer version of hookwright (schema 7"));
    CHECK(content_of(file) == before);
    return;
  }
  const auto before = contents_of(folder.path());
  const std::string said = refusal(at(file));
  CHECK_THAT(said, StartsWith("sqlite.path: was written by a newer version of hookwright "
                              "(schema 4, this one knows 3)"));
  CHECK(contents_of(folder.path()) == before);
}

TEST_CASE("a damaged store is refused, naming the file") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  static_cast<void>(make_sqlite_store(at(file)));
  std::string content = content_of(file);
  content.replace(100, 3'000, 3'000, '\xff');
  write(file, content);
  CHECK_THAT(refusal(at(file)), StartsWith("sqlite.path: can't be opened: "));
}

TEST_CASE("a store is made where there is none") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  SECTION("where there is nothing") {}
  SECTION("where there is an empty file") {
    write(file, "");
  }
  auto store = make_sqlite_store(at(file));
  CHECK(std::filesystem::exists(file + ".lock"));
  store.reset();
  CHECK_FALSE(std::filesystem::exists(file + "-wal"));
  CHECK(refusal(at(file)) == "");
}

// The length of the log after 64 commits of 512 KiB each.
static std::uintmax_t log_after_commits(bool with_checkpoints) {
  using namespace hookwright;
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  const auto store = make_sqlite_store(at(file));
  REQUIRE(store->open({}, start).status.ok());
  IdGenerator ids(1);
  for (int i = 0; i < 64; ++i) {
    Batch batch;
    for (int n = 0; n < 8; ++n) {
      StoredEvent event;
      event.id = ids.next<EventId>(start);
      event.at = start;
      event.body.assign(65'536, 'x');
      batch.changes.push_back({{}, {PutEvent{std::make_shared<const StoredEvent>(event)}}});
    }
    REQUIRE(store->commit(batch, start).status.ok());
    if (with_checkpoints) store->checkpoint();
  }
  return std::filesystem::file_size(file + "-wal");
}

TEST_CASE("a log is carried over by checkpoints, and without them before it is long") {
  constexpr std::uintmax_t mebibyte = 1'048'576;
  const std::uintmax_t with = log_after_commits(true);
  CHECK(with > 2 * mebibyte);
  CHECK(with < 3 * mebibyte);
  const std::uintmax_t without = log_after_commits(false);
  CHECK(without > 8 * mebibyte);
  CHECK(without < 9 * mebibyte);
}

#ifndef _WIN32
TEST_CASE("what a store makes is readable by its owner only") {
  using std::filesystem::perms;
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  const auto store = make_sqlite_store(at(file));
  static_cast<void>(store->open({}, {}));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    INFO(entry.path());
    CHECK((entry.status().permissions() & (perms::group_all | perms::others_all)) == perms::none);
  }
}
#endif

TEST_CASE("a file has one store in a process, by whatever name") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  auto store = make_sqlite_store(at(file));
  const std::string expected = "sqlite.path: is in use by another store of this process";
  CHECK_THAT(refusal(at(file)), StartsWith(expected));
  CHECK_THAT(refusal(at(folder.path().string() + "/./store.db")), StartsWith(expected));
  CHECK_THAT(refusal(at(folder.path().string() + "/../" + folder.path().filename().string() +
                        "/store.db")),
             StartsWith(expected));
#ifndef _WIN32
  std::filesystem::create_symlink(file, folder.file("link.db"));
  CHECK_THAT(refusal(at(folder.file("link.db"))), StartsWith(expected));
  std::filesystem::create_directory_symlink(folder.path(), folder.file("folder"));
  CHECK_THAT(refusal(at(folder.file("folder/store.db"))), StartsWith(expected));
  std::filesystem::create_symlink(folder.file("nowhere"), folder.file("dangling.db"));
  CHECK_THAT(refusal(at(folder.file("dangling.db"))),
             StartsWith("sqlite.path: is a link that leads nowhere"));
#endif
  CHECK(refusal(at(folder.file("other.db"))) == "");
  store.reset();
  CHECK(refusal(at(file)) == "");
}

TEST_CASE("a relative path means the working folder") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  auto store = make_sqlite_store(at("store.db"));
  std::filesystem::current_path(before);
  CHECK_THAT(refusal(at(folder.file("store.db"))), ContainsSubstring("is in use"));
}

TEST_CASE("a path may hold what a URI or a pattern would take for its own") {
  const TemporaryFolder folder;
  for (const char* name : {":memory:", "a?mode=ro&x=%41#b.db", "ä ö \xe2\x82\xac.db", "'; --.db"}) {
    INFO(name);
    CHECK(refusal(at(folder.file(name))) == "");
    CHECK(std::filesystem::exists(folder.file(name)));
  }
}
