// hookwright_diskfull [disk|pages] [rounds] [seed]: a dispatcher with threads on a SQLite store
// that fills up and has space again. `disk`: on a file system of its own that is really full.
// `pages`: SQLite itself allows the database no further page, which can be had anywhere; the log
// has room. See the README, "Nothing accepted is lost".

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "diskfull/small_disk.hpp"
#include "dispatcher/prompt_transport.hpp"
#include "hookwright/dispatcher.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/stores/sqlite.hpp"

using namespace hookwright;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t disk_bytes = std::uint64_t{6} << 20U;
constexpr int skipped = 77;

struct Numbered {
  static constexpr std::string_view event_type = "disk.numbered";
  std::int64_t n = 0;
  std::string text{};
  void fields(auto& f) const {
    f("n", n);
    f("text", text);
  }
};

std::int64_t number_in(std::string_view body) {
  return std::strtoll(std::string(body.substr(body.find("\"n\":") + 4, 20)).c_str(), nullptr, 10);
}

struct Tally {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t settled_while_full = 0;
  std::uint64_t violations = 0;

  void require(bool holds, const std::string& what) {
    if (holds) return;
    ++violations;
    std::cout << "violation: " << what << '\n';
  }
};

bool wait_for(const std::function<bool()>& done, std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// The connection that writes is the first one that a store opens.
sqlite3* writing = nullptr;
int note_first(sqlite3* connection, const char** /*error*/, const sqlite3_api_routines* /*api*/) {
  if (writing == nullptr) writing = connection;
  return SQLITE_OK;
}

// From an empty disk to a full one and back.
class Round {
 public:
  // `disk`: null to limit the database's pages instead.
  Round(std::uint64_t seed, const std::filesystem::path& folder, const diskfull::SmallDisk* disk,
        Tally& tally)
      : random_(seed), disk_(disk), tally_(tally), path_(folder / "webhooks.db") {}

  void run() {
    {
      if (disk_ == nullptr) pages_max_ = 60 + random_() % 200;
      Dispatcher dispatcher(options());
      for (const char* const host : hosts_) subscribe(dispatcher, host);
      if (disk_ != nullptr)
        disk_->leave((std::uint64_t{200} << 10U) + random_() % (std::uint64_t{2} << 20U));
      publish_until_full(dispatcher);
      settle_what_can_be(dispatcher);
      check_history(dispatcher);
      if (disk_ != nullptr && random_() % 2 == 0) {
        go_on(dispatcher);
        check_arrivals();
        return;
      }
    }
    // The process ends while the disk is full.
    ++ended_while_full_;
    start_while_full();
    make_room();
    Dispatcher dispatcher(options());
    go_on(dispatcher);
    check_arrivals();
  }

  ~Round() {
    make_room();
    for (const char* const end : {"", "-wal", "-shm", "-journal", ".lock"}) {
      std::error_code ignored;
      std::filesystem::remove(path_.string() + end, ignored);
    }
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

 private:
  Options options() {
    Profile profile = profiles::branded("Disk");
    profile.policy.retries = {30ms, 60ms};
    Options options;
    writing = nullptr;
    options.store = make_sqlite_store({.path = path_.string()});
    options.sealing = Sealing::none();
    if (pages_max_ != 0)
      sqlite3_exec(writing, ("PRAGMA max_page_count = " + std::to_string(pages_max_)).c_str(),
                   nullptr, nullptr, nullptr);
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {profile};
    options.default_profile = "disk";
    options.threads = 1;
    options.limits.store_patience = 300ms;
    options.transport = [this](const EgressPolicy&) {
      return std::make_unique<dispatcher_test::PromptTransport>(
          log_, [this](const std::string& host, std::int64_t n) { return status(host, n); },
          number_in);
    };
    return options;
  }

  // The second endpoint fails at first, so that there is always something to be retried.
  int status(const std::string& host, std::int64_t n) {
    return host == hosts_[1] && log_->times(host, n) == 0 ? 500 : 200;
  }

  void subscribe(Dispatcher& dispatcher, const char* host) {
    EndpointSpec spec;
    spec.url = std::string("https://") + host + "/hook";
    spec.events = {"*"};
    spec.uid = host;
    const EndpointResult created = dispatcher.endpoints().create("acme", spec);
    if (!created.ok()) throw std::runtime_error("an endpoint can't be created");
    endpoints_.push_back(created.endpoint.id);
  }

  // True if it has become durable.
  bool publish(Dispatcher& dispatcher) {
    const std::int64_t n = ++last_;
    const Receipt receipt =
        dispatcher.publish("acme", Numbered{.n = n, .text = std::string(random_() % 3'000, 'x')});
    if (receipt.wait(10s) == Stored::yes) {
      accepted_.insert(n);
      ++tally_.accepted;
      return true;
    }
    ++tally_.refused;
    refused_.insert(n);
    why_ = receipt.message();
    return false;
  }

  void publish_until_full(Dispatcher& dispatcher) {
    int tries = 0;
    while (publish(dispatcher)) {
      if (++tries == 20'000) throw std::runtime_error("the disk does not fill up");
    }
    const auto require_clear = [&] {
      tally_.require(why_.find("full") != std::string::npos, "not clear: \"" + why_ + "\"");
    };
    require_clear();
    // What settles meanwhile makes room, and the next event may be smaller: it may be taken.
    if (!publish(dispatcher)) require_clear();
  }

  void settle_what_can_be(Dispatcher& dispatcher) {
    const auto all = 2 * accepted_.size();
    wait_for([&] { return dispatcher.metrics().delivered == all; }, 2s);
    tally_.settled_while_full += dispatcher.metrics().delivered;
    unsettled_ = all - dispatcher.metrics().delivered;
  }

  // Nothing is said to be delivered that was not.
  void check_history(Dispatcher& dispatcher) {
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      std::size_t delivered = 0;
      std::string after;
      do {
        const auto page = dispatcher.endpoints().attempts("acme", endpoints_[i], after, 1'000);
        tally_.require(page.available, "the history can't be read");
        delivered += static_cast<std::size_t>(std::count_if(
            page.rows.begin(), page.rows.end(),
            [](const Attempt& attempt) { return attempt.result == AttemptResult::delivered; }));
        after = page.next;
      } while (!after.empty());
      std::size_t arrived = 0;
      const int needed = i == 1 ? 2 : 1;
      for (const std::int64_t n : accepted_)
        arrived += log_->times(hosts_[i], n) >= needed ? 1U : 0U;
      tally_.require(delivered <= arrived, "said to be delivered and was not");
    }
  }

  void start_while_full() {
    try {
      const Dispatcher dispatcher(options());
      ++ended_while_full_;  // it too may have sent, in its short life, what it had no room to
                            // settle
    } catch (const ConfigError& error) {
      tally_.require(std::string(error.what()).find("full") != std::string::npos,
                     std::string("not clear: ") + error.what());
    }
  }

  void make_room() {
    if (disk_ != nullptr) disk_->free();
    pages_max_ = 0;
  }

  // There is space again: everything works, by itself.
  void go_on(Dispatcher& dispatcher) {
    make_room();
    tally_.require(wait_for([&] { return publish(dispatcher); }, 10s), "no event is taken again");
    const bool done = wait_for(
        [&] {
          return std::ranges::all_of(endpoints_, [&](const EndpointId& id) {
            return dispatcher.endpoints().waiting("acme", id, {}, 1).rows.empty();
          });
        },
        20s);
    tally_.require(done, "what was accepted is not delivered");
    check_history(dispatcher);
    tally_.require(dispatcher.shutdown(5s).complete, "does not end");
  }

  void check_arrivals() {
    for (const std::int64_t n : accepted_) {
      for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        const int wanted = i == 1 ? 2 : 1;
        const int times = log_->times(hosts_[i], n);
        tally_.require(times >= wanted, "event " + std::to_string(n) + " is lost");
        // Once more for each process that ended before its outcome found room.
        const int more = unsettled_ > 0 ? ended_while_full_ : 0;
        tally_.require(times <= wanted + more, "event " + std::to_string(n) + " came too often");
      }
    }
    for (const std::int64_t n : refused_)
      tally_.require(log_->times(hosts_[0], n) == 0, "a refused event was sent");
    tally_.require(damage().empty(), "integrity: " + damage());
  }

  [[nodiscard]] std::string damage() const {
    std::string said;
    sqlite3* database = nullptr;
    sqlite3_open_v2(path_.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
    const auto add = [](void* to, int /*columns*/, char** values, char** /*names*/) {
      if (std::string_view(values[0]) != "ok") *static_cast<std::string*>(to) += values[0];
      return 0;
    };
    if (sqlite3_exec(database, "PRAGMA integrity_check", add, &said, nullptr) != SQLITE_OK)
      said += sqlite3_errmsg(database);
    sqlite3_close(database);
    return said;
  }

  static constexpr std::array<const char*, 2> hosts_ = {"a.example.com", "b.example.com"};

  std::mt19937_64 random_;
  const diskfull::SmallDisk* disk_;
  Tally& tally_;
  std::filesystem::path path_;
  std::shared_ptr<dispatcher_test::Log> log_ = std::make_shared<dispatcher_test::Log>();
  std::vector<EndpointId> endpoints_;
  std::int64_t last_ = 0;
  std::set<std::int64_t> accepted_;
  std::set<std::int64_t> refused_;
  std::string why_;
  std::size_t unsettled_ = 0;
  int ended_while_full_ = 0;     // processes
  std::uint64_t pages_max_ = 0;  // 0: no limit
};

}  // namespace

int main(int count, char** values) {
  const bool pages = count > 1 && std::string_view(values[1]) == "pages";
  const int rounds = count > 2 ? std::atoi(values[2]) : 4;
  const auto seed = static_cast<std::uint64_t>(count > 3 ? std::atoi(values[3]) : 1);
  // Where pages are limited the disk is large.
  const diskfull::SmallDisk disk(pages ? 64 * disk_bytes : disk_bytes);
  if (!pages && !disk.problem().empty()) {
    std::cout << "SKIPPED: a disk that is really full needs a file system of its own, and none can "
                 "be mounted here: "
              << disk.problem() << std::endl;
    return skipped;
  }
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(&note_first));
  Tally tally;
  try {
    for (int i = 0; i < rounds; ++i)
      Round(seed + static_cast<std::uint64_t>(i), disk.path(), pages ? nullptr : &disk, tally)
          .run();
  } catch (const std::exception& error) {
    tally.require(false, error.what());
  }
  std::cout << "rounds=" << rounds << " accepted=" << tally.accepted << " refused=" << tally.refused
            << " settled_while_full=" << tally.settled_while_full
            << " violations=" << tally.violations << std::endl;
  return tally.violations == 0 ? 0 : 1;
}
