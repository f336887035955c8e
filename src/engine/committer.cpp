#include "engine/committer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/guard.hpp"

namespace hookwright::engine {

namespace {
constexpr Duration backoff_first{50};
constexpr Duration backoff_max{2'000};
constexpr std::size_t busy_batch =
    512;  // from this size on commits are spaced as far apart as they may
}  // namespace

Committer::Committer(Store& store, CommitterHost& host, Profiles profiles, IdGenerator& ids,
                     const Limits& limits, const EgressPolicy& egress, std::size_t shards,
                     Worker worker)
    : store_(store),
      host_(host),
      ids_(ids),
      limits_(limits),
      egress_(egress),
      shards_(shards),
      worker_(std::move(worker)),
      roster_(std::move(profiles)),
      book_({.lane_rows_max = limits.lane_rows_max, .rows_max = limits.rows_max}),
      settled_(shards, 0) {}

Committer::~Committer() = default;

void Committer::submit(FromSender&& news) {
  for (Outcome& outcome : news.outcomes) {
    outcome.shard = news.shard;
    outcomes_.push_back(std::move(outcome));
  }
  for (const Returned& returned : news.returned) book_.give_back(returned);
}

void Committer::step(const Moment& moment) {
  if (broken_) {
    give_up_submissions("it is broken");
    return;
  }
  if (shared_ && moment.steady >= beat_at_) beat(moment);
  if (commit_due(moment)) commit(moment);
  if (shared_ && !in_trouble() && (moment.steady >= acquire_at_ || free_due_ <= moment.now)) {
    acquire(moment);
  }
  // While an outcome is unknown nothing is read: its rows would be older than the cursors.
  if (!in_trouble() && fetch_at_ <= moment.steady && book_.hungry(moment.now)) fetch(moment);
  if (!in_trouble() && moment.steady >= maintain_at_) maintain(moment);
  flush_feeds();
}

// When the next commit is due: at once when idle, with company under load.
SteadyTime Committer::commit_at(const Moment& moment) const {
  SteadyTime at = SteadyTime::max();
  if (!queue_.empty() || !forgotten_.empty()) {
    const auto busy = std::min(last_commit_size_, busy_batch);
    const auto spacing = last_commit_size_ <= 16
                             ? std::chrono::nanoseconds(0)
                             : std::chrono::nanoseconds(limits_.commit_spacing_max) *
                                   static_cast<std::int64_t>(busy) /
                                   static_cast<std::int64_t>(busy_batch);
    at = last_commit_ + spacing;
  }
  if (!outcomes_.empty()) {
    at = std::min(at, outcomes_.front().since + limits_.outcome_delay_max);
    if (outcomes_.size() >= limits_.unsettled_max / 4) at = std::min(at, moment.steady);
  }
  return at;
}

bool Committer::commit_due(const Moment& moment) const {
  if (in_trouble()) return retry_at_ <= moment.steady;
  return commit_at(moment) <= moment.steady;
}

void Committer::commit(const Moment& moment) {
  Plan plan;
  if (unknown_) {
    plan = std::move(*unknown_);
    unknown_.reset();
    plan.repeated = true;
  } else {
    plan = make_plan(moment);
  }
  if (plan.empty() && in_trouble()) plan_probe(plan, moment);
  if (plan.empty()) return;
  last_commit_ = moment.steady;
  last_commit_size_ = plan.items.size();
  auto committed = guard<Committed>(counts_.store_exceptions, StoreCode::unknown,
                                    [&] { return store_.commit(plan.batch, moment.now); });
  if (committed.status.ok() && committed.results.size() != plan.items.size()) {
    committed.status = {StoreCode::unknown, "the store gave no result for some changes"};
  }
  if (!committed.status.ok()) {
    failed(std::move(plan), committed.status, moment);
    return;
  }
  ++counts_.commits;
  recovered();
  apply(std::move(plan), committed.results, moment);
}

void Committer::failed(Plan&& plan, const StoreStatus& status, const Moment& moment) {
  if (!in_trouble()) {
    trouble_since_ = moment.steady;
    backoff_ = backoff_first;
    host_.trouble("the store failed: " + status.detail);
  }
  retry_at_ = moment.steady + backoff_;
  backoff_ = std::min(backoff_ * 2, backoff_max);
  if (status.code == StoreCode::unknown) {
    unknown_ = std::move(plan);
  } else {
    put_back(std::move(plan));
  }
  broken_ = broken_ || status.code == StoreCode::broken;
  if (broken_ || moment.steady - *trouble_since_ >= limits_.store_patience) {
    accepting_ = false;
    give_up_submissions(status.detail);
    if (unknown_) give_up_ops(*unknown_);
  }
}

// Events that have waited too long are reported, never dropped in silence; outcomes wait on,
// bounded by unsettled_max.
void Committer::give_up_submissions(const std::string& why) {
  std::deque<Queued> queue = std::exchange(queue_, {});
  for (Queued& queued : queue) {
    if (auto* submission = std::get_if<Submission>(&queued)) {
      host_.stored(*submission, Stored::no, {}, "the store failed: " + why);
    } else {
      auto& op = std::get<EndpointOp>(queued);
      if (op.done) op.done({.outcome = EndpointOutcome::store_unavailable});
    }
  }
}

// Whoever waits for a change to an endpoint is told to look again.
void Committer::give_up_ops(Plan& plan) {
  for (Planned& item : plan.items) {
    auto* op = std::get_if<PlannedOp>(&item);
    if (op == nullptr || !op->what.done) continue;
    std::exchange(op->what.done, {})({.outcome = EndpointOutcome::store_unavailable});
  }
}

void Committer::recovered() {
  if (!in_trouble()) return;
  trouble_since_.reset();
  accepting_ = true;
  host_.trouble("the store works again");
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
  } else {
    at = commit_at(moment);
    if (book_.hungry(moment.now)) at = std::min(at, std::max(moment.steady, fetch_at_));
    if (const auto due = book_.next_due()) at = std::min(at, steady_of(*due));
    at = std::min(at, maintain_at_);
    if (shared_) at = std::min({at, acquire_at_, steady_of(free_due_)});
  }
  if (shared_) at = std::min(at, beat_at_);
  return at;
}

bool Committer::drained(const Moment& moment) const {
  return queue_.empty() && outcomes_.empty() && !unknown_ && book_.rows() == 0 &&
         !book_.hungry(moment.now);
}

void Committer::finish(const Moment& moment) {
  for (int tries = 0; tries < 64 && !broken_ &&
                      (!queue_.empty() || !outcomes_.empty() || !forgotten_.empty() || unknown_);
       ++tries) {
    commit(moment);
    if (in_trouble()) break;
  }
  if (unknown_) {
    Plan plan = std::move(*unknown_);
    unknown_.reset();
    put_back(std::move(plan));
  }
  give_up_submissions("shut down before it answered; what was sent to it may still be there");
  if (shared_ && !in_trouble()) release_idle(moment, true);
  flush_feeds();
}

}  // namespace hookwright::engine
