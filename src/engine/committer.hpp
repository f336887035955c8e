#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "engine/lane_book.hpp"
#include "engine/latch.hpp"
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
  TimePoint expires{};
  std::uint32_t attempts_max = 0;
  LatchRequest latch{};   // with a note: the events are stored once it is complete
  std::size_t bytes = 0;  // of the bodies
  std::shared_ptr<detail::ReceiptState> receipt{};
};

// A change to the endpoints, already checked.
struct EndpointOp {
  enum class Kind : std::uint8_t { create, edit, remove };
  Kind kind{};
  std::string tenant{};
  EndpointId id{};
  std::uint64_t version = 0;                  // that it must have, if not 0
  std::shared_ptr<const Endpoint> created{};  // with `create`: the whole of it
  std::function<void(Endpoint&)> edit{};      // with `edit`: what changes
  std::function<void(EndpointResult)> done{};
};

// A request to one endpoint outside its lane: a test, or a handshake with the token to be echoed.
struct TrialOp {
  std::string tenant{};
  EndpointId id{};
  Purpose purpose{};
  std::shared_ptr<const StoredEvent> event{};
  std::string token{};
  std::string url{};                  // that is asked, with a token
  std::function<void(Trial)> done{};  // may be empty
};

// Deliveries to be made again, or for the first time. Each is made once, whoever asks how often:
// its latch is set with it. `mark` is a latch that is set whether it was or not, or empty: of the
// event's first delivery, so that nobody misses it although nothing is left of it.
struct Revival {
  std::shared_ptr<const StoredEvent> event{};
  DeliveryId delivery{};
  std::optional<DeliveryId> dead_letter{};  // that it was
  std::string latch{};
  std::string mark{};
  TimePoint latched_until{};
};
struct Revived {
  EndpointOutcome outcome = EndpointOutcome::shutting_down;
  std::size_t sent = 0;
};
struct RecoverOp {
  std::string tenant{};
  EndpointId id{};
  std::vector<Revival> what{};
  bool at_once = false;             // else so that live traffic keeps its place
  std::optional<TimePoint> turn{};  // of the first one, however often it is planned
  std::size_t sent = 0;
  std::function<void(Revived)> done{};
};

struct SettingsOp {
  std::string tenant{};
  TenantSettings settings{};
  std::function<void(EndpointOutcome)> done{};
};

using Queued = std::variant<Submission, EndpointOp, TrialOp, RecoverOp, SettingsOp>;

// What the committer's surroundings do for it. Called on the committer's thread, never for long.
// What is not noexcept may throw for lack of memory, and has then done nothing.
class CommitterHost {
 public:
  virtual ~CommitterHost() = default;
  virtual void send(std::size_t shard, ToSender&& message) = 0;
  virtual void stored(const Submission& submission, Stored stored, EventId first,
                      std::string_view why) noexcept = 0;
  virtual void endpoint_changed(const Endpoint& endpoint,
                                const Profile* profile) = 0;  // null: gets nothing
  virtual void endpoint_removed(const std::string& tenant, EndpointId id) noexcept = 0;
  // An outcome is settled; with `latency`, from the event to its delivery.
  virtual void timed(Duration attempt, std::optional<Duration> latency) noexcept = 0;
  virtual void settings_changed(const std::string& tenant, const TenantSettings& settings) = 0;
  // A handshake's request, with a token that nobody can guess.
  [[nodiscard]] virtual TrialOp make_handshake(const Endpoint& endpoint) = 0;
  [[nodiscard]] virtual bool wants_reports() const = 0;
  virtual void report(AttemptReport&& report) noexcept = 0;
  virtual void report_dropped() noexcept = 0;
  // False: nobody hears of it. Else it is told until forget(key).
  virtual bool notice(Notice&& notice, const std::string& key) = 0;
  virtual void trouble(std::string_view what, std::string_view more) noexcept = 0;
  // What was said of endpoints holds until then; afterwards others may have made some.
  virtual void endpoints_known_until(SteadyTime until) noexcept = 0;
};

struct CommitterCounts {
  std::uint64_t accepted = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t trials = 0;
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
//
// Without memory step() throws, and has lost nothing: a batch that could not be formed returns to
// where it was, one whose outcome is known is taken up where its application stopped, and what the
// store has said once is kept until all of it has been acted upon.
class Committer {
 public:
  Committer(Store& store, CommitterHost& host, Profiles profiles, IdGenerator& ids,
            const Limits& limits, const EgressPolicy& egress, const Sealing& sealing,
            std::size_t shards, Worker worker);
  ~Committer();

  // Opens the store and reads what it holds. Throws ConfigError if that fails.
  void open(const Moment& moment);

  void submit(std::list<Queued>&& queued) noexcept { queue_.splice(queue_.end(), queued); }
  void submit(FromSender&& news) noexcept;
  void forget(std::list<std::string>&& notices) noexcept {
    forgotten_.splice(forgotten_.end(), notices);
  }

  // Does what is due. Blocks for as long as the store's calls do.
  void step(const Moment& moment);

  // The store's checkpoint, if it has committed something: for after step(), when what that brought
  // has been handed on.
  void checkpoint() noexcept;

  // When step() will have something to do although nothing is submitted.
  [[nodiscard]] SteadyTime next_wake(const Moment& moment) const;

  // Commits what is left, once, and lets go of the lanes. What can't be stored is reported as lost.
  void finish(const Moment& moment) noexcept;

  // False while the store has been failing for longer than Limits::store_patience, or has had no
  // room for events for so long, whatever else it takes.
  [[nodiscard]] bool accepting() const { return accepting_; }
  [[nodiscard]] const std::string& why_not() const {
    return why_not_;
  }  // while it is not accepting
  // Nothing waits to be committed, nothing due is left unread, no row is in memory.
  [[nodiscard]] bool drained(const Moment& moment) const;
  [[nodiscard]] const CommitterCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t rows_in_memory() const { return book_.rows(); }
  [[nodiscard]] const Roster& roster() const { return roster_; }
  [[nodiscard]] const LaneBook& book() const { return book_; }
  // A call of the store has had no answer, and what came of it is not known yet.
  [[nodiscard]] bool in_doubt() const { return plan_ || grants_in_doubt_ || holdings_in_doubt_; }

 private:
  // What one change of a batch stands for. The thing itself (the event, the outcome) lies in the
  // plan's list of its kind, in the same order.
  struct PlannedSubmission {
    std::vector<Waiting> rows{};
    Stored means = Stored::yes;  // once the change is applied
    EventId event{};             // the first one; with a latch, the one that it stands for
  };
  struct PlannedOutcome {
    Settlement means{};    // but for the change, which lies in the batch
    std::size_t told = 0;  // of its notices
  };
  struct PlannedOp {
    std::unique_ptr<Endpoint> result{};
    std::size_t uid_at = 0;
    std::size_t cancelled = 0;  // rows that are dropped with it
    bool asks = false;          // its receiver is asked whether it wants events
  };
  struct PlannedTrial {
    Attempt attempt{};
    bool accepted = false;
    std::unique_ptr<Endpoint> verified{};  // the endpoint as the change leaves it
  };
  struct PlannedRevival {
    Waiting row{};
    std::size_t index = 0;  // in the operation
  };
  struct PlannedSettings {
    std::string mark{};
  };
  struct PlannedDeath {  // of a row that was held
    EndpointId endpoint{};
    DeliveryId delivery{};
    std::uint64_t letter = 0;  // row of the dead letter
    std::vector<Note> notices{};
    std::size_t told = 0;     // of them
    bool tells_held = false;  // one of them is NoticeKind::held_too_long
  };
  struct PlannedForgetting {};
  struct PlannedRelease {
    EndpointId endpoint{};
  };
  struct PlannedHolding {  // whether the lane is still ours
    EndpointId endpoint{};
  };
  struct PlannedProbe {};
  using Planned = std::variant<PlannedSubmission, PlannedOutcome, PlannedOp, PlannedForgetting,
                               PlannedRelease, PlannedHolding, PlannedProbe, PlannedTrial,
                               PlannedRevival, PlannedSettings, PlannedDeath>;

  // A batch and what its changes stand for, one to one; then what came of it, and how far that has
  // been acted upon. What is large and seldom lies elsewhere, so that what is not stays small.
  struct Plan {
    Batch batch{};
    std::vector<Planned> items{};
    std::list<Outcome> outcomes{};
    std::list<Queued> queue{};
    std::list<std::string> forgotten{};
    std::unordered_map<EndpointId, Member> touched{};       // endpoints as the batch leaves them
    std::unordered_set<EndpointId> changed{};               // whose records it writes
    std::unordered_map<std::string, LatchState> latches{};  // the same
    bool in_doubt = false;  // a try may have been carried out; only the store can tell
    bool repeated = false;  // an earlier try than the one that was answered may have been
    bool answered = false;
    std::vector<ChangeResult> results{};
    std::size_t next = 0;  // of `items` to be acted upon
    [[nodiscard]] bool empty() const { return items.empty(); }
    [[nodiscard]] const Attempt* attempt() const;          // that the next item's change writes
    [[nodiscard]] const StoredEndpoint* endpoint() const;  // likewise
    void add(Change&& change, Planned&& item);
    [[nodiscard]] bool brings_news() const;  // events, or changes to endpoints
  };

  // committer_plan.cpp
  void make_plan(const Moment& moment);
  void plan_outcomes(Plan& plan, const Moment& moment);
  void plan_forgettings(Plan& plan);
  void plan_probe(Plan& plan, const Moment& moment);
  void plan_submissions(Plan& plan, const Moment& moment);
  void plan_submission(Plan& plan, const Submission& submission, const Moment& moment);
  void plan_events(const Submission& submission, Change& change, std::vector<Waiting>& rows,
                   const Moment& moment);
  [[nodiscard]] LatchStep plan_latch(Plan& plan, const Submission& submission, Change& change,
                                     const Moment& moment);
  void plan_ops(Plan& plan, const Moment& moment);
  [[nodiscard]] EndpointOutcome plan_op(Plan& plan, EndpointOp& op, const Moment& moment);
  void take_off_hold(EndpointId id, Change& change) const;
  void settle_status(Endpoint& after, const Endpoint& before, const Profile* profile,
                     TimePoint now) const;
  [[nodiscard]] bool succeeded_since(const Member& member, const Outcome& outcome);
  void put_back() noexcept;

  // committer_apply.cpp
  void apply(const Moment& moment);
  void applied(PlannedSubmission& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedOutcome& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedOp& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedForgetting& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedRelease& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedHolding& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedProbe& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedTrial& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedRevival& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedSettings& item, const ChangeResult& result, const Moment& moment);
  void applied(PlannedDeath& item, const ChangeResult& result, const Moment& moment);
  [[nodiscard]] bool carried_out_before(const Outcome& what, const Settlement& means);
  void count(const Settlement& settlement);
  void feed(Waiting&& row) noexcept;
  void report(const Outcome& outcome, const Settlement& means) noexcept;
  void tell_notice(const Note& note);
  void put_endpoint(const Endpoint& endpoint, const Moment& moment);
  void remove_endpoint(EndpointId id);
  void lose_lane(EndpointId id) noexcept;
  std::optional<StoredEndpoint> refresh_endpoint(EndpointId id, const Moment& moment);
  void flush_feeds();
  [[nodiscard]] std::optional<EventId> noted_event(const std::string& key);
  [[nodiscard]] LatchState noted_latch(const std::string& key);
  [[nodiscard]] static bool latch_changed(const Submission& what, const ChangeResult& result);

  // committer_ops.cpp
  void start_trial(TrialOp& op, const Moment& moment);
  void plan_trial(Plan& plan, const Outcome& outcome, const Moment& moment);
  [[nodiscard]] std::optional<bool> in_history(const Attempt& attempt);
  void finish_trial(std::uint64_t number, Trial&& trial) noexcept;
  bool plan_recovery(Plan& plan, RecoverOp& op, const Moment& moment);
  [[nodiscard]] bool made_by(const Revival& revival, std::uint64_t row);
  void plan_settings(Plan& plan, const SettingsOp& op, const Moment& moment);
  static void answer(Queued& queued, EndpointOutcome outcome) noexcept;

  // committer_hold.cpp
  void set_alarm(EndpointId id, TimePoint at);
  void clear_alarm(EndpointId id) noexcept;
  void arm(const Endpoint& endpoint, TimePoint now);
  void look_again_at(EndpointId id, TimePoint now);
  void held_one_more(EndpointId id, TimePoint now);
  void ring(const Moment& moment);
  void attend(EndpointId id, const Moment& moment);
  [[nodiscard]] bool given_up_by(const PlannedDeath& item);
  void plan_deaths(Plan& plan, Member& member, const Moment& moment);
  [[nodiscard]] std::optional<std::size_t> rows_of(EndpointId id);

  // committer_lanes.cpp
  [[nodiscard]] StoreStatus load_endpoints(std::uint64_t changed_after, const Moment& moment);
  [[nodiscard]] StoreStatus load_lanes();
  [[nodiscard]] StoreStatus load_notices();
  [[nodiscard]] StoreStatus load_settings();
  [[nodiscard]] StoreStatus look_at_settings();
  [[nodiscard]] Records find(const Query& query);
  void read_unread(const Moment& moment);
  void fetch(const Moment& moment);
  void acquire(const Moment& moment);
  void beat(const Moment& moment);
  void maintain(const Moment& moment);
  void take_grants(const Moment& moment);
  void leave_lost_lanes();
  void ask_who_holds(const Moment& moment);
  void look_for_grants(const Moment& moment);
  void release(const std::vector<EndpointId>& lanes, const Moment& moment);
  [[nodiscard]] Change release_of(EndpointId id, const Moment& moment) const;
  void trust_from(SteadyTime started);
  [[nodiscard]] bool knows_endpoints(const Moment& moment) const;
  [[nodiscard]] std::size_t shard_of(const Url& url) const;

  // committer.cpp
  [[nodiscard]] bool commit_due(const Moment& moment) const;
  [[nodiscard]] bool outcomes_can_wait(const Moment& moment) const;
  [[nodiscard]] SteadyTime commit_at(const Moment& moment) const;
  void work(const Moment& moment);
  void commit(const Moment& moment);
  void carry_out(const Moment& moment);
  void failed(const StoreStatus& status, const Moment& moment) noexcept;
  void refuse(std::string_view why, const Moment& moment) noexcept;
  void give_up(std::list<Queued>& queue, Stored as, std::string_view why) noexcept;
  void give_up_plan(std::string_view why) noexcept;
  void give_up_ops(Plan& plan) noexcept;
  void give_up_trials() noexcept;
  void recovered() noexcept;
  [[nodiscard]] bool in_trouble() const { return trouble_since_.has_value(); }
  // The store works, and nothing that was sent to it waits to be known or acted upon.
  [[nodiscard]] bool at_rest() const { return !in_trouble() && !plan_; }

  struct Route {
    std::size_t shard = 0;
    std::shared_ptr<const Destination> destination{};
  };

  Store& store_;
  CommitterHost& host_;
  IdGenerator& ids_;
  Limits limits_;
  EgressPolicy egress_;
  Sealing sealing_;
  std::size_t shards_;
  Worker worker_;
  bool shared_ = false;

  Roster roster_;
  LaneBook book_;
  RowNumbers rows_;
  std::unordered_map<EndpointId, Route> routes_;
  std::uint64_t endpoints_version_ = 0;
  std::string settings_mark_{};  // of what is known of the tenants' settings

  std::list<Queued> queue_;
  std::list<Outcome> outcomes_;
  std::list<std::string> forgotten_;
  std::unordered_map<std::uint64_t, TrialOp> trials_;  // under way
  std::uint64_t last_trial_ = 0;

  // When an endpoint is to be looked at: a held row is too old, a secret's time is over.
  std::set<std::pair<TimePoint, EndpointId>> alarms_;
  std::unordered_map<EndpointId, TimePoint> alarm_of_;
  std::size_t untold_ = 0;  // notices that were given to the host, and not yet forgotten
  std::unordered_map<EndpointId, TimePoint> told_held_;  // NoticeKind::held_too_long, once a day
  std::optional<Plan> plan_;        // whose outcome is not known, or not yet acted upon to its end
  std::vector<LaneGrant> grants_;   // that are not yet taken
  std::vector<EndpointId> lost_;    // lanes that are not yet left
  bool grants_in_doubt_ = false;    // acquire() did not answer: we may hold lanes unknown to us
  bool holdings_in_doubt_ = false;  // heartbeat() did not: we may know of lanes that we don't hold
  std::unordered_map<EndpointId, std::vector<Waiting>> feeds_;
  std::vector<std::size_t> settled_;  // per shard, since the last flush

  SteadyTime last_commit_{};
  std::size_t last_commit_events_ = 0;  // published, or asked for
  std::optional<SteadyTime> trouble_since_;
  SteadyTime retry_at_{};
  std::set<EndpointId> unread_;  // endpoints that are not what we think, and could not be read
  SteadyTime read_again_at_{};
  SteadyTime fetch_at_{};    // later than now while the store can't be read
  SteadyTime read_on_at_{};  // and while what is read makes room for what goes straight to memory
  Duration backoff_{};
  bool accepting_ = true;
  std::string why_not_{};
  std::optional<SteadyTime> full_since_;  // for what is new, though outcomes may still find room
  SteadyTime full_again_{};               // when something new is let in to see
  bool broken_ = false;
  bool op_waited_ = false;    // outcomes went before it once
  SteadyTime pause_until_{};  // there was no memory: a moment's rest
  std::optional<SteadyTime> stumbling_since_;
  SteadyTime beat_at_{};
  SteadyTime trusted_until_ = SteadyTime::max();  // the lanes held, and the endpoints known
  SteadyTime acquire_at_{};
  TimePoint free_due_ = TimePoint::max();  // when a lane that nobody holds has work: a retry is
                                           // taken up on time, whoever it is
  SteadyTime maintain_at_{};
  bool checkpoint_due_ = false;  // something was committed since the last one
  CommitterCounts counts_;
};

}  // namespace hookwright::engine
