#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/lane_book.hpp"
#include "engine/messages.hpp"
#include "engine/moment.hpp"
#include "engine/roster.hpp"
#include "engine/settlement.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/endpoints.hpp"
#include "hookwright/id.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/options.hpp"
#include "hookwright/receipt.hpp"
#include "hookwright/store.hpp"

namespace hookwright::engine {

// Events to be stored together, or not at all.
struct Submission {
  std::vector<std::shared_ptr<const StoredEvent>> events{};
  std::string idempotency_note{};  // key of the note, or empty
  Duration idempotency_window{};
  std::size_t bytes = 0;  // of the bodies
  std::shared_ptr<detail::ReceiptState> receipt{};
};

// A change to the endpoints, already checked.
struct EndpointOp {
  enum class Kind : std::uint8_t { create, edit, remove };
  Kind kind{};
  std::string tenant{};
  EndpointId id{};
  Endpoint created{};                     // with `create`: the whole of it
  std::function<void(Endpoint&)> edit{};  // with `edit`: what changes
  std::function<void(EndpointResult)> done{};
};

// What the committer's surroundings do for it. Called on the committer's thread, never for long.
class CommitterHost {
 public:
  virtual ~CommitterHost() = default;
  virtual void send(std::size_t shard, ToSender&& message) = 0;
  virtual void stored(const Submission& submission, Stored stored, EventId first,
                      const std::string& why) = 0;
  virtual void endpoint_changed(const Endpoint& endpoint,
                                const Profile* profile) = 0;  // null: gets nothing
  virtual void endpoint_removed(const std::string& tenant, EndpointId id) = 0;
  [[nodiscard]] virtual bool wants_reports() const = 0;
  virtual void report(AttemptReport&& report) = 0;
  virtual void notice(Notice&& notice, const std::string& key) = 0;  // until forget(key)
  virtual void trouble(const std::string& what) = 0;
  // What was said of endpoints holds until then; afterwards others may have made some.
  virtual void endpoints_known_until(SteadyTime until) = 0;
};

struct CommitterCounts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t dead = 0;
  std::uint64_t spared = 0;
  std::uint64_t fenced = 0;
  std::uint64_t commits = 0;
  std::uint64_t store_exceptions = 0;
};

// The store side: forms one transaction of all that waits, carries it out, and tells everybody what
// came of it; feeds the lanes; keeps this worker's hold on them. Deterministic: it acts in step()
// only, at the moment it is given. One thread.
class Committer {
 public:
  Committer(Store& store, CommitterHost& host, Profiles profiles, IdGenerator& ids,
            const Limits& limits, const EgressPolicy& egress, std::size_t shards, Worker worker);
  ~Committer();

  // Opens the store and reads what it holds. Throws ConfigError if that fails.
  void open(const Moment& moment);

  void submit(Submission&& submission) { queue_.emplace_back(std::move(submission)); }
  void submit(EndpointOp&& op) { queue_.emplace_back(std::move(op)); }
  void submit(FromSender&& news);
  void forget(std::string notice) { forgotten_.push_back(std::move(notice)); }

  // Does what is due. Blocks for as long as the store's calls do.
  void step(const Moment& moment);

  // When step() will have something to do although nothing is submitted.
  [[nodiscard]] SteadyTime next_wake(const Moment& moment) const;

  // Commits what is left, once, and lets go of the lanes. What can't be stored is reported as lost.
  void finish(const Moment& moment);

  // False while the store has been failing for longer than Limits::store_patience.
  [[nodiscard]] bool accepting() const { return accepting_; }
  // Nothing waits to be committed, nothing due is left unread, no row is in memory.
  [[nodiscard]] bool drained(const Moment& moment) const;
  [[nodiscard]] const CommitterCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t rows_in_memory() const { return book_.rows(); }
  [[nodiscard]] const Roster& roster() const { return roster_; }

 private:
  using Queued = std::variant<Submission, EndpointOp>;
  struct PlannedSubmission {
    Submission what{};
    std::vector<Waiting> rows{};
  };
  struct PlannedOutcome {
    Outcome what{};
    Settlement means{};
  };
  struct PlannedOp {
    EndpointOp what{};
    Endpoint result{};
    std::size_t uid_at = 0;
  };
  struct PlannedForgetting {
    std::string key{};
  };
  using Planned = std::variant<PlannedSubmission, PlannedOutcome, PlannedOp, PlannedForgetting>;

  // A batch and what its changes stand for, one to one.
  struct Plan {
    Batch batch{};
    std::vector<Planned> items{};
    std::unordered_map<EndpointId, Member> touched{};  // endpoints as the batch leaves them
    bool repeated = false;                             // an earlier try may have been carried out
    [[nodiscard]] bool empty() const { return items.empty(); }
  };

  // committer_plan.cpp
  [[nodiscard]] Plan make_plan(const Moment& moment);
  void plan_outcomes(Plan& plan, const Moment& moment);
  void plan_forgettings(Plan& plan);
  void plan_probe(Plan& plan, const Moment& moment);
  void plan_submissions(Plan& plan, const Moment& moment);
  void plan_submission(Plan& plan, Submission&& submission, const Moment& moment);
  void plan_ops(Plan& plan, const Moment& moment);
  bool plan_op(Plan& plan, EndpointOp& op, const Moment& moment);
  [[nodiscard]] bool succeeded_since(const Member& member, const Delivery& delivery);
  void put_back(Plan&& plan);

  // committer_apply.cpp
  void apply(Plan&& plan, const std::vector<ChangeResult>& results, const Moment& moment);
  void applied(PlannedSubmission&& item, const ChangeResult& result, bool repeated,
               const Moment& moment);
  void applied(PlannedOutcome&& item, const ChangeResult& result, bool repeated,
               const Moment& moment);
  void applied(PlannedOp&& item, const ChangeResult& result, bool repeated, const Moment& moment);
  void count(const Settlement& settlement);
  void report(const PlannedOutcome& item);
  void tell_notices(const std::vector<Note>& notes);
  void put_endpoint(Endpoint&& endpoint, const Moment& moment);
  void remove_endpoint(EndpointId id);
  void refresh_endpoint(EndpointId id, const Moment& moment);
  void flush_feeds();
  [[nodiscard]] std::optional<EventId> noted_event(const std::string& key);

  // committer_lanes.cpp
  [[nodiscard]] StoreStatus load_endpoints(std::uint64_t changed_after, const Moment& moment);
  [[nodiscard]] StoreStatus load_lanes();
  [[nodiscard]] StoreStatus load_notices();
  [[nodiscard]] Records find(const Query& query);
  void fetch(const Moment& moment);
  void acquire(const Moment& moment);
  void beat(const Moment& moment);
  void maintain(const Moment& moment);
  void release_idle(const Moment& moment, bool all);
  [[nodiscard]] Change release_of(EndpointId id, const Moment& moment) const;
  void trust_from(SteadyTime started);
  [[nodiscard]] std::size_t shard_of(const Url& url) const;

  // committer.cpp
  [[nodiscard]] bool commit_due(const Moment& moment) const;
  [[nodiscard]] SteadyTime commit_at(const Moment& moment) const;
  void commit(const Moment& moment);
  void failed(Plan&& plan, const StoreStatus& status, const Moment& moment);
  void give_up_submissions(const std::string& why);
  void give_up_ops(Plan& plan);
  void recovered();
  [[nodiscard]] bool in_trouble() const { return trouble_since_.has_value(); }

  struct Route {
    std::size_t shard = 0;
    std::shared_ptr<const Destination> destination{};
  };

  Store& store_;
  CommitterHost& host_;
  IdGenerator& ids_;
  Limits limits_;
  EgressPolicy egress_;
  std::size_t shards_;
  Worker worker_;
  bool shared_ = false;

  Roster roster_;
  LaneBook book_;
  RowNumbers rows_;
  std::unordered_map<EndpointId, Route> routes_;
  std::uint64_t endpoints_version_ = 0;

  std::deque<Queued> queue_;
  std::deque<Outcome> outcomes_;
  std::vector<std::string> forgotten_;
  std::optional<Plan> unknown_;  // its outcome is not known: repeated until it is
  std::unordered_map<EndpointId, std::vector<Waiting>> feeds_;
  std::vector<std::size_t> settled_;  // per shard, since the last flush

  SteadyTime last_commit_{};
  std::size_t last_commit_size_ = 0;
  std::optional<SteadyTime> trouble_since_;
  SteadyTime retry_at_{};
  SteadyTime fetch_at_{};  // later than now while the store can't be read
  Duration backoff_{};
  bool accepting_ = true;
  bool broken_ = false;
  bool op_waited_ = false;  // outcomes went before it once
  SteadyTime beat_at_{};
  SteadyTime acquire_at_{};
  TimePoint free_due_ = TimePoint::max();  // when a lane that nobody holds has work: a retry is
                                           // taken up on time, whoever it is
  SteadyTime maintain_at_{};
  CommitterCounts counts_;
};

}  // namespace hookwright::engine
