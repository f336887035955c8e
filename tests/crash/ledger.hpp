#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "crash/plan.hpp"
#include "crash/receiver.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/store.hpp"

namespace hookwright::crash {

// Everything that is in a store, as far as it is checked.
struct Contents {
  std::map<int, Endpoint> endpoints{};  // by number
  std::unordered_map<std::string, int> waiting{};
  struct Tried {
    int attempts = 0;
    int delivered = 0;
    int died = 0;  // exhausted or gone
  };
  std::unordered_map<std::string, Tried> attempts{};  // by delivery
  std::unordered_map<std::string, DeadLetter> dead{};
  std::unordered_map<std::string, std::pair<std::int64_t, int>> what{};  // number and endpoint of
                                                                         // what waits or is dead
  std::vector<Notice> notices{};
};
// Throws std::runtime_error if it can't be read.
[[nodiscard]] Contents read(Store& store);

struct Tally {
  std::uint64_t accepted = 0;  // deliveries: one for each endpoint of an accepted event
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t max_duplicates = 0;
  std::uint64_t crashes = 0;
  std::vector<std::string> violations{};  // the first few, in words
  std::uint64_t violation_count = 0;

  void violation(const std::string& what);
};

// What a store's processes have said and what the receiver has seen, from the store's creation on;
// and whether these and the store agree.
class Ledger {
 public:
  Ledger(Tally& tally, std::size_t unsettled_max) : tally_(tally), unsettled_max_(unsettled_max) {}

  // After each process, in this order: its journal, what it sent, and what it left in the store.
  // Returns whether it said that it had drained.
  bool hear(int process, const std::string& journal);
  void see(const std::vector<Arrival>& arrivals);
  // `keeps_history`: attempts have not been purged.
  void compare(int process, const Contents& now, bool crashed, bool keeps_history);

  // Once nothing waits any more: everything accepted is somewhere.
  void settle(const Contents& now, bool keeps_history);

  // For the next process: events queued and never heard of, a line each.
  [[nodiscard]] std::string unheard() const;

 private:
  struct Event {
    EventId id{};
    std::int64_t at = 0;
    bool accepted = false;
    bool refused = false;
    bool settled = false;       // and counted
    std::set<int> processes{};  // that published it
  };
  struct Sent {
    std::int64_t n = 0;
    int endpoint = 0;
    std::size_t hash = 0;
    int sends = 0;
    int answered = 0;         // with 2xx
    std::map<int, int> by{};  // sends by process
    int under_way = 0;        // the process that ended meanwhile: the next may send it again
  };
  struct Secrets {
    int confirmed = 0;
    int begun = 0;
  };

  void violation(const std::string& what) { tally_.violation(what); }
  void check_dead(const Contents& now, bool keeps_history);
  void check_endpoints(int process, const Contents& now);
  [[nodiscard]] bool told(const Contents& now, NoticeKind kind, const std::string& endpoint,
                          const std::string& delivery) const;

  Tally& tally_;
  std::size_t unsettled_max_;
  std::map<std::int64_t, Event> events_;
  std::unordered_map<std::string, Sent> sent_;                 // by delivery
  std::map<std::pair<std::int64_t, int>, std::string> names_;  // the delivery of event and endpoint
  std::map<int, std::string> endpoints_;                       // ids by number
  std::map<int, Secrets> secrets_;
  std::set<std::string> told_;                     // notices that an observer has heard
  std::unordered_map<std::string, int> attempts_;  // in the store, at the end of the last process
  std::set<std::string> dead_;                     // in the store, likewise
  std::set<std::pair<int, int>> stopped_in_;       // endpoint and process
  std::map<int, std::uint64_t> duplicates_;        // by the crash that they follow from
};

}  // namespace hookwright::crash
