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
constexpr Duration told_again = std::chrono::hours(24);
}  // namespace

// The earlier one counts.
void Committer::set_alarm(EndpointId id, TimePoint at) {
  const auto [found, added] = alarm_of_.try_emplace(id, at);
  if (!added) {
    if (found->second <= at) return;
    alarms_.erase({found->second, id});
    found->second = at;
  }
  alarms_.emplace(at, id);
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

std::size_t Committer::rows_of(EndpointId id) {
  const Records found = find({.kind = RecordKind::lanes, .endpoint = id, .limit = 1});
  return found.lanes.empty() ? 0 : found.lanes.front().rows;
}

void Committer::ring(const Moment& moment) {
  const EndpointId id = alarms_.begin()->second;
  clear_alarm(id);
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
    }
  }
  if (endpoint.status == Status::active || !member->profile) return;
  Plan plan;
  try {
    plan_deaths(plan, *member, moment);
  } catch (...) {  // it is looked at again
    set_alarm(id, moment.now + look_later);
    throw;
  }
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
  if (disabled && shared_ && !book_.holds(id)) return;  // whoever holds the lane does it
  std::size_t excess = 0;
  if (!disabled) {
    const std::size_t rows = rows_of(id);
    excess = rows - std::min(rows, policy.held_max);
    member.put_while_stopped = 0;
  }
  const Records found = find({.kind = RecordKind::waiting, .endpoint = id, .limit = slice_rows});
  if (!found.status.ok()) {
    set_alarm(id, moment.now + look_later);
    return;
  }
  const TimePoint stopped = endpoint.stopped.value_or(endpoint.updated);
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
        .only_if = {DeliveryAt{id, delivery.position, delivery.attempts}},
        .writes = {DropDelivery{id, delivery.position},
                   PutDeadLetter{dead_letter(row, policy, reason, moment.now, rows_.next())}}};
    PlannedDeath item{.endpoint = id, .notice = {}};
    const auto told = told_held_.find(id);
    const bool tell = reason == DeathReason::held_too_long &&
                      (told == told_held_.end() || moment.now - told->second >= told_again);
    if (tell) {
      told_held_.insert_or_assign(id, moment.now);
      item.notice = notice_note({.kind = NoticeKind::held_too_long,
                                 .tenant = endpoint.tenant,
                                 .endpoint = id,
                                 .delivery = delivery.id,
                                 .type = row.event->type,
                                 .reason = endpoint.reason,
                                 .at = moment.now,
                                 .address = roster_.address_of(endpoint)},
                                rows_.next());
      change.writes.emplace_back(PutNote{*item.notice});
    }
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

void Committer::applied(PlannedDeath& item, const ChangeResult& result, const Moment& /*moment*/) {
  if (result.outcome != ChangeOutcome::applied && !plan_->repeated) return;
  if (item.notice) tell_notice(*item.notice);
  ++counts_.dead;
}

}  // namespace hookwright::engine
