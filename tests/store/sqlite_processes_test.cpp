// What happens to a store when another process, or its own, ends or interferes. Needs fork().
#ifndef _WIN32

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "store/stores.hpp"

using namespace hookwright;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

std::unique_ptr<Store> open_at(const std::string& path) {
  SqliteOptions options;
  options.path = path;
  return make_sqlite_store(options);
}

// A child process that runs `what` and says things through a pipe.
class Child {
 public:
  template <class What>
  explicit Child(What what) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      try {
        what(ends[1]);
      } catch (...) {
      }
      ::_exit(0);  // nothing of the parent's is destroyed
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() {
    kill();
    ::close(pipe_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // The next number it says; nothing once it is gone.
  std::optional<std::uint64_t> hear() {
    std::uint64_t number = 0;
    const ssize_t read = ::read(pipe_, &number, sizeof number);
    if (read != static_cast<ssize_t>(sizeof number)) return std::nullopt;
    return number;
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  int pipe_ = -1;
};

void say(int pipe, std::uint64_t number) {
  if (::write(pipe, &number, sizeof number) < 0) ::_exit(1);
}

std::string refusal(const std::string& path) {
  try {
    static_cast<void>(open_at(path));
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

// One number from SQL, read beside the store.
std::int64_t number_in(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const std::int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

EventId event_of(std::uint64_t number) {
  EventId id;
  for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> 8 * i);
  id.bytes[0] = 1;
  return id;
}

DeliveryId delivery_of(std::uint64_t number) {
  return DeliveryId{event_of(number)};
}

EndpointId endpoint_of(std::uint64_t number) {
  return EndpointId{event_of(number % 7 + 1'000'000)};
}

std::string body_of(std::uint64_t number) {
  return "body " + std::to_string(number) + std::string(number * 37 % 3'000, 'x');
}

// Publishes events one higher than those before and settles the ones of the commit before, one
// commit after the other, and says after each how far it has come. Each event has two deliveries,
// in one change.
void publish_without_end(const std::string& path, std::uint64_t next, std::size_t batch, int pipe) {
  const auto store = open_at(path);
  const Opened opened = store->open({}, start);
  std::uint64_t row = opened.first_row;
  Batch endpoints;
  for (std::uint64_t i = 0; i < 7; ++i) {
    endpoints.changes.push_back({{EndpointAt{endpoint_of(i), 0}},
                                 {PutEndpoint{{endpoint_of(i), 1, "t", true, false, ""}}}});
  }
  static_cast<void>(store->commit(endpoints, start));
  std::vector<Write> settle;
  for (;;) {
    Batch changes;
    if (!settle.empty()) changes.changes.push_back({{}, settle});
    settle.clear();
    for (std::size_t i = 0; i < batch; ++i, ++next) {
      auto event = std::make_shared<StoredEvent>();
      event->id = event_of(next);
      event->body = body_of(next);
      Change change{{EventAbsent{event->id}}, {PutEvent{event}}};
      for (const std::uint64_t endpoint : {next, next + 3}) {
        const Delivery delivery{delivery_of(2 * next + (endpoint == next ? 0 : 1)),
                                event->id,
                                endpoint_of(endpoint),
                                {start, row++}};
        change.writes.emplace_back(PutDelivery{delivery});
        if (next % 4 != 0) continue;  // a quarter is settled with the next commit
        settle.emplace_back(DropDelivery{delivery.endpoint, delivery.position});
        Attempt attempt;
        attempt.row = row++;
        attempt.delivery = delivery.id;
        attempt.event = event->id;
        attempt.endpoint = delivery.endpoint;
        attempt.number = 1;
        settle.emplace_back(PutAttempt{attempt});
      }
      changes.changes.push_back(change);
    }
    if (!store->commit(changes, start).status.ok()) ::_exit(1);
    store->checkpoint();
    static_cast<void>(store->maintain(start, {100, {}, {}}));
    say(pipe, next);
  }
}

// Every event up to `published` waits twice, or was settled twice.
void check_all_there(Store& store, std::uint64_t published) {
  std::multiset<EventId> waiting;
  for (std::uint64_t i = 0; i < 7; ++i) {
    LaneCursor cursor{endpoint_of(i), {}, 1'000};
    for (bool more = true; more;) {
      const Pages pages = store.fetch(std::span(&cursor, 1), start);
      REQUIRE(pages.status.ok());
      for (const Waiting& row : pages.lanes[0].rows) {
        REQUIRE(row.event->body.starts_with("body "));
        waiting.insert(row.event->id);
        cursor.after = row.delivery.position;
      }
      more = pages.lanes[0].more;
    }
  }
  std::size_t lost = 0;
  std::size_t halved = 0;
  for (std::uint64_t number = 1; number < published; ++number) {
    const std::size_t rows = waiting.count(event_of(number));
    if (rows == 1) ++halved;
    if (rows != 0) continue;
    Query asked;
    asked.kind = RecordKind::attempts;
    asked.delivery = delivery_of(2 * number);
    const bool settled = number % 4 == 0 && store.find(asked).attempts.size() == 1;
    if (!settled) ++lost;
  }
  CHECK(lost == 0);
  CHECK(halved == 0);
}

}  // namespace

TEST_CASE("a store that another process uses is refused, until that one ends") {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  Child other([&](int pipe) {
    const auto store = open_at(path);
    say(pipe, 1);
    ::pause();
  });
  REQUIRE(other.hear() == 1);
  CHECK_THAT(refusal(path), StartsWith("sqlite.path: is in use by another process (pid " +
                                       std::to_string(other.pid()) + ")"));
  std::filesystem::create_symlink(path, folder.file("link.db"));
  CHECK_THAT(refusal(folder.file("link.db")), ContainsSubstring("is in use by another process"));
  other.kill();
  CHECK(refusal(path) == "");
}

TEST_CASE("a child that was forked keeps nobody out") {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  std::uint64_t grandchild = 0;
  {
    Child owner([&](int pipe) {
      const auto store = open_at(path);
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::pause();
        ::_exit(0);
      }
      say(pipe, static_cast<std::uint64_t>(pid));
      ::pause();
    });
    const auto heard = owner.hear();
    REQUIRE(heard);
    grandchild = *heard;
  }
  CHECK(refusal(path) == "");
  ::kill(static_cast<pid_t>(grandchild), SIGKILL);
}

TEST_CASE("whatever a killed process had committed is there afterwards") {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  std::mt19937 random(Catch::rngSeed());
  INFO("seed " << Catch::rngSeed());
  std::uint64_t published = 1;
  for (int cycle = 0; cycle < 4; ++cycle) {
    const std::size_t batch = cycle % 2 == 0 ? 40 : 3;
    {
      Child child([&](int pipe) { publish_without_end(path, published, batch, pipe); });
      const auto commits = 1 + random() % 30;
      for (std::uint64_t heard = 0; heard < commits; ++heard) {
        const auto number = child.hear();
        REQUIRE(number);
        published = *number;
      }
      child.kill();
      // What it said with its last breath.
      while (const auto number = child.hear()) published = *number;
    }
    INFO("cycle " << cycle << ", published " << published);
    {
      const auto store = open_at(path);
      const Opened opened = store->open({}, start);
      REQUIRE(opened.status.ok());
      check_all_there(*store, published);
    }
    CHECK(number_in(path,
                    "SELECT count(*) FROM pragma_integrity_check"
                    " WHERE integrity_check <> 'ok'") == 0);
    // The counts that keep events from being dropped agree with what waits.
    CHECK(number_in(
              path,
              "SELECT (SELECT sum(pending) FROM segment) - (SELECT count(*) FROM delivery)") == 0);
    CHECK(number_in(path,
                    "SELECT count(*) FROM segment s WHERE pending <> (SELECT count(*) FROM delivery"
                    " WHERE event >> 12 = s.no)") == 0);
    // An event more may have been committed than it came to say.
    published = static_cast<std::uint64_t>(number_in(path, "SELECT max(id_low) FROM event")) + 1;
  }
}

#endif
