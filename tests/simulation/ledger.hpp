#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/dispatcher.hpp"
#include "hookwright/event.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/receipt.hpp"
#include "hookwright/store.hpp"
#include "hookwright/transport.hpp"
#include "hookwright/verifier.hpp"
#include "simulation/rules.hpp"
#include "simulation/scenario.hpp"
#include "simulation/trace.hpp"
#include "simulation/violations.hpp"
#include "store/memory_database.hpp"

namespace hookwright::simulation {

struct EndpointStory;
struct Flight;

// What a batch was made from, however often it is repeated.
struct Decision {
  SteadyTime knowing{};  // what others had done to endpoints before then
  TimePoint at{};        // by its dispatcher's time
};

// One life of a dispatcher, as the ledger sees it.
struct Life {
  int n = 0;
  IdBytes worker{};
  bool over = false;
  bool doubtful = false;     // an answer of the store got lost: what it counts is a guess
  SteadyTime knows_until{};  // what others did to endpoints before then is known to it
  Decision decided{};        // of its last batch
  SteadyTime reads_since = SteadyTime::max();  // the next one may be, since it reads for it
  std::optional<SteadyTime> unanswered{};      // since then it doesn't know what it has done itself
  std::size_t unsettled = 0;                   // started, and the outcome is not durable
  std::size_t in_flight = 0;
  std::size_t slow_in_flight = 0;
  std::vector<const Flight*> on_wire{};
  std::uint64_t starts = 0;
  std::map<AttemptResult, std::uint64_t> settled{};
  std::uint64_t spared = 0;
  std::uint64_t orphans = 0;   // settled after their endpoint had been removed
  std::uint64_t given_up = 0;  // rows of endpoints that were stopped
  std::uint64_t accepted = 0;  // deliveries that it has stored
  std::uint64_t cancelled = 0;
  std::uint64_t stored = 0;  // events by receipts
  std::uint64_t trials = 0;
  std::uint64_t revived = 0;                  // of those accepted: made once more
  SteadyTime looked{};                        // when its last recovery has looked at what there is
  std::vector<const EndpointStory*> tests{};  // that it was asked for and has not sent
  std::map<std::string, std::size_t> to_host{};
  std::map<EndpointId, std::uint64_t> granted{};  // epochs of lanes, as far as it was told
};

struct EventStory {
  int n = 0;
  EncodedEvent event{};
  std::string tenant{};
  PublishOptions options{};
  bool stored = false;
  bool again = false;  // it was published more than once
};

struct EndpointStory {
  struct Version {
    SteadyTime from{};
    Endpoint record{};
    bool removed = false;
    std::shared_ptr<const Verifier> verifier{};
  };
  // How one life stands with it.
  struct Of {
    std::size_t in_flight = 0;
    std::size_t known = 0;            // it has been told that this version holds
    bool tried = false;               // it has ended a request
    std::optional<bool> timed_out{};  // the last attempt
    std::uint64_t epoch = 0;          // of the lane, when the last attempt ended
    std::string host{};               // of the last attempt
    std::size_t version = 0;          // of the endpoint, then
    SteadyTime rest_until{};
  };
  int n = 0;
  Rules rules{};
  WireFormat wire{};
  std::vector<Version> versions{};
  std::map<int, Of> lives{};
  std::deque<SteadyTime> sends{};  // of the last minute
  std::uint64_t recoverable = 0;   // deliveries, that recoveries were asked for
  SteadyTime rest_until{};         // that it has asked for, of anybody
  SteadyTime moved{};              // when something last happened to it, or to its lane
  TimePoint last_success{};        // latest start of an attempt that was settled as delivered
  TimePoint newest_success{};      // start of the one that was settled last
  [[nodiscard]] const Version& now() const { return versions.back(); }
};

struct DeliveryStory;

struct Flight {
  int n = 0;
  EndpointStory* endpoint = nullptr;
  DeliveryStory* what = nullptr;  // null: a trial
  Purpose purpose{};
  std::shared_ptr<const std::string> asked{};  // by a trial
  bool written = false;                        // a trial is in the history
  int life = 0;
  std::uint64_t row = 0;
  std::uint64_t epoch = 0;
  bool held = false;          // its sender had the lane
  std::uint64_t granted = 0;  // by what it was told: behind `epoch` where an answer got lost
  SteadyTime started{};
  TimePoint started_wall{};
  bool slow = false;
  bool tried = false;  // its endpoint was known to answer
  std::string host{};
  std::string tenant{};
  std::optional<Completion> end{};
  TimePoint ended_wall{};
  bool over = false;      // settled, fenced off, cut off, or its sender is dead
  bool explains = false;  // that the row is sent again: it was fenced off or cut off
};

// Who takes which places of a life. A request that has gone unanswered for long leaves its place to
// others, and waits beside them; endpoints that have not been heard from share places of their own.
struct Places {
  std::size_t waiting = 0;
  std::size_t young = 0;
  std::size_t untried = 0;                         // of the young
  std::map<std::string, std::size_t> of_tenant{};  // likewise, of endpoints that are tried
};
Places places_of(const Life& life, SteadyTime now);
std::size_t waiting_max(const Limits& limits);

struct DeliveryStory {
  // Replaced: it was a dead letter, and was sent again under a new id.
  enum class State : std::uint8_t { waiting, delivered, dead, cancelled, replaced };
  int n = 0;
  DeliveryId id{};
  EventStory* event = nullptr;
  EndpointStory* endpoint = nullptr;
  State state = State::waiting;
  LanePosition position{};
  std::uint32_t attempts = 0;
  TimePoint first_attempt{};
  TimePoint spared_since{};
  TimePoint expires{};
  std::uint32_t attempts_max = 0;  // of its own, or 0
  std::uint64_t letter = 0;        // row of its dead letter, if it is dead
  TimePoint died{};
  std::vector<Flight*> flights{};
};

// What is known of a latch, by its note's key.
struct LatchStory {
  std::uint32_t asked = 0;     // parts that the host has told
  std::uint32_t recorded = 0;  // that are durable, and not forgotten since
  std::uint32_t ever = 0;
  bool fired = false;
  bool ever_fired = false;
  TimePoint expires{};
};

struct NoticeStory {
  Notice notice{};
  const Life* by = nullptr;
  std::size_t told = 0;
  bool dropped = false;
};

// Where the ledger learns of one change in the store: who asked for it, and what came of it.
struct Carried {
  const Change& change;
  ChangeResult result{};
  bool held = false;  // the worker held the lane that the change names
};

// What has truly happened: in the store, on the wire and towards the host, told by those who
// watch there, and checked against what must happen at every step. The invariants' numbers stand
// beside each check.
class Ledger {
 public:
  Ledger(const Scenario& scenario, Trace& trace, Violations& violations,
         const MemoryDatabase& database);

  void set_time(SteadyTime now) { now_ = now; }

  // --- the host: ledger_host.cpp
  Life& begins(int n);
  void ends(Life& life);
  void published(EncodedEvent event, std::string tenant, const PublishOptions& options);
  void changed(const Endpoint& reported);  // by a call that has said so
  void receipt(Life& life, const std::vector<EventId>& events, Stored stored, bool ending);
  void nobody_listening(const Life& life, std::string_view tenant, std::string_view type,
                        std::string_view family);
  void told(const Life& life, const Notice& notice);
  void reported(const AttemptReport& report);

  // --- calls of the host: ledger_calls.cpp
  void asks_for_test(Life& life, EndpointId id);
  void answers_trial(Life& life, EndpointId id, Purpose purpose, const Trial& trial);
  // What a recovery must bring back that looks at all there is.
  struct Missed {
    EndpointStory* endpoint = nullptr;
    std::size_t version = 0;
    std::vector<std::pair<DeliveryStory*, std::uint64_t>> dead{};  // and the letters' rows
    std::vector<const EventStory*> events{};
  };
  [[nodiscard]] Missed begins_recovery(Life& life, EndpointId id, const Recovery& what);
  void recovers_part(EndpointId id, const Recovery& what);
  void ends_recovery(const Missed& missed);
  [[nodiscard]] std::optional<DeliveryId> some_delivery(EndpointId id, std::size_t number) const;

  // --- the store: ledger_store.cpp, ledger_settle.cpp
  void carried_out(Life& life, const Carried& carried, TimePoint now);
  // It makes a batch now, unless it repeats one.
  void decides(Life& life, TimePoint now);
  void reads(Life& life, const Query& query);
  // The answer to a commit that went well has reached the dispatcher.
  void answered(Life& life, const Batch& batch, const std::vector<ChangeResult>& results);

  // --- the wire: ledger_wire.cpp
  Flight* started(Life& life, const Request& request, TimePoint wall);
  void ended(Life& life, Flight& flight, const Completion& completion, TimePoint wall);

  // --- at the end: quiescence.cpp
  void check_told();  // by those who live
  void check_quiet();
  void expects_all_back(bool all) { all_back_ = all; }

  [[nodiscard]] EndpointStory* endpoint(EndpointId id);
  [[nodiscard]] const std::vector<std::unique_ptr<EndpointStory>>& endpoints() const {
    return endpoints_;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<EventStory>>& events() const { return events_; }
  [[nodiscard]] std::size_t waiting() const { return by_row_.size(); }

 private:
  // The versions of the endpoint that this life may take for the newest.
  struct Possible {
    std::vector<const EndpointStory::Version*> versions{};
    bool unknown = false;  // or it may not have heard of the endpoint
  };
  [[nodiscard]] Possible possible(const Life& life, const EndpointStory& endpoint,
                                  SteadyTime since) const;
  [[nodiscard]] SteadyTime known_since(const Life& life) const;
  [[nodiscard]] std::uint64_t lane_epoch(const EndpointId& id) const;
  [[nodiscard]] bool holds_lane(const Life& life, const EndpointId& id) const;
  void fail(std::string_view invariant, std::string what) {
    violations_.add(invariant, std::move(what));
  }

  void put_event(Life& life, const Carried& carried, TimePoint now);
  void check_routing(Life& life, const EventStory& event, const Change& change);
  void put_endpoint(Life& life, const StoredEndpoint& stored);
  void put_notice(const Life& life, const Note& note);
  void put_latch(const Life& life, const Change& change, const Note& note, TimePoint now);
  void put_trial(Life& life, const Change& change, const Attempt& attempt);
  void put_again(Life& life, const Change& change, TimePoint now);
  DeliveryStory* put_again_as(DeliveryStory* dead, EventStory& event, EndpointStory& endpoint,
                              const Delivery& row);
  void check_new(const Life& life, const DeliveryStory& story, const Delivery& row, TimePoint now,
                 Duration later = {});
  void settle(Life& life, const Carried& carried, TimePoint now);
  void expire(Life& life, DeliveryStory& story, const Change& change, TimePoint now);
  [[nodiscard]] Expected expected_of(const DeliveryStory& story, const Flight& flight,
                                     const DeadLetter* letter);
  void give_up(Life& life, const Carried& carried, TimePoint now);
  [[nodiscard]] bool under_way(const DeliveryStory& story) const;
  void check_again(const DeliveryStory& story, const Flight& flight, const Expected& expected,
                   const Delivery* next, TimePoint now);
  void check_attempt(const DeliveryStory& story, const Flight& flight, const Expected& expected,
                     const Attempt* attempt);
  void check_dead(const DeliveryStory& story, const Flight& flight, const Expected& expected,
                  const DeadLetter* letter, TimePoint now);
  void check_effect(Life& life, const DeliveryStory& story, const Flight& flight,
                    const Expected& expected, const Change& change);
  void finish(Life& life, Flight& flight, bool explains);
  void leave_wire(Life& life, const Flight& flight);
  void cancel_rows(Life& life, const EndpointStory& endpoint);

  [[nodiscard]] EndpointStory* endpoint_at(const Url& url);
  Flight* takes_off(Life& life, EndpointStory& endpoint, const Request& request, TimePoint wall);
  [[nodiscard]] DeliveryStory* delivery_sent(const EventStory& event, const EndpointStory& endpoint,
                                             const Request& request);
  Flight* starts_trial(Life& life, EndpointStory* endpoint, const Request& request, TimePoint wall);
  void check_order(const Life& life, const DeliveryStory& story, TimePoint wall);
  void check_request(Life& life, const DeliveryStory& story, const Request& request,
                     TimePoint wall);
  bool check_bounds(Life& life, EndpointStory& endpoint, const Request& request,
                    EndpointStory::Of& of);
  void check_rate(EndpointStory& endpoint);
  void check_once(const Life& life, const DeliveryStory& story);

  const Scenario& scenario_;
  Trace& trace_;
  Violations& violations_;
  const MemoryDatabase& database_;
  SteadyTime now_{};

  std::vector<std::unique_ptr<Life>> lives_{};
  std::vector<std::unique_ptr<EventStory>> events_{};
  std::vector<std::unique_ptr<EndpointStory>> endpoints_{};
  std::vector<std::unique_ptr<DeliveryStory>> deliveries_{};
  std::vector<std::unique_ptr<Flight>> flights_{};
  bool all_back_ = false;  // dead letters, in the end
  std::unordered_map<EventId, EventStory*> event_by_id_{};
  std::unordered_map<std::string_view, EventStory*> event_by_body_{};
  std::unordered_map<EndpointId, EndpointStory*> endpoint_by_id_{};
  std::map<std::pair<int, int>, std::vector<DeliveryStory*>> deliveries_of_{};  // event, endpoint
  std::unordered_map<DeliveryId, DeliveryStory*> delivery_by_id_{};
  std::unordered_map<std::uint64_t, DeliveryStory*> by_row_{};  // that wait
  std::unordered_map<std::uint64_t, std::vector<Flight*>> flights_of_row_{};
  std::map<std::string, const EventStory*> keys_{};  // that are used up
  std::map<std::string, NoticeStory> notices_{};
  std::map<std::string, LatchStory> latches_{};
  std::map<std::uint64_t, const DeliveryStory*> attempts_{};  // rows of the history; null: trials
};

// The keys of a publish as the ledger has them: of a latch's note, and of an idempotency key.
[[nodiscard]] std::string latch_key(std::string_view tenant, const PublishOptions& options);

// The wire format of a profile that the scenario's endpoints use.
[[nodiscard]] WireFormat wire_of(const Scenario& scenario, std::string_view profile);

// Whether it asks a receiver if it wants to be one.
[[nodiscard]] bool is_handshake(const Request& request);

// The number that an endpoint of the simulation carries in its URL; -1 if there is none.
[[nodiscard]] int number_in_url(std::string_view url);

}  // namespace hookwright::simulation
