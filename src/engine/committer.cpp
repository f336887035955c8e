#include "engine/committer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/guard.hpp"
#include "fault_switch.hpp"

namespace hookwright::engine {

namespace {
constexpr Duration pause{50};  // after there was no memory
constexpr int tries_at_the_end = 64;
constexpr Duration backoff_first{50};
constexpr Duration backoff_max{2'000};
// Events of a commit: up to the one the next commit comes at once, from the other on they are as
// far apart as they may be.
constexpr std::size_t idle_batch = 8;
constexpr std::size_t busy_batch = 256;
constexpr std::size_t company = 16;  // outcomes that are worth a commit's while
}  // namespace

Committer::Committer(Store& store, CommitterHost& host, Profiles profiles, IdGenerator& ids,
                     const Limits& limits, const EgressPolicy& egress, const Sealing& sealing,
                     std::size_t shards, Worker worker)
    : store_(store),
      host_(host),
      ids_(ids),
      limits_(limits),
      egress_(egress),
      sealing_(sealing),
      shards_(shards),
      worker_(std::move(worker)),
      roster_(std::move(profiles)),
      book_({.lane_rows_max = limits.lane_rows_max,
             .rows_max = limits.rows_max,
             .short_pages = !store.traits().shared}),
      settled_(shards, 0) {}

Committer::~Committer() = default;

void Committer::submit(FromSender&& news) noexcept {
  outcomes_.splice(outcomes_.end(), news.outcomes);
  for (const Outcome& row : news.cut_off) {
    if (row.trial != 0) {
      finish_trial(row.trial, {.outcome = EndpointOutcome::shutting_down});
    } else {
      book_.give_back(row.what.delivery.endpoint, row.epoch, row.what.delivery.position.row);
    }
  }
  for (const Returned& returned : news.returned) book_.give_back(returned);
}

void Committer::step(const Moment& moment) {
  if (broken_) {
    give_up(queue_, Stored::no, "it is broken");
    give_up_trials();
    return;
  }
  if (moment.steady < pause_until_) return;
  try {
    work(moment);
  } catch (...) {
    pause_until_ = moment.steady + pause;
    if (!stumbling_since_) {
      stumbling_since_ = moment.steady;
      host_.trouble("out of memory", {});
    }
    if (moment.steady - *stumbling_since_ >= limits_.store_patience) {
      refuse("out of memory", moment);
      give_up(queue_, Stored::no, "out of memory");
      give_up_trials();
    }
    throw;
  }
  stumbling_since_.reset();
  // A full store that takes outcomes gives no sign when it has room for more: an event has to try.
  const bool may_try = !full_since_ || moment.steady >= full_again_;
  if (!in_trouble() && may_try && knows_endpoints(moment)) accepting_ = true;
}

void Committer::work(const Moment& moment) {
  leave_lost_lanes();
  if (shared_ && moment.steady >= beat_at_) beat(moment);
  if (commit_due(moment)) commit(moment);
  leave_lost_lanes();
  if (!knows_endpoints(moment) && moment.steady - trusted_until_ >= limits_.store_patience) {
    constexpr std::string_view why = "the store does not say which endpoints there are";
    refuse(why, moment);
    give_up(queue_, Stored::no, why);
    give_up_trials();
  }
  if (!unread_.empty() && moment.steady >= read_again_at_) read_unread(moment);
  if (holdings_in_doubt_ && at_rest()) ask_who_holds(moment);
  const bool acquire_due = moment.steady >= acquire_at_ || free_due_ <= moment.now;
  if (shared_ && acquire_due && at_rest()) acquire(moment);
  // While an outcome is unknown nothing is read: its rows would be older than the cursors.
  if (at_rest() && std::max(fetch_at_, read_on_at_) <= moment.steady && book_.hungry(moment.now)) {
    flush_feeds();  // what has just been committed doesn't wait for it
    fetch(moment);
  }
  if (at_rest() && moment.steady >= maintain_at_) maintain(moment);
  if (at_rest() && !alarms_.empty() && alarms_.begin()->first <= moment.now) ring(moment);
  flush_feeds();
}

// When the next commit is due: at once when idle, with company where much is published. A backlog
// that is being worked off makes nobody wait.
SteadyTime Committer::commit_at(const Moment& moment) const {
  SteadyTime at = SteadyTime::max();
  const bool ready = !queue_.empty() && (!std::holds_alternative<Submission>(queue_.front()) ||
                                         knows_endpoints(moment));
  if (ready || !forgotten_.empty()) {
    const auto busy = std::min(last_commit_events_, busy_batch);
    const auto spacing = last_commit_events_ <= idle_batch
                             ? std::chrono::nanoseconds(0)
                             : std::chrono::nanoseconds(limits_.commit_spacing_max) *
                                   static_cast<std::int64_t>(busy) /
                                   static_cast<std::int64_t>(busy_batch);
    at = last_commit_ + spacing;
  }
  if (!outcomes_.empty()) {
    at = std::min(at, outcomes_.front().since + limits_.outcome_delay_max);
    if (outcomes_.size() >= limits_.unsettled_max / 2) at = std::min(at, moment.steady);
  }
  return at;
}

// A few outcomes don't make what has just been published wait for a larger commit.
bool Committer::outcomes_can_wait(const Moment& moment) const {
  const bool events = !queue_.empty() && !in_trouble() && knows_endpoints(moment);
  return events && !outcomes_.empty() && outcomes_.size() < company &&
         moment.steady < outcomes_.front().since + limits_.outcome_delay_max;
}

bool Committer::commit_due(const Moment& moment) const {
  if (in_trouble()) return retry_at_ <= moment.steady;
  return plan_ || commit_at(moment) <= moment.steady;
}

void Committer::commit(const Moment& moment) {
  if (plan_ && plan_->answered) {
    apply(moment);
    return;
  }
  if (!plan_) make_plan(moment);
  if (plan_->empty() && in_trouble()) plan_probe(*plan_, moment);
  if (plan_->empty()) {
    plan_.reset();
    return;
  }
  carry_out(moment);
}

void Committer::carry_out(const Moment& moment) {
  Plan& plan = *plan_;
  last_commit_ = moment.steady;
  last_commit_events_ = plan.queue.size();
  const bool doubted = std::exchange(plan.in_doubt, true);
  auto committed = guard<Committed>(counts_.store_exceptions, StoreCode::unknown,
                                    [&] { return store_.commit(plan.batch, moment.now); });
  if (committed.status.ok() && committed.results.size() != plan.items.size()) {
    committed.status = {StoreCode::unknown, "the store gave no result for some changes"};
  }
  if (detail::mutated(detail::Mutation::settle_before_commit) && !committed.status.ok())
    committed = {.status = {}, .results = std::vector<ChangeResult>(plan.items.size())};
  const StoreCode code = committed.status.code;
  if (code == StoreCode::unavailable || code == StoreCode::full) plan.in_doubt = doubted;
  if (code != StoreCode::ok) {
    failed(committed.status, moment);
    return;
  }
  ++counts_.commits;
  checkpoint_due_ = true;
  if (plan.brings_news()) full_since_.reset();
  recovered();
  plan.repeated = doubted;
  plan.results = std::move(committed.results);
  plan.answered = true;
  apply(moment);
}

void Committer::failed(const StoreStatus& status, const Moment& moment) noexcept {
  if (!in_trouble()) {
    trouble_since_ = moment.steady;
    backoff_ = backoff_first;
    host_.trouble("the store failed: ", status.detail);
  }
  retry_at_ = moment.steady + backoff_;
  backoff_ = std::min(backoff_ * 2, backoff_max);
  if (status.code == StoreCode::full && plan_->brings_news() && !full_since_)
    full_since_ = moment.steady;
  // Outcomes that still find room must not keep the events behind them waiting for ever.
  const SteadyTime since = std::min(*trouble_since_, full_since_.value_or(*trouble_since_));
  broken_ = broken_ || status.code == StoreCode::broken;
  // What may have been carried out is asked for again as it is until the store has answered.
  if (!plan_->in_doubt) put_back();
  if (broken_) {
    refuse(status.detail, moment);
    give_up_plan(status.detail);
    give_up(queue_, Stored::no, status.detail);
  } else if (moment.steady - since >= limits_.store_patience) {
    refuse(status.detail, moment);
    give_up(queue_, Stored::no, status.detail);
    if (plan_) give_up_ops(*plan_);
    give_up_trials();
  }
}

// Events that have waited too long are reported, never dropped in silence; outcomes wait on,
// bounded by unsettled_max.
void Committer::give_up(std::list<Queued>& queue, Stored as, std::string_view why) noexcept {
  std::list<Queued> all;
  all.swap(queue);
  for (Queued& queued : all) {
    if (auto* submission = std::get_if<Submission>(&queued)) {
      const bool doubted = as == Stored::no && submission->latch.doubted;
      host_.stored(*submission, doubted ? Stored::unknown : as, {}, why);
    } else {
      answer(queued, EndpointOutcome::store_unavailable);
    }
  }
}

// Nobody will ask the store about it any more. What it has said counts; of the rest nobody knows.
void Committer::give_up_plan(std::string_view why) noexcept {
  if (!plan_) return;
  while (plan_->answered && plan_->next < plan_->items.size()) {
    const std::size_t at = plan_->next++;
    const auto* item = std::get_if<PlannedSubmission>(&plan_->items[at]);
    if (item == nullptr) continue;
    const bool refused = plan_->results[at].outcome != ChangeOutcome::applied &&
                         plan_->results[at].outcome != ChangeOutcome::mismatch;
    const bool fresh = plan_->results[at].outcome == ChangeOutcome::applied || plan_->repeated;
    const auto& what = std::get<Submission>(plan_->queue.front());
    Stored stored = fresh ? item->means : Stored::duplicate;
    if (latch_changed(what, plan_->results[at])) {
      stored = plan_->repeated || what.latch.doubted ? Stored::unknown : Stored::no;
    }
    host_.stored(what, refused ? Stored::no : stored, {}, {});
    plan_->queue.pop_front();
  }
  give_up(plan_->queue, plan_->in_doubt ? Stored::unknown : Stored::no, why);
  plan_.reset();
}

// Whoever waits for a change to an endpoint is told to look again.
void Committer::give_up_ops(Plan& plan) noexcept {
  for (Queued& queued : plan.queue) {
    answer(queued, EndpointOutcome::store_unavailable);
  }
}

// Whoever waits for a test or a handshake too: what came of it is written down once that can be.
void Committer::give_up_trials() noexcept {
  for (auto& [number, trial] : trials_) {
    if (const auto done = std::exchange(trial.done, nullptr))
      done({.outcome = EndpointOutcome::store_unavailable});
  }
}

void Committer::refuse(std::string_view why, const Moment& moment) noexcept {
  accepting_ = false;
  full_again_ = moment.steady + limits_.store_patience;
  try {
    why_not_ = why;
  } catch (...) {  // no memory for it
    why_not_.clear();
  }
}

void Committer::recovered() noexcept {
  if (!full_since_) accepting_ = true;
  if (!in_trouble()) return;
  trouble_since_.reset();
  host_.trouble("the store works again", {});
}

bool Committer::Plan::brings_news() const {
  return std::any_of(items.begin(), items.end(), [](const Planned& item) {
    return std::holds_alternative<PlannedSubmission>(item) ||
           std::holds_alternative<PlannedOp>(item) ||
           std::holds_alternative<PlannedRevival>(item) ||
           std::holds_alternative<PlannedSettings>(item);
  });
}

SteadyTime Committer::next_wake(const Moment& moment) const {
  const auto steady_of = [&moment](TimePoint due) {
    if (due <= moment.now) return moment.steady;
    constexpr Duration far = std::chrono::hours(24);
    return moment.steady + std::min<Duration>(due - moment.now, far);
  };
  SteadyTime at = SteadyTime::max();
  if (broken_) return at;
  if (in_trouble()) {
    at = retry_at_;
  } else if (plan_) {
    at = moment.steady;
  } else {
    at = commit_at(moment);
    if (book_.hungry(moment.now))
      at = std::min(at, std::max({moment.steady, fetch_at_, read_on_at_}));
    if (const auto due = book_.next_due())
      at = std::min(at, std::max({steady_of(*due), fetch_at_, read_on_at_}));
    at = std::min(at, maintain_at_);
    if (!unread_.empty()) at = std::min(at, read_again_at_);
    if (!accepting_) at = std::min(at, full_again_);
    if (!alarms_.empty()) at = std::min(at, steady_of(alarms_.begin()->first));
    if (shared_) at = std::min({at, acquire_at_, steady_of(free_due_)});
  }
  if (shared_) at = std::min(at, beat_at_);
  if (stumbling_since_) return pause_until_;  // whatever it was, it is taken up again
  return std::max(at, pause_until_);
}

bool Committer::drained(const Moment& moment) const {
  return queue_.empty() && outcomes_.empty() && !plan_ && book_.rows() == 0 &&
         !book_.hungry(moment.now);
}

void Committer::finish(const Moment& moment) noexcept {
  for (int tries = 0; tries < tries_at_the_end && !broken_ &&
                      (!queue_.empty() || !outcomes_.empty() || !forgotten_.empty() || plan_);
       ++tries) {
    try {
      commit(moment);
    } catch (...) {  // out of memory: what is done is done
    }
    if (in_trouble()) break;
  }
  while (!trials_.empty())
    finish_trial(trials_.begin()->first, {.outcome = EndpointOutcome::shutting_down});
  give_up_plan("shut down before the store answered: it may be there");
  give_up(queue_, Stored::no, "shut down before it could be stored");
  try {
    if (shared_ && !broken_ && !in_trouble()) release(book_.held(), moment);
  } catch (...) {  // they go when the lease ends
  }
}

}  // namespace hookwright::engine
