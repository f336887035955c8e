#include <algorithm>
#include <utility>

#include "engine/committer.hpp"
#include "model/codec.hpp"
#include "policy/challenge.hpp"
#include "policy/excerpt.hpp"

// What is done to single endpoints beside the traffic: trials, recovery, settings.
namespace hookwright::engine {

namespace {
constexpr std::size_t trials_max = 64;

// What recovery brings back comes due bit by bit: at half of the endpoint's rate, a hundred a
// second at most. A new event that comes meanwhile is due before what is left of it.
constexpr Duration revival_group{250};
Duration revival_spacing(const DeliveryPolicy& policy) {
  constexpr Duration shortest{10};
  if (policy.rate_per_minute == 0) return shortest;
  const Duration half = Duration(120'000) / static_cast<Duration::rep>(policy.rate_per_minute);
  return std::max(shortest, half);
}
}  // namespace

// An answer is given once.
void Committer::answer(Queued& queued, EndpointOutcome outcome) noexcept {
  if (auto* op = std::get_if<EndpointOp>(&queued); op != nullptr && op->done) {
    std::exchange(op->done, {})({.outcome = outcome});
  } else if (auto* trial = std::get_if<TrialOp>(&queued); trial != nullptr && trial->done) {
    std::exchange(trial->done, {})({.outcome = outcome});
  } else if (auto* recovery = std::get_if<RecoverOp>(&queued);
             recovery != nullptr && recovery->done) {
    std::exchange(recovery->done, {})({.outcome = outcome});
  } else if (auto* settings = std::get_if<SettingsOp>(&queued);
             settings != nullptr && settings->done) {
    std::exchange(settings->done, {})(outcome);
  }
}

// --- Trials

void Committer::start_trial(TrialOp& op, const Moment& moment) {
  const Member* member = roster_.find(op.id);
  const auto route = routes_.find(op.id);
  EndpointOutcome refusal = EndpointOutcome::ok;
  if (member == nullptr || member->endpoint.tenant != op.tenant) {
    refusal = EndpointOutcome::not_found;
  } else if (route == routes_.end() || !route->second.destination) {
    refusal = EndpointOutcome::inactive;
  } else if (trials_.size() >= trials_max) {
    refusal = EndpointOutcome::busy;
  }
  if (refusal != EndpointOutcome::ok) {
    if (op.done) op.done({.outcome = refusal});
    return;
  }
  const std::uint64_t number = ++last_trial_;
  Waiting what{.delivery = {.id = ids_.next<DeliveryId>(moment.wall),
                            .event = op.event->id,
                            .endpoint = op.id},
               .event = op.event};
  const EndpointId id = what.delivery.endpoint;
  const auto at = trials_.emplace(number, TrialOp{}).first;
  try {
    host_.send(route->second.shard, SendTrial{number, id, std::move(what)});
  } catch (...) {
    trials_.erase(at);
    throw;
  }
  at->second = std::move(op);
}

// The attempt goes into the history. A handshake that was passed activates the endpoint, unless it
// has another URL by now.
void Committer::plan_trial(Plan& plan, const Outcome& outcome, const Moment& moment) {
  const Delivery& delivery = outcome.what.delivery;
  const auto found = trials_.find(outcome.trial);
  const bool handshake = found != trials_.end() && found->second.purpose == Purpose::handshake;
  PlannedTrial item;
  item.accepted = outcome.verdict.decision == Decision::delivered;
  if (handshake)
    item.accepted = item.accepted && policy::echoes(outcome.excerpt, found->second.token);
  item.attempt = {.row = rows_.next(),
                  .delivery = delivery.id,
                  .event = delivery.event,
                  .endpoint = delivery.endpoint,
                  .type = outcome.what.event->type,
                  .purpose = handshake ? Purpose::handshake : Purpose::test,
                  .number = 1,
                  .at = outcome.started,
                  .elapsed = outcome.elapsed,
                  .result = item.accepted ? AttemptResult::delivered : AttemptResult::exhausted,
                  .fault = outcome.fault,
                  .status = outcome.status,
                  .excerpt = item.accepted ? std::string() : policy::excerpt_of(outcome.excerpt)};
  Change change;
  const Member* member = roster_.find(delivery.endpoint);
  const bool passed = handshake && item.accepted && !outcome.over_limit && member != nullptr &&
                      member->profile && !member->endpoint.verified &&
                      member->endpoint.url == found->second.url;
  if (passed) {
    Endpoint after = member->endpoint;
    after.verified = true;
    if (after.status == Status::unverified) {
      after.status = Status::active;
      after.reason = Reason::none;
      after.stopped.reset();
    }
    after.updated = moment.now;
    ++after.version;
    const std::uint8_t counted = engine::counts(after, *member->profile);
    change.only_if.emplace_back(EndpointAt{after.id, after.version - 1});
    if (counted != 0) change.only_if.emplace_back(room_for(after, *member->profile, counted));
    change.writes.emplace_back(PutEndpoint{model::to_stored(after, counted, sealing_)});
    if (after.status == Status::active) take_off_hold(after.id, change);
    plan.changed.insert(after.id);
    Member changed = *member;
    changed.endpoint = after;
    plan.touched.insert_or_assign(after.id, std::move(changed));
    item.verified = std::make_unique<Endpoint>(std::move(after));
  }
  if (outcome.sent) change.writes.emplace_back(PutAttempt{item.attempt});  // else nothing was made
  plan.add(std::move(change), std::move(item));
}

void Committer::applied(PlannedTrial& item, const ChangeResult& result, const Moment& moment) {
  Outcome& what = plan_->outcomes.front();
  const EndpointId id = item.attempt.endpoint;
  const auto decide_again = [&] {
    what.since = moment.steady;
    outcomes_.splice(outcomes_.end(), plan_->outcomes, plan_->outcomes.begin());
  };
  bool unreadable = false;
  if (item.verified && result.outcome == ChangeOutcome::over_limit) {
    what.over_limit = true;
    decide_again();
    return;
  }
  if (item.verified && result.outcome == ChangeOutcome::lane_lost) {  // we have not heard of it
    lost_.push_back(id);
    decide_again();
    return;
  }
  if (item.verified && result.outcome == ChangeOutcome::mismatch) {
    refresh_endpoint(id, moment);
    // By its first try, or by somebody else, whose version may have the same number? The history
    // tells, whatever has been made of the endpoint since.
    const std::optional<bool> before = plan_->repeated ? in_history(item.attempt) : false;
    const bool own = before.value_or(false) && roster_.find(id) != nullptr;
    unreadable = unread_.contains(id) || !before;
    if (!own && !unreadable) {
      decide_again();
      return;
    }
  }
  // Somebody waits for the answer: what the endpoint is now can't be told.
  const bool refused = unreadable || result.outcome == ChangeOutcome::unstorable;
  if (item.verified && !refused) put_endpoint(*item.verified, moment);
  const EndpointOutcome outcome = refused                       ? EndpointOutcome::store_unavailable
                                  : what.over_limit             ? EndpointOutcome::over_limit
                                  : what.sent                   ? EndpointOutcome::ok
                                  : roster_.find(id) == nullptr ? EndpointOutcome::not_found
                                                                : EndpointOutcome::inactive;
  Trial trial{
      .outcome = outcome, .accepted = item.accepted, .attempt = item.attempt, .endpoint = {}};
  if (const Member* now = roster_.find(id)) trial.endpoint = now->endpoint;

  // From here on nothing can fail.
  ++settled_[what.shard];
  const bool written = result.outcome == ChangeOutcome::applied || plan_->repeated;
  if (what.sent && written) ++counts_.trials;
  finish_trial(what.trial, std::move(trial));
  plan_->outcomes.pop_front();
}

// None: that can't be told just now.
std::optional<bool> Committer::in_history(const Attempt& attempt) {
  const Records found = find({.kind = RecordKind::attempts, .delivery = attempt.delivery});
  if (!found.status.ok()) return std::nullopt;
  return std::any_of(found.attempts.begin(), found.attempts.end(),
                     [&](const Attempt& made) { return made.row == attempt.row; });
}

void Committer::finish_trial(std::uint64_t number, Trial&& trial) noexcept {
  const auto found = trials_.find(number);
  if (found == trials_.end()) return;
  const auto done = std::move(found->second.done);
  trials_.erase(found);
  if (done) done(std::move(trial));
}

// --- Recovery

// False if there is nothing to do: it is answered.
bool Committer::plan_recovery(Plan& plan, RecoverOp& op, const Moment& moment) {
  Member* member = roster_.find(op.id);
  EndpointOutcome refusal = EndpointOutcome::ok;
  if (member == nullptr || member->endpoint.tenant != op.tenant) {
    refusal = EndpointOutcome::not_found;
  } else if (!member->profile || !takes_events(member->endpoint.status)) {
    refusal = EndpointOutcome::inactive;
  }
  if (refusal != EndpointOutcome::ok || op.what.empty()) {
    if (op.done) op.done({.outcome = refusal});
    return false;
  }
  op.sent = 0;
  const Duration spacing = op.at_once ? Duration::zero() : revival_spacing(member->profile->policy);
  if (!op.turn) op.turn = op.at_once ? moment.now : member->revived_until;
  const TimePoint first = std::max(moment.now, *op.turn);
  for (std::size_t i = 0; i < op.what.size(); ++i) {
    const Revival& revival = op.what[i];
    const Duration later = spacing * static_cast<Duration::rep>(i);
    const Delivery delivery{
        .id = revival.delivery,
        .event = revival.event->id,
        .endpoint = op.id,
        .position = {.due = first + later - later % revival_group, .row = rows_.next()}};
    const Note latch{.key = revival.latch,
                     .version = 1,
                     .value = std::to_string(delivery.position.row),
                     .expires = revival.latched_until};
    Change change{.only_if = {NoteAt{latch.key, 0}},
                  .writes = {PutNote{latch}, PutEvent{revival.event}, PutDelivery{delivery}}};
    if (revival.dead_letter) change.writes.emplace_back(DropDeadLetter{*revival.dead_letter});
    if (!revival.mark.empty()) {
      Note mark = latch;
      mark.key = revival.mark;
      change.writes.emplace_back(PutNote{std::move(mark)});
    }
    plan.add(std::move(change), PlannedRevival{.row = {delivery, revival.event}, .index = i});
  }
  if (!op.at_once)
    member->revived_until = first + spacing * static_cast<Duration::rep>(op.what.size());
  return true;
}

// Whether a latch that is set already was set with this row. Where that can't be read, nobody else
// has done it, unless there are others.
bool Committer::made_by(const Revival& revival, std::uint64_t row) {
  const Records found = find({.kind = RecordKind::notes, .key_prefix = revival.latch, .limit = 1});
  if (!found.status.ok()) return !shared_;
  return !found.notes.empty() && found.notes.front().key == revival.latch &&
         found.notes.front().value == std::to_string(row);
}

void Committer::applied(PlannedRevival& item, const ChangeResult& result, const Moment& moment) {
  auto& op = std::get<RecoverOp>(plan_->queue.front());
  const EndpointId id = item.row.delivery.endpoint;
  const bool repeated = plan_->repeated;
  const bool done = result.outcome == ChangeOutcome::applied ||
                    (repeated && result.outcome == ChangeOutcome::mismatch &&
                     made_by(op.what[item.index], item.row.delivery.position.row));
  if (repeated) {  // whatever it has come to: the row is there, perhaps
    book_.spill(id, item.row.delivery.position);
  } else if (done && book_.take(item.row.delivery, moment.now)) {
    feed(std::move(item.row));
  }
  if (done) {
    held_one_more(id, moment.now);
    if (shared_) acquire_at_ = moment.steady;
    ++op.sent;
    ++counts_.accepted;
  }
  if (item.index + 1 != op.what.size()) return;
  if (op.done) op.done({.outcome = EndpointOutcome::ok, .sent = op.sent});
  plan_->queue.pop_front();
}

// --- Settings

void Committer::plan_settings(Plan& plan, const SettingsOp& op, const Moment& moment) {
  const Note note{.key = std::string(settings_prefix) + op.tenant,
                  .version = 1,
                  .value = model::to_bytes(op.settings)};
  const Note mark{.key = std::string(settings_mark_key),
                  .version = 1,
                  .value = ids_.next<EventId>(moment.wall).text()};
  plan.add({.only_if = {}, .writes = {PutNote{note}, PutNote{mark}}},
           PlannedSettings{.mark = mark.value});
}

void Committer::applied(PlannedSettings& item, const ChangeResult& result,
                        const Moment& /*moment*/) {
  auto& op = std::get<SettingsOp>(plan_->queue.front());
  const bool done = result.outcome == ChangeOutcome::applied;
  if (done) {
    if (!shared_) settings_mark_ = item.mark;  // else another's may have come between
    roster_.configure(op.tenant, op.settings);
    host_.settings_changed(op.tenant, op.settings);
  }
  if (op.done) op.done(done ? EndpointOutcome::ok : EndpointOutcome::store_unavailable);
  plan_->queue.pop_front();
}

}  // namespace hookwright::engine
