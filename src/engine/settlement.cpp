#include "engine/settlement.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "fault_switch.hpp"
#include "model/codec.hpp"

namespace hookwright::engine {

namespace {

constexpr std::size_t excerpt_bytes_max = 4'096;
constexpr Duration notice_kept = std::chrono::hours(24 * 30);  // for an observer to come

std::optional<AttemptResult> result_of(Decision decision) {
  switch (decision) {
    case Decision::delivered:
      return AttemptResult::delivered;
    case Decision::retry:
      return AttemptResult::failed;
    case Decision::exhausted:
      return AttemptResult::exhausted;
    case Decision::gone:
      return AttemptResult::gone;
    case Decision::spare:
      break;
  }
  return std::nullopt;
}

Attempt attempt_of(const Outcome& outcome, AttemptResult result, std::uint64_t row) {
  const Delivery& delivery = outcome.what.delivery;
  return {.row = row,
          .delivery = delivery.id,
          .event = delivery.event,
          .endpoint = delivery.endpoint,
          .number = delivery.attempts + 1,
          .at = outcome.started,
          .elapsed = outcome.elapsed,
          .result = result,
          .fault = outcome.fault,
          .status = outcome.status,
          .excerpt = outcome.excerpt.substr(0, excerpt_bytes_max)};
}

// The row that waits for the next attempt. Never due before what has been read already, or a cursor
// would pass it over.
Delivery next_row(const Outcome& outcome, TimePoint now, RowNumbers& rows) {
  Delivery next = outcome.what.delivery;
  next.position = {.due = std::max(outcome.ended + outcome.verdict.delay, now + Duration{1}),
                   .row = rows.next()};
  if (outcome.verdict.decision == Decision::spare) {
    if (next.spared_since == TimePoint{}) next.spared_since = outcome.started;
    return next;
  }
  if (next.attempts == 0) next.first_attempt = outcome.started;
  ++next.attempts;
  if (!is_ours(outcome.fault)) next.spared_since = {};
  return next;
}

DeadLetter dead_letter(const Outcome& outcome, const DeliveryPolicy& policy, TimePoint now,
                       std::uint64_t row) {
  const Delivery& delivery = outcome.what.delivery;
  return {.id = delivery.id,
          .endpoint = delivery.endpoint,
          .event = *outcome.what.event,
          .reason = outcome.verdict.decision == Decision::gone ? DeathReason::gone
                                                               : DeathReason::exhausted,
          .attempts = delivery.attempts + 1,
          .fault = outcome.fault,
          .status = outcome.status,
          .died = now,
          .expires = now + policy.dead_letter_retention,
          .row = row};
}

// What one change gathers.
class Writer {
 public:
  Writer(const Outcome& outcome, const Member& member, TimePoint now, RowNumbers& rows,
         Settlement& out)
      : outcome_(outcome), member_(member), now_(now), rows_(rows), out_(out) {}

  Endpoint& endpoint() {
    if (!out_.endpoint) out_.endpoint = member_.endpoint;
    return *out_.endpoint;
  }

  void notice(NoticeKind kind, Reason reason) {
    const Delivery& delivery = outcome_.what.delivery;
    const Notice notice{.kind = kind,
                        .tenant = member_.endpoint.tenant,
                        .endpoint = delivery.endpoint,
                        .delivery = delivery.id,
                        .type = outcome_.what.event->type,
                        .reason = reason,
                        .at = now_};
    Note note{.key = notice_key(rows_.next()),
              .version = 1,
              .value = model::to_bytes(notice),
              .expires = now_ + notice_kept};
    out_.change.writes.emplace_back(PutNote{note});
    out_.notices.push_back(std::move(note));
  }

  void stop_endpoint(Status status, Reason reason, NoticeKind kind) {
    if (member_.endpoint.status != Status::active)
      return;  // stopped already, by an earlier one or by a call
    Endpoint& stopped = endpoint();
    stopped.status = status;
    stopped.reason = reason;
    notice(kind, reason);
  }

 private:
  const Outcome& outcome_;
  const Member& member_;
  TimePoint now_;
  RowNumbers& rows_;
  Settlement& out_;
};

void on_success(const Member& member, Writer& writer) {
  if (!member.endpoint.failing && !member.endpoint.first_exhausted) return;
  const bool was_failing = member.endpoint.failing;
  writer.endpoint().failing = false;
  writer.endpoint().first_exhausted.reset();
  if (was_failing) writer.notice(NoticeKind::endpoint_recovered, Reason::none);
}

void on_exhausted(const Member& member, TimePoint now, Writer& writer) {
  const DeliveryPolicy& policy = member.profile->policy;
  const std::optional<TimePoint> first = member.endpoint.first_exhausted;
  if (!first) writer.endpoint().first_exhausted = now;
  switch (policy.on_exhausted) {
    case OnExhausted::mark_failing:
      if (member.endpoint.failing) return;
      writer.endpoint().failing = true;
      writer.notice(NoticeKind::endpoint_failing, Reason::exhausted);
      return;
    case OnExhausted::pause:
      writer.stop_endpoint(Status::paused, Reason::exhausted, NoticeKind::endpoint_paused);
      return;
    case OnExhausted::disable:
      writer.stop_endpoint(Status::disabled, Reason::exhausted, NoticeKind::endpoint_disabled);
      return;
    case OnExhausted::disable_after_window:
      if (first && now - *first >= policy.failing_window) {
        writer.stop_endpoint(Status::disabled, Reason::exhausted, NoticeKind::endpoint_disabled);
      }
      return;
  }
}

}  // namespace

std::string notice_key(std::uint64_t row) {
  // Fixed width, so that notices are told in the order in which they were written.
  std::string digits = std::to_string(row);
  return std::string(notice_prefix) + std::string(20 - digits.size(), '0') + digits;
}

bool counts(const Endpoint& endpoint, const Profile& profile) {
  return profile.active_endpoints_max != 0 && endpoint.status == Status::active;
}

Settlement settle(const Outcome& outcome, const Member* member, bool spared_by_success,
                  TimePoint now, RowNumbers& rows, const Sealing& sealing) {
  const Delivery& delivery = outcome.what.delivery;
  Settlement out;
  out.change.only_if = {LaneHeld{delivery.endpoint, outcome.epoch},
                        DeliveryAt{delivery.endpoint, delivery.position, delivery.attempts}};
  out.change.writes.reserve(2);  // of most
  if (detail::mutated(detail::Mutation::no_fence))
    out.change.only_if.front() = out.change.only_if.back();
  out.change.writes.emplace_back(DropDelivery{delivery.endpoint, delivery.position});
  out.result = result_of(outcome.verdict.decision);
  if (out.result)
    out.change.writes.emplace_back(PutAttempt{attempt_of(outcome, *out.result, rows.next())});
  if (member == nullptr) return out;

  Writer writer(outcome, *member, now, rows, out);
  switch (outcome.verdict.decision) {
    case Decision::delivered:
      on_success(*member, writer);
      break;
    case Decision::retry:
    case Decision::spare:
      out.again = next_row(outcome, now, rows);
      out.change.writes.emplace_back(PutDelivery{*out.again});
      break;
    case Decision::exhausted:
    case Decision::gone:
      out.change.writes.emplace_back(
          PutDeadLetter{dead_letter(outcome, member->profile->policy, now, rows.next())});
      writer.notice(NoticeKind::delivery_exhausted,
                    outcome.verdict.decision == Decision::gone ? Reason::gone : Reason::exhausted);
      if (outcome.verdict.decision == Decision::gone) {
        writer.stop_endpoint(Status::disabled, Reason::gone, NoticeKind::endpoint_disabled);
      } else if (!spared_by_success) {
        on_exhausted(*member, now, writer);
      }
      break;
  }
  // What the end of a delivery means for its endpoint is decided by what the endpoint is.
  const bool ended =
      outcome.verdict.decision == Decision::exhausted || outcome.verdict.decision == Decision::gone;
  out.of_endpoint = out.endpoint || ended;
  if (out.of_endpoint)
    out.change.only_if.emplace_back(EndpointAt{delivery.endpoint, member->endpoint.version});
  if (out.endpoint) {
    ++out.endpoint->version;
    out.endpoint->updated = now;
    out.change.writes.emplace_back(PutEndpoint{
        model::to_stored(*out.endpoint, counts(*out.endpoint, *member->profile), sealing)});
  }
  return out;
}

}  // namespace hookwright::engine
