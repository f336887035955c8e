#include "powerloss/session.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "hookwright/dispatcher.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"

namespace hookwright::powerloss {
namespace {

using namespace std::chrono_literals;
using testing::SimulatedAnswer;
using testing::SimulatedTransport;
using testing::VirtualClock;

struct Numbered {
  static constexpr std::string_view event_type = "power.numbered";
  std::int64_t n = 0;
  std::string text{};
  void fields(auto& f) const {
    f("n", n);
    f("text", text);
  }
};

Profile profile() {
  Profile profile = profiles::branded("Power");
  profile.policy.retries = {1s, 5s};
  profile.policy.jitter_max = 0;
  profile.policy.deadline = 2s;
  return profile;
}

// The connections that the store opens: the first one writes.
sqlite3* writing = nullptr;
int note_first(sqlite3* connection, const char** /*error*/, const sqlite3_api_routines* /*api*/) {
  if (writing == nullptr) writing = connection;
  return SQLITE_OK;
}

// What the store said is wrong with it, or with its counts; nothing if it is whole.
std::string damage_in(const std::string& path) {
  std::string damage;
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
    damage = "can't be opened; ";
  const auto add = [](void* to, int columns, char** values, char** /*names*/) {
    if (columns > 0 && values[0] != nullptr && std::string_view(values[0]) != "ok")
      *static_cast<std::string*>(to) += std::string(values[0]) + "; ";
    return 0;
  };
  for (const char* const sql :
       {"PRAGMA integrity_check",
        "SELECT 'segment ' || no || ' counts wrongly' FROM segment s WHERE pending <>"
        " (SELECT count(*) FROM delivery WHERE event >> 12 = s.no)",
        "SELECT 'a waiting delivery has no event' FROM delivery WHERE event NOT IN"
        " (SELECT no FROM event)"}) {
    if (sqlite3_exec(database, sql, add, &damage, nullptr) != SQLITE_OK)
      damage += std::string(sqlite3_errmsg(database)) + "; ";
  }
  sqlite3_close(database);
  return damage;
}

class Life {
 public:
  Life(std::uint64_t seed, const Setup& setup, const std::string& folder)
      : random_(seed), setup_(setup), path_(folder + "/webhooks.db"), disk_(setup.disk) {
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&note_first));
  }
  ~Life() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&note_first)); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  Result run() {
    const std::uint64_t cuts = 2 + draw(3);
    for (std::uint64_t i = 0; i < cuts; ++i) {
      // Early ones meet a store that is being made or opened.
      disk_.cut_in(1 + draw(draw(3) == 0 ? 40 : 600));
      session(true);
      if (disk_.dead()) ++result_.mid_call;
      disk_.cut_now();
      ++result_.cuts;
      disk_.power_on(random_);
    }
    session(false);
    check_end();
    return std::move(result_);
  }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void violation(const std::string& what) {
    if (result_.violations.size() < 5) result_.violations.push_back(what);
  }

  // From start to power cut, or to an orderly end.
  void session(bool with_power_cut) {
    try {
      Dispatcher dispatcher(options());
      subscribe(dispatcher);
      if (with_power_cut) {
        work(dispatcher);
      } else {
        dispatcher.run_until(clock_->wall() + 1min);
        check_history(dispatcher);
      }
      receive_receipts();
      // Out of power the store's end changes nothing; with it, a cut may come while it closes.
      dispatcher.shutdown(draw(2) == 0 ? 0ms : 100ms);
    } catch (const ConfigError& error) {
      if (disk_.dead()) return;  // it went while the store was being made
      ++result_.damaged;
      violation(error.what());
    }
    receive_receipts();
    receipts_.clear();
  }

  Options options() {
    Options options;
    writing = nullptr;
    options.store = make_sqlite_store({.path = path_, .cache_bytes = std::size_t{256} << 10U});
    options.sealing = Sealing::none();
    if (!setup_.synchronous.empty() && writing != nullptr)
      sqlite3_exec(writing, ("PRAGMA synchronous = " + setup_.synchronous).c_str(), nullptr,
                   nullptr, nullptr);
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {profile()};
    options.default_profile = "power";
    options.clock = clock_;
    options.threads = 0;
    options.seed = random_() | 1U;
    options.limits.store_patience = 500ms;
    options.transport = [this](const EgressPolicy&) {
      return std::make_unique<SimulatedTransport>(
          clock_, [this](const Request& request) { return receive(request); }, true);
    };
    return options;
  }

  SimulatedAnswer receive(const Request& request) {
    const std::string& body = *request.body;
    const std::int64_t n = std::stoll(body.substr(body.find("\"n\":") + 4));
    std::string delivery;
    for (const Header& header : request.headers) {
      if (header.name == "X-Power-Delivery") delivery = header.value;
    }
    const auto [at, first] = deliveries_.try_emplace({n, request.url.host}, delivery);
    if (!first && at->second != delivery)
      violation("event " + std::to_string(n) + " has two delivery ids");
    const auto text = texts_.find(n);
    if (text == texts_.end() || body.find('"' + text->second + '"') == std::string::npos)
      violation("event " + std::to_string(n) + " came with other bytes");
    SimulatedAnswer answer;
    answer.latency = Duration(1 + draw(60));
    if (draw(5) == 0) answer.status = 500;
    if (answer.status == 200) answered_.insert({n, request.url.host});
    return answer;
  }

  void subscribe(Dispatcher& dispatcher) {
    for (const char* const host : hosts_) {
      if (dispatcher.endpoints().find_uid("acme", host)) continue;
      EndpointSpec spec;
      spec.url = std::string("https://") + host + "/hook";
      spec.events = {"*"};
      spec.uid = host;
      const EndpointResult created = dispatcher.endpoints().create("acme", spec);
      if (created.ok()) {
        subscribed_.insert(host);
      } else if (!disk_.dead()) {
        violation("an endpoint can't be created");
      }
    }
  }

  void work(Dispatcher& dispatcher) {
    const bool large = draw(40) == 0;  // so that the log is carried over between commits
    const std::uint64_t rounds = 1 + draw(60);
    for (std::uint64_t i = 0; i < rounds && !disk_.dead(); ++i) {
      const std::uint64_t burst = draw(6);
      for (std::uint64_t j = 0; j < burst; ++j) publish(dispatcher, large);
      const Duration pause = draw(10) == 0 ? Duration(25'000) : Duration(draw(120));
      dispatcher.run_until(clock_->wall() + pause);
      receive_receipts();
    }
    // What the dispatcher makes of a store that is gone.
    if (disk_.dead()) dispatcher.run_until(clock_->wall() + 1s);
  }

  void publish(Dispatcher& dispatcher, bool large) {
    const std::int64_t n = ++last_;
    const std::size_t size = large ? 90'000 : draw(8) == 0 ? draw(9'000) : draw(300);
    std::string& text = texts_[n];
    text.assign(size, static_cast<char>('a' + n % 26));
    const std::set<std::string> subscribed = subscribed_;
    const Receipt receipt = dispatcher.publish("acme", Numbered{.n = n, .text = text});
    if (receipt.queued()) receipts_.push_back({n, receipt, subscribed});
  }

  void receive_receipts() {
    std::erase_if(receipts_, [&](const Published& published) {
      const Stored stored = published.receipt.stored();
      if (stored != Stored::yes && stored != Stored::duplicate) return stored != Stored::pending;
      ++result_.acknowledged;
      acknowledged_[published.n] = published.hosts;
      return true;
    });
  }

  // What is said to be delivered was.
  void check_history(Dispatcher& dispatcher) {
    std::map<std::string, std::pair<std::int64_t, std::string>> names;
    for (const auto& [what, delivery] : deliveries_) names[delivery] = what;
    for (const char* const host : hosts_) {
      const auto endpoint = dispatcher.endpoints().find_uid("acme", host);
      if (!endpoint) continue;
      std::string after;
      do {
        const auto page = dispatcher.endpoints().attempts("acme", endpoint->id, after, 1'000);
        for (const Attempt& attempt : page.rows) {
          if (attempt.result != AttemptResult::delivered) continue;
          const auto name = names.find(attempt.delivery.text());
          if (name == names.end() || !answered_.contains(name->second))
            violation("a delivery that never was");
        }
        after = page.next;
      } while (!after.empty());
      after.clear();
      do {
        const auto page = dispatcher.endpoints().dead_letters("acme", endpoint->id, after, 1'000);
        for (const DeadLetter& letter : page.rows) {
          const std::string& body = letter.event.body;
          dead_.insert({std::stoll(body.substr(body.find("\"n\":") + 4)), host});
        }
        after = page.next;
      } while (!after.empty());
      if (!dispatcher.endpoints().waiting("acme", endpoint->id).rows.empty())
        violation("not drained");
    }
  }

  void check_end() {
    const std::string damage = damage_in(path_);
    if (!damage.empty()) {
      ++result_.damaged;
      violation("integrity: " + damage);
    }
    for (const auto& [n, hosts] : acknowledged_) {
      for (const std::string& host : hosts) {
        if (answered_.contains({n, host})) {
          ++result_.delivered;
        } else if (!dead_.contains({n, host})) {
          ++result_.lost;
          violation("event " + std::to_string(n) + " to " + host + " is lost");
        }
      }
    }
  }

  struct Published {
    std::int64_t n = 0;
    Receipt receipt{};
    std::set<std::string> hosts{};
  };
  static constexpr std::array<const char*, 3> hosts_ = {"a.example.com", "b.example.com",
                                                        "c.example.com"};

  std::mt19937_64 random_;
  Setup setup_;
  std::string path_;
  Disk disk_;
  std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>();
  Result result_{};
  std::int64_t last_ = 0;
  std::map<std::int64_t, std::string> texts_;
  std::vector<Published> receipts_;
  std::set<std::string> subscribed_;  // confirmed
  std::map<std::int64_t, std::set<std::string>> acknowledged_;
  std::map<std::pair<std::int64_t, std::string>, std::string> deliveries_;
  std::set<std::pair<std::int64_t, std::string>> answered_;
  std::set<std::pair<std::int64_t, std::string>> dead_;
};

}  // namespace

Result live(std::uint64_t seed, const Setup& setup, const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  Result result = Life(seed, setup, folder).run();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return result;
}

}  // namespace hookwright::powerloss
