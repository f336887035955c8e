#include <algorithm>
#include <utility>

#include "engine/committer.hpp"

// What endpoints that are not active hold, and how that ends: rows become dead letters, a bounded
// slice at a time, beside live traffic. And whatever else an endpoint has to be looked at for.
namespace hookwright::engine {

namespace {
constexpr std::size_t slice_rows = 256;
constexpr Duration between_slices{20};
constexpr Duration look_later = std::chrono::seconds(1);
constexpr Duration look_much_later = std::chrono::minutes(1);
constexpr std::size_t untold_max = 1'024;  // notices that wait for the observer
constexpr Duration told_again = std::chrono::hours(24);
}  // namespace

// The earlier one counts.
void Committer::set_alarm(EndpointId id, TimePoint at) {
  const auto found = alarm_of_.find(id);
  if (found != alarm_of_.end() && found->second <= at) return;
  alarms_.emplace(at, id);
  if (found != alarm_of_.end()) {
    alarms_.erase({found->second, id});
    found->second = at;
    return;
  }
  try {
    alarm_of_.emplace(id, at);
  } catch (...) {
    alarms_.erase({at, id});
    throw;
  }
}

void Committer::clear_alarm(EndpointId id) noexcept {
  const auto found = alarm_of_.find(id);
  if (found == alarm_of_.end()) return;
  alarms_.erase({found->second, id});
  alarm_of_.erase(found);
}

void Committer::arm(const Endpoint& endpoint, TimePoint now) {
  clear_alarm(endpoint.id);
  if (endpoint.overlap_until) set_alarm(endpoint.id, *endpoint.overlap_until);
  if (endpoint.status != Status::active) set_alarm(endpoint.id, now);
}

// Rows of a disabled endpoint that were in memory are back in the store, or new ones have come.
void Committer::look_again_at(EndpointId id, TimePoint now) {
  const Member* member = roster_.find(id);
  if (member != nullptr && member->profile && member->endpoint.status == Status::disabled)
    set_alarm(id, now);
}

// How much an endpoint holds is counted now and then, so that it is over its bound by a hundredth
// at most.
void Committer::held_one_more(EndpointId id, TimePoint now) {
  Member* member = roster_.find(id);
  if (member == nullptr || !member->profile || member->endpoint.status == Status::active) return;
  if (++member->put_while_stopped > member->profile->policy.held_max / 100) set_alarm(id, now);
}

std::optional<std::size_t> Committer::rows_of(EndpointId id) {
  const Records found = find({.kind = RecordKind::lanes, .endpoint = id, .limit = 1});
  if (!found.status.ok()) return std::nullopt;
  return found.lanes.empty() ? 0 : found.lanes.front().rows;
}

void Committer::ring(const Moment& moment) {
  const EndpointId id = alarms_.begin()->second;
  auto alarm = alarms_.extract(alarms_.begin());
  auto of = alarm_of_.extract(id);
  try {
    attend(id, moment);
  } catch (...) {  // it rings again
    if (!alarm_of_.contains(id)) {
      alarms_.insert(std::move(alarm));
      alarm_of_.insert(std::move(of));
    }
    throw;
  }
}

void Committer::attend(EndpointId id, const Moment& moment) {
  Member* member = roster_.find(id);
  if (member == nullptr) return;
  const Endpoint& endpoint = member->endpoint;
  if (endpoint.overlap_until) {
    if (*endpoint.overlap_until > moment.now) {
      set_alarm(id, *endpoint.overlap_until);
    } else {
      const auto end_overlap = [now = moment.now](Endpoint& changed) {
        if (!changed.overlap_until || *changed.overlap_until > now) return;
        changed.overlap_until.reset();
        changed.secrets.resize(1, changed.secrets.front());
      };
      queue_.emplace_back(EndpointOp{.kind = EndpointOp::Kind::edit,
                                     .tenant = endpoint.tenant,
                                     .id = id,
                                     .edit = end_overlap});
      set_alarm(id, moment.now + look_much_later);  // should the store not take it
    }
  }
  if (endpoint.status == Status::active || !member->profile) return;
  Plan plan;
  plan_deaths(plan, *member, moment);
  if (plan.empty()) return;
  plan_ = std::move(plan);
  carry_out(moment);
}

// The rows that are to be given up now, the oldest first, and when to look again.
void Committer::plan_deaths(Plan& plan, Member& member, const Moment& moment) {
  const Endpoint& endpoint = member.endpoint;
  const EndpointId id = endpoint.id;
  const DeliveryPolicy& policy = member.profile->policy;
  const bool disabled = endpoint.status == Status::disabled;
  const TimePoint stopped = endpoint.stopped.value_or(endpoint.updated);
  // Whoever is to hear of it should be able to follow.
  if (untold_ >= untold_max) {
    set_alarm(id, moment.now + look_later);
    return;
  }
  if (shared_ && !book_.holds(id)) {
    // Whoever holds the lane does it; anybody, once nobody can have a request under way.
    const TimePoint quiet = stopped + policy.deadline + 2 * worker_.lease;
    if (quiet > moment.now) {
      set_alarm(id, quiet);
      return;
    }
  }
  std::size_t excess = 0;
  if (!disabled) {
    const std::optional<std::size_t> rows = rows_of(id);
    if (!rows) {
      set_alarm(id, moment.now + look_later);
      return;
    }
    excess = *rows - std::min(*rows, policy.held_max);
    member.put_while_stopped = 0;
  }
  const Records found = find({.kind = RecordKind::waiting, .endpoint = id, .limit = slice_rows});
  if (!found.status.ok()) {
    set_alarm(id, moment.now + look_later);
    return;
  }
  const auto told = told_held_.find(id);
  bool tell_held = told == told_held_.end() || moment.now - told->second >= told_again;
  std::optional<TimePoint> next;
  for (std::size_t i = 0; i < found.waiting.size() && !next; ++i) {
    const Waiting& row = found.waiting[i];
    const Delivery& delivery = row.delivery;
    if (book_.in_memory(id, delivery.position.row)) continue;  // under way, or on its way back
    DeathReason reason =
        endpoint.reason == Reason::gone ? DeathReason::gone : DeathReason::deactivated;
    if (!disabled) {
      const TimePoint until = std::max(delivery.position.due, stopped) + policy.held_age_max;
      if (until > moment.now && i >= excess) {
        next = until;
        continue;
      }
      reason = DeathReason::held_too_long;
    }
    Change change{
        .only_if = {DeliveryAt{id, delivery.position, delivery.attempts},
                    EndpointAt{id, endpoint.version}},
        .writes = {DropDelivery{id, delivery.position},
                   PutDeadLetter{dead_letter(row, policy, reason, moment.now, rows_.next())}}};
    // Where somebody else has the lane by now, the row may be under way.
    if (book_.holds(id)) change.only_if.emplace_back(LaneHeld{id, book_.epoch(id)});
    const PutDeadLetter& put = std::get<PutDeadLetter>(change.writes.back());
    PlannedDeath item{.endpoint = id, .delivery = delivery.id, .letter = put.letter.row};
    Notice notice{.kind = NoticeKind::delivery_exhausted,
                  .tenant = endpoint.tenant,
                  .endpoint = id,
                  .delivery = delivery.id,
                  .type = row.event->type,
                  .reason = endpoint.reason,
                  .death = reason,
                  .at = moment.now,
                  .address = roster_.address_of(endpoint)};
    item.notices.push_back(notice_note(notice, rows_.next()));
    if (reason == DeathReason::held_too_long && tell_held) {
      tell_held = false;
      item.tells_held = true;
      notice.kind = NoticeKind::held_too_long;
      item.notices.push_back(notice_note(notice, rows_.next()));
    }
    for (const Note& note : item.notices) change.writes.emplace_back(PutNote{note});
    plan.add(std::move(change), std::move(item));
  }
  // Rows of a disabled one that are in memory come back without a word.
  const bool some_left = disabled && plan.items.size() < found.waiting.size();
  if (!next && (!found.next.empty() || some_left)) {
    set_alarm(id, moment.now + (plan.empty() ? look_later : between_slices));
  } else if (!disabled) {
    set_alarm(id, next.value_or(moment.now + policy.held_age_max));
  }
}

// A repeated change was refused: because its first try had been carried out?
bool Committer::given_up_by(const PlannedDeath& item) {
  const Records found = find({.kind = RecordKind::dead_letters,
                              .endpoint = item.endpoint,
                              .delivery = item.delivery,
                              .limit = 1});
  return !found.dead_letters.empty() && found.dead_letters.front().row == item.letter;
}

void Committer::applied(PlannedDeath& item, const ChangeResult& result, const Moment& moment) {
  const bool done =
      result.outcome == ChangeOutcome::applied ||
      (plan_->repeated && result.outcome == ChangeOutcome::mismatch && given_up_by(item));
  if (!done) {
    const bool of_endpoint = result.outcome == ChangeOutcome::mismatch && result.precondition == 1;
    if (of_endpoint) refresh_endpoint(item.endpoint, moment);  // it is not what we think
    if (result.outcome == ChangeOutcome::lane_lost) {
      lost_.push_back(item.endpoint);
      set_alarm(item.endpoint, moment.now + look_later);
    }
    return;
  }
  if (item.tells_held) told_held_.insert_or_assign(item.endpoint, moment.now);
  for (; item.told < item.notices.size(); ++item.told) tell_notice(item.notices[item.told]);
  ++counts_.dead;
}

}  // namespace hookwright::engine
