#include "crash/campaign.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "crash/child.hpp"
#include "crash/ledger.hpp"
#include "crash/process.hpp"
#include "crash/receiver.hpp"
#include "crash/store_under_fire.hpp"

namespace hookwright::crash {
namespace {

using namespace std::chrono_literals;

constexpr int cycles_of_a_store = 6;
constexpr auto missed_after = 4s;  // a point that has not been passed by then
constexpr auto drained_by = 45s;
constexpr int killed = 128 + 9;

// How often a point is passed in a second or so; the kill comes at a random one of these.
std::uint64_t passes_of(Point point) {
  switch (point) {
    case Point::headers_sent:
    case Point::dead_letter_half_moved:
    case Point::endpoint_stopping:
      return 6;
    case Point::before_insert:
    case Point::before_commit:
    case Point::after_commit:
    case Point::settle_before_commit:
    case Point::settle_after_commit:
    case Point::migration:
    case Point::rotation:
      return 25;
    case Point::checkpoint:
      return 60;
    case Point::purge:
    case Point::drain:
      return 150;
    default:
      return 600;
  }
}

class Folder {
 public:
  explicit Folder(const std::string& given) : path_(given) {
    if (path_.empty()) {
      path_ = std::filesystem::temp_directory_path() /
              ("hookwright-crash-" + std::to_string(::getpid()));
    }
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::vector<std::string> arguments_of(const Orders& orders) {
  const auto text = [](auto number) { return std::to_string(number); };
  return {"--child",     "yes",
          "--role",      text(static_cast<int>(orders.role)),
          "--store",     orders.store,
          "--folder",    orders.folder,
          "--port",      text(orders.port),
          "--process",   text(orders.process),
          "--seed",      text(orders.seed),
          "--point",     std::string(name_of(orders.point)),
          "--nth",       text(orders.nth),
          "--break",     std::string(mutation_names.at(static_cast<std::size_t>(orders.mutation))),
          "--in-flight", text(orders.in_flight),
          "--unsettled", text(orders.unsettled),
          "--events",    text(orders.events)};
}

// One store from its creation on.
struct Life {
  Life(const CampaignOptions& options, const std::string& at, std::size_t unsettled, Tally& tally)
      : folder(at), unsettled_max(unsettled), ledger(tally, unsettled) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    fire = make_store_under_fire(options.store, folder);
    if (!fire) throw std::runtime_error("there is no store " + options.store);
  }
  ~Life() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  std::string folder;
  std::size_t unsettled_max;
  Ledger ledger;
  std::unique_ptr<StoreUnderFire> fire{};
  int cycles = 0;
  bool keeps_history = true;
};

class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options)
      : options_(options),
        random_(options.seed),
        folder_(options.folder),
        receiver_(options.seed * 31 + 7) {}

  int run() {
    for (; cycles_ < options_.cycles; ++cycles_) {
      const Point point =
          options_.only.value_or(static_cast<Point>(static_cast<std::size_t>(cycles_) % points));
      cycle(point);
      if (noticed()) break;
    }
    return conclude();
  }

 private:
  // A mutation has been found out: there is no more to learn.
  [[nodiscard]] bool noticed() const {
    return options_.mutation != Mutation::none && tally_.violation_count != 0;
  }

  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void cycle(Point point) {
    if (!life_ || point == Point::migration || !life_->keeps_history ||
        life_->cycles == cycles_of_a_store) {
      const std::size_t drawn = std::array<std::size_t, 4>{1'024, 1'024, 256, 64}.at(draw(4));
      life_.reset();
      life_ = std::make_unique<Life>(options_, folder_ / "store",
                                     options_.unsettled != 0 ? options_.unsettled : drawn, tally_);
      receiver_.forget_secrets();
    }
    ++life_->cycles;
    if (point == Point::purge) life_->keeps_history = false;
    crash(point);
    while (!noticed() && !drain()) {
    }
  }

  Orders orders(Role role, Point point) {
    Orders orders;
    orders.role = role;
    orders.store = options_.store;
    orders.folder = life_->folder;
    orders.port = receiver_.port();
    orders.process = ++processes_;
    orders.seed = draw(1'000'000) + 1;
    orders.point = point;
    orders.nth = 1 + draw(passes_of(point));
    orders.mutation = options_.mutation;
    orders.in_flight = options_.in_flight;
    orders.unsettled = life_->unsettled_max;
    return orders;
  }

  void crash(Point point) {
    const bool gale = point == Point::dead_letter_half_moved || point == Point::endpoint_stopping ||
                      (point == Point::settle_after_commit && draw(2) == 0);
    const Weather weather = std::array<Weather, 6>{Weather::storm, Weather::storm, Weather::storm,
                                                   Weather::storm, Weather::gale,  Weather::swell}
                                .at(draw(6));
    receiver_.set_weather(gale ? Weather::gale : weather);
    const bool ends = point == Point::drain || point == Point::checkpoint;
    Orders told = orders(ends ? Role::close : Role::storm, point);
    if (ends) told.events = 80 + static_cast<std::int64_t>(draw(400));
    write_again();
    Process child(arguments_of(told));
    if (point == Point::headers_sent || point == Point::body_sent)
      receiver_.kill_at(point, told.nth, child.pid());
    const auto patience = point == Point::random
                              ? std::chrono::milliseconds(draw(draw(4) == 0 ? 2'000 : 700))
                              : std::chrono::milliseconds(missed_after);
    const auto ended = child.wait(patience);
    receiver_.spare();
    const int code = ended ? *ended : child.kill();
    if (point != Point::random) {
      Count& count = counts_.at(static_cast<std::size_t>(point));
      ++count.armed;
      if (ended == killed) ++count.hit;
    }
    if (code != killed && code != 0)
      tally_.violation("process " + std::to_string(told.process) + " ended with " +
                       std::to_string(code));
    take_stock(told, code == killed);
  }

  // True once it is done; false if it was killed as well.
  bool drain() {
    receiver_.set_weather(Weather::calm);
    const Orders told = orders(Role::drain, Point::random);
    write_again();
    Process child(arguments_of(told));
    const bool to_be_killed = draw(5) == 0;
    const auto ended = child.wait(to_be_killed ? std::chrono::milliseconds(draw(200))
                                               : std::chrono::milliseconds(drained_by));
    const int code = ended ? *ended : child.kill();
    const bool drained = take_stock(told, code == killed);
    if (to_be_killed && code == killed) return false;
    if (code != 0 || !drained) {
      tally_.violation("process " + std::to_string(told.process) + " did not drain (" +
                       std::to_string(code) + ")");
      life_->keeps_history = false;  // the next cycle begins with another store
      return true;
    }
    std::string damage;
    const auto store = life_->fire->look(damage);
    if (store) life_->ledger.settle(read(*store), life_->keeps_history);
    return true;
  }

  // What a process has left behind it. True if it said that it had drained.
  bool take_stock(const Orders& told, bool crashed) {
    const bool drained = life_->ledger.hear(told.process, journal_of(told));
    life_->ledger.see(receiver_.take());
    std::string damage;
    const auto store = life_->fire->look(damage);
    if (!damage.empty()) tally_.violation("integrity: " + damage);
    life_->ledger.compare(told.process, store ? read(*store) : Contents{}, crashed,
                          life_->keeps_history);
    return drained;
  }

  void write_again() const {
    Orders orders;
    orders.folder = life_->folder;
    std::ofstream(again_of(orders), std::ios::trunc) << life_->ledger.unheard();
  }

  int conclude() {
    for (std::size_t i = 1; i < points; ++i) {
      const Count& count = counts_.at(i);
      if (count.armed == 0) continue;
      std::cout << point_names.at(i) << ": killed there " << count.hit << " of " << count.armed
                << " times\n";
      if (count.armed >= 3 && count.hit == 0)
        tally_.violation(std::string(point_names.at(i)) + " is never passed");
    }
    for (const std::string& what : tally_.violations) std::cout << "violation: " << what << '\n';
    std::cout << "crashes=" << tally_.crashes << " dead=" << tally_.dead
              << " in_flight_max=" << receiver_.in_flight_max()
              << " violations=" << tally_.violation_count << '\n';
    std::cout << "cycles=" << cycles_ << " accepted=" << tally_.accepted
              << " delivered=" << tally_.delivered << " lost=" << tally_.lost
              << " duplicates=" << tally_.duplicates
              << " max_duplicates_per_crash=" << tally_.max_duplicates << std::endl;
    const bool wrong = tally_.violation_count != 0;
    return wrong == (options_.mutation != Mutation::none) ? 0 : 1;
  }

  struct Count {
    int armed = 0;
    int hit = 0;
  };

  CampaignOptions options_;
  std::mt19937_64 random_;
  Folder folder_;
  Receiver receiver_;
  Tally tally_{};
  std::unique_ptr<Life> life_{};
  int cycles_ = 0;
  int processes_ = 0;
  std::array<Count, points> counts_{};
};

}  // namespace

int run_campaign(const CampaignOptions& options) {
  return Campaign(options).run();
}

int time_restart(const CampaignOptions& options, std::int64_t waiting) {
  const Folder folder(options.folder);
  Receiver receiver(options.seed);
  Tally tally;
  const Life life(options, folder / "store", 1'024, tally);
  Orders orders;
  orders.role = Role::fill;
  orders.store = options.store;
  orders.folder = life.folder;
  orders.port = receiver.port();
  orders.process = 1;
  orders.events = waiting;
  {
    Process child(arguments_of(orders));
    if (child.wait(55s) != killed) throw std::runtime_error("the store can't be filled");
  }
  std::string damage;
  const auto rows = read(*life.fire->look(damage)).waiting.size();
  orders.role = Role::storm;
  orders.process = 2;
  const auto started = std::chrono::steady_clock::now();
  Process child(arguments_of(orders));
  while (receiver.first_of(2) == std::chrono::steady_clock::time_point() && !child.wait(1ms) &&
         std::chrono::steady_clock::now() - started < 20s) {
  }
  const auto first = receiver.first_of(2);
  child.kill();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(first - started).count();
  std::cout << "waiting=" << rows << " store_bytes=" << life.fire->size()
            << " first_send_ms=" << took << std::endl;
  return damage.empty() && rows >= static_cast<std::size_t>(waiting) && took >= 0 && took <= 2'000
             ? 0
             : 1;
}

}  // namespace hookwright::crash
