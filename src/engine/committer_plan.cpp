#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/committer.hpp"
#include "engine/guard.hpp"
#include "fault_switch.hpp"
#include "model/codec.hpp"

namespace hookwright::engine {

namespace {

constexpr int success_pages_max = 64;
constexpr std::size_t batch_changes_max = 4'096;
constexpr Duration profile_unknown = std::chrono::minutes(1);
constexpr std::size_t batch_rows_max = 16'384;  // an event may have a thousand endpoints
constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;

std::string uid_key(const Endpoint& endpoint) {
  return "uid/" + endpoint.tenant + '\0' + endpoint.uid;
}

Note uid_note(const Endpoint& endpoint) {
  return {.key = uid_key(endpoint), .version = 1, .value = endpoint.id.text()};
}

}  // namespace

void Committer::Plan::add(Change&& change, Planned&& item) {
  batch.changes.push_back(std::move(change));
  items.push_back(std::move(item));
}

// Endpoint changes go alone: the events behind them are routed by what has become of them.
void Committer::make_plan(const Moment& moment) {
  Plan& plan = plan_.emplace(Plan());
  const bool op_first = !queue_.empty() && !std::holds_alternative<Submission>(queue_.front());
  const bool ops = op_first && (outcomes_.empty() || op_waited_);
  op_waited_ = op_first && !ops;  // in turns, or a flood of outcomes would hold it up
  try {
    if (ops) {
      plan_ops(plan, moment);
      return;
    }
    if (!outcomes_can_wait(moment)) plan_outcomes(plan, moment);
    plan_forgettings(plan);
    // In trouble (a full disk, say) what can be settled is settled first, without the new events'
    // weight.
    if ((!in_trouble() || plan.empty()) && knows_endpoints(moment)) plan_submissions(plan, moment);
  } catch (...) {
    put_back();
    throw;
  }
}

// What depends on an endpoint that this batch changes waits for the next one: should that change be
// refused, since another process was faster, the version it would have made may be the other's.
void Committer::plan_outcomes(Plan& plan, const Moment& moment) {
  auto next = outcomes_.begin();
  while (next != outcomes_.end() && plan.items.size() < batch_changes_max) {
    const auto at = next++;
    Outcome& outcome = *at;
    const EndpointId id = outcome.what.delivery.endpoint;
    if (outcome.trial != 0) {
      if (plan.changed.contains(id)) continue;
      plan_trial(plan, outcome, moment);
      plan.outcomes.splice(plan.outcomes.end(), outcomes_, at);
      continue;
    }
    const auto touched = plan.touched.find(id);
    const Member* member = touched != plan.touched.end() ? &touched->second : roster_.find(id);
    // Without its profile nothing can be decided: it waits until somebody knows it.
    if (member != nullptr && !member->profile)
      outcome.verdict = {.decision = Decision::spare, .delay = profile_unknown};
    const bool spared = member != nullptr && outcome.verdict.decision == Decision::exhausted &&
                        succeeded_since(*member, outcome);
    SettleContext context{.now = moment.now};
    if (member != nullptr) context.address = roster_.address_of(member->endpoint);
    Settlement means = settle(outcome, member, spared, context, rows_, sealing_);
    const bool depends = means.of_endpoint || means.result.has_value();
    if (depends && plan.changed.contains(id)) continue;
    const bool success_counts =
        member != nullptr && member->profile && means.result == AttemptResult::delivered &&
        member->profile->policy.exhaust_endpoint == ExhaustEndpoint::unless_succeeded_since;
    if (means.endpoint || success_counts) {
      Member after = *member;
      if (means.endpoint) {
        after.endpoint = *means.endpoint;
        plan.changed.insert(id);
      }
      if (success_counts)
        after.last_success =
            std::max(after.last_success.value_or(outcome.started), outcome.started);
      plan.touched.insert_or_assign(id, std::move(after));
    }
    Change change = std::move(means.change);
    plan.add(std::move(change), PlannedOutcome{.means = std::move(means)});
    plan.outcomes.splice(plan.outcomes.end(), outcomes_, at);
  }
}

// For ExhaustEndpoint::unless_succeeded_since. This process may have started after the success:
// then the history tells.
bool Committer::succeeded_since(const Member& member, const Outcome& outcome) {
  const Delivery& delivery = outcome.what.delivery;
  if (member.profile->policy.exhaust_endpoint != ExhaustEndpoint::unless_succeeded_since)
    return false;
  const TimePoint first = delivery.attempts == 0 ? outcome.started : delivery.first_attempt;
  if (member.last_success && *member.last_success >= first) return true;
  Query query{.kind = RecordKind::attempts,
              .endpoint = delivery.endpoint,
              .result = AttemptResult::delivered};
  // Rows of several workers are not in the order of time: a page of them is looked at.
  // A page may be empty although there is more. A history that long without a success has none that
  // counts.
  for (int pages = 0; pages < success_pages_max; ++pages) {
    const Records found = find(query);
    if (!found.status.ok()) return false;
    bool any = false;
    for (const Attempt& attempt : found.attempts) {
      if (attempt.purpose != Purpose::delivery) continue;  // says nothing of its health
      if (attempt.at >= first) return true;
      any = true;
    }
    if (any) return false;
    if (found.next.empty()) return false;
    query.after = found.next;
  }
  return false;
}

// Writes something small, to see whether a store that failed works again.
void Committer::plan_probe(Plan& plan, const Moment& moment) {
  const Note probe{.key = "probe", .version = 1, .expires = moment.now + std::chrono::minutes(1)};
  plan.add({.only_if = {}, .writes = {PutNote{probe}}}, PlannedProbe{});
}

void Committer::plan_forgettings(Plan& plan) {
  for (const std::string& key : forgotten_)
    plan.add({.only_if = {}, .writes = {DropNote{key}}}, PlannedForgetting{});
  plan.forgotten.swap(forgotten_);
}

void Committer::plan_submissions(Plan& plan, const Moment& moment) {
  std::size_t bytes = 0;
  std::size_t rows = 0;
  while (!queue_.empty() && plan.items.size() < batch_changes_max && bytes < batch_bytes_max &&
         rows < batch_rows_max) {
    const auto* submission = std::get_if<Submission>(&queue_.front());
    if (submission == nullptr) return;
    bytes += submission->bytes;
    plan_submission(plan, *submission, moment);
    plan.queue.splice(plan.queue.end(), queue_, queue_.begin());
    rows += std::get<PlannedSubmission>(plan.items.back()).rows.size();
  }
}

void Committer::plan_submission(Plan& plan, const Submission& submission, const Moment& moment) {
  Change change;
  if (!submission.idempotency_note.empty()) {
    const Note note{.key = submission.idempotency_note,
                    .version = 1,
                    .value = submission.events.front()->id.text(),
                    .expires = moment.now + submission.idempotency_window};
    change.only_if.emplace_back(NoteAt{note.key, 0});
    change.writes.emplace_back(PutNote{note});
  }
  PlannedSubmission item{.event = submission.events.front()->id};
  bool with_events = true;
  if (!submission.latch.note.empty()) {
    const LatchStep step = plan_latch(plan, submission, change, moment);
    item.means = step.means;
    if (step.means == Stored::duplicate) item.event = step.after.event;
    with_events = step.write && step.means == Stored::yes;
  }
  if (with_events) plan_events(submission, change, item.rows, moment);
  if (detail::mutated(detail::Mutation::no_unique_key)) change.only_if.clear();
  plan.add(std::move(change), std::move(item));
}

// Nothing is decided by what was read alone: the note's version is a precondition, and whoever
// changed it meanwhile makes this publish look again.
LatchStep Committer::plan_latch(Plan& plan, const Submission& submission, Change& change,
                                const Moment& moment) {
  const LatchRequest& request = submission.latch;
  const auto [found, fresh] = plan.latches.try_emplace(request.note);
  if (fresh) found->second = noted_latch(request.note);
  LatchStep result = latch_step(request, found->second, submission.events.front()->id);
  change.only_if.emplace_back(NoteAt{request.note, found->second.version});
  if (result.write) {
    // Nobody else's: what follows in this batch must not take another's note for this one.
    result.after.version = rows_.next();
    const TimePoint expires = request.keep ? moment.now + *request.keep : TimePoint{};
    change.writes.emplace_back(PutNote{{.key = request.note,
                                        .version = result.after.version,
                                        .value = to_text(result.after),
                                        .expires = expires}});
    found->second = result.after;
  }
  return result;
}

void Committer::plan_events(const Submission& submission, Change& change,
                            std::vector<Waiting>& rows, const Moment& moment) {
  for (const std::shared_ptr<const StoredEvent>& event : submission.events) {
    const std::vector<const Member*> subscribed = roster_.route(*event);
    change.writes.reserve(change.writes.size() + 1 + subscribed.size());
    rows.reserve(rows.size() + subscribed.size());
    change.only_if.emplace_back(EventAbsent{event->id});
    change.writes.emplace_back(PutEvent{event});
    for (const Member* member : subscribed) {
      const Delivery delivery{.id = delivery_id(event->id, member->endpoint.id),
                              .event = event->id,
                              .endpoint = member->endpoint.id,
                              .position = {.due = moment.now, .row = rows_.next()},
                              .expires = submission.expires,
                              .attempts_max = submission.attempts_max};
      change.writes.emplace_back(PutDelivery{delivery});
      rows.push_back({.delivery = delivery, .event = event});
    }
  }
}

void Committer::plan_ops(Plan& plan, const Moment& moment) {
  std::unordered_set<EndpointId> named;
  while (!queue_.empty() && plan.items.size() < batch_changes_max) {
    if (auto* trial = std::get_if<TrialOp>(&queue_.front())) {
      if (knows_endpoints(moment)) {
        start_trial(*trial, moment);
      } else {  // it would go where the endpoint was
        answer(queue_.front(), EndpointOutcome::store_unavailable);
      }
      queue_.pop_front();
      continue;
    }
    if (auto* recovery = std::get_if<RecoverOp>(&queue_.front())) {
      if (!named.insert(recovery->id).second) return;
      if (plan_recovery(plan, *recovery, moment)) {
        plan.queue.splice(plan.queue.end(), queue_, queue_.begin());
      } else {
        queue_.pop_front();
      }
      continue;
    }
    if (const auto* settings = std::get_if<SettingsOp>(&queue_.front())) {
      plan_settings(plan, *settings, moment);
      plan.queue.splice(plan.queue.end(), queue_, queue_.begin());
      continue;
    }
    auto* op = std::get_if<EndpointOp>(&queue_.front());
    if (op == nullptr || !named.insert(op->id).second) return;
    const EndpointOutcome refusal = plan_op(plan, *op, moment);
    if (refusal == EndpointOutcome::ok) {
      plan.queue.splice(plan.queue.end(), queue_, queue_.begin());
      continue;
    }
    if (op->done) op->done({.outcome = refusal});
    queue_.pop_front();
  }
}

// Why it can't be done; ok: it is in the plan.
EndpointOutcome Committer::plan_op(Plan& plan, EndpointOp& op, const Moment& moment) {
  const Member* member = roster_.find(op.id);
  const bool creating = op.kind == EndpointOp::Kind::create;
  const bool removing = op.kind == EndpointOp::Kind::remove;
  if (!creating && (member == nullptr || member->endpoint.tenant != op.tenant))
    return EndpointOutcome::not_found;
  if (!creating && op.version != 0 && op.version != member->endpoint.version)
    return EndpointOutcome::conflict;
  // What a removal drops must be known, or it would be missing in the sums.
  const std::optional<std::size_t> dropped = removing ? rows_of(op.id) : std::size_t{0};
  if (!dropped) return EndpointOutcome::store_unavailable;

  Endpoint after = creating ? *op.created : member->endpoint;
  const Endpoint before = creating ? Endpoint{} : member->endpoint;
  if (op.edit) op.edit(after);
  after.updated = moment.now;
  if (creating) after.created = moment.now;
  if (before.events != after.events) after.subscribed = moment.now;
  const bool asks = creating || after.status == Status::active || before.url != after.url;
  settle_status(after, before, roster_.profile(after.profile).get(), moment.now);
  ++after.version;

  Change change;
  change.only_if.emplace_back(EndpointAt{op.id, after.version - 1});
  std::size_t uid_at = 0;
  const std::shared_ptr<const Profile> profile = roster_.profile(after.profile);
  const std::uint8_t counted = !removing && profile ? engine::counts(after, *profile) : 0;
  if (counted != 0 && (creating || counted != engine::counts(before, *profile)))
    change.only_if.emplace_back(room_for(after, *profile, counted));
  if (!before.uid.empty() && (removing || before.uid != after.uid))
    change.writes.emplace_back(DropNote{uid_key(before)});
  if (!removing && !after.uid.empty() && before.uid != after.uid) {
    uid_at = change.only_if.size();
    change.only_if.emplace_back(NoteAt{uid_key(after), 0});
    change.writes.emplace_back(PutNote{uid_note(after)});
  }
  StoredEndpoint stored = model::to_stored(after, counted, sealing_);
  if (removing) {
    stored.deleted = true;
    stored.details.clear();
  }
  change.writes.emplace_back(PutEndpoint{std::move(stored)});
  if (!creating && has_work(after.status) && before.status != after.status)
    take_off_hold(op.id, change);
  PlannedOp item{.uid_at = uid_at, .asks = asks && after.status == Status::unverified};
  item.cancelled = *dropped;
  item.result = std::make_unique<Endpoint>(std::move(after));
  plan.add(std::move(change), std::move(item));
  return EndpointOutcome::ok;
}

// Whoever let go of the lane when the endpoint was stopped put it on hold. One that is held still
// has requests under way: letting go of it would send them a second time.
void Committer::take_off_hold(EndpointId id, Change& change) const {
  if (book_.holds(id)) {
    change.only_if.emplace_back(LaneHeld{id, book_.epoch(id)});
  } else {
    change.writes.emplace_back(ReleaseLane{id, {}});
  }
}

// What follows from a change by a call: a receiver that is not verified gets nothing, and the time
// since when an endpoint is stopped is noted. One that is paused or disabled stays so, and is asked
// when it is enabled.
void Committer::settle_status(Endpoint& after, const Endpoint& before, const Profile* profile,
                              TimePoint now) const {
  const bool handshake = profile != nullptr && profile->handshake;
  if (handshake && after.url != before.url) after.verified = false;
  if (!handshake) after.verified = true;
  if (!after.verified && after.status == Status::active) {
    after.status = Status::unverified;
    after.reason = Reason::none;
  }
  if (after.status == Status::active) {
    after.stopped.reset();
  } else if (!after.stopped || before.status == Status::active) {
    after.stopped = now;
  }
}

// The batch has not been carried out: everything returns to where it was.
void Committer::put_back() noexcept {
  outcomes_.splice(outcomes_.begin(), plan_->outcomes);
  forgotten_.splice(forgotten_.begin(), plan_->forgotten);
  queue_.splice(queue_.begin(), plan_->queue);
  for (const Planned& item : plan_->items) {
    const auto* death = std::get_if<PlannedDeath>(&item);
    if (death == nullptr) continue;
    try {
      set_alarm(death->endpoint, TimePoint{});
    } catch (...) {  // the next change of the endpoint, or the next start, looks again
    }
    break;  // they are of one endpoint
  }
  plan_.reset();
}

}  // namespace hookwright::engine
