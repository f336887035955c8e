#include "engine/settlement.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "fault_switch.hpp"
#include "model/codec.hpp"
#include "policy/excerpt.hpp"

namespace hookwright::engine {

namespace {

constexpr Duration notice_kept = std::chrono::hours(24 * 30);  // for an observer to come

std::optional<AttemptResult> result_of(Decision decision) {
  switch (decision) {
    case Decision::delivered:
      return AttemptResult::delivered;
    case Decision::retry:
      return AttemptResult::failed;
    case Decision::exhausted:
    case Decision::given_up:
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
          .type = outcome.what.event->type,
          .number = delivery.attempts + 1,
          .at = outcome.started,
          .elapsed = outcome.elapsed,
          .result = result,
          .fault = outcome.fault,
          .status = outcome.status,
          .excerpt = policy::excerpt_of(outcome.excerpt)};
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

// What one change gathers.
class Writer {
 public:
  Writer(const Outcome& outcome, const Member& member, const SettleContext& context,
         RowNumbers& rows, Settlement& out)
      : outcome_(outcome), member_(member), context_(context), rows_(rows), out_(out) {}

  [[nodiscard]] TimePoint now() const { return context_.now; }

  Endpoint& endpoint() {
    if (!out_.endpoint) out_.endpoint = std::make_unique<Endpoint>(member_.endpoint);
    return *out_.endpoint;
  }

  void notice(NoticeKind kind, Reason reason, std::uint8_t step = 0) {
    const Delivery& delivery = outcome_.what.delivery;
    const Notice notice{.kind = kind,
                        .tenant = member_.endpoint.tenant,
                        .endpoint = delivery.endpoint,
                        .delivery = delivery.id,
                        .type = outcome_.what.event->type,
                        .reason = reason,
                        .death = outcome_.verdict.death,
                        .at = now(),
                        .step = step,
                        .address = context_.address};
    Note note = notice_note(notice, rows_.next());
    out_.change.writes.emplace_back(PutNote{note});
    out_.notices.push_back(std::move(note));
  }

  void stop_endpoint(Status status, Reason reason, NoticeKind kind) {
    if (member_.endpoint.status != Status::active)
      return;  // stopped already, by an earlier one or by a call
    Endpoint& stopped = endpoint();
    stopped.status = status;
    stopped.reason = reason;
    stopped.stopped = now();
    notice(kind, reason);
  }

 private:
  const Outcome& outcome_;
  const Member& member_;
  const SettleContext& context_;
  RowNumbers& rows_;
  Settlement& out_;
};

void on_success(const Endpoint& endpoint, Writer& writer) {
  if (!endpoint.failing && !endpoint.first_exhausted && endpoint.warned == 0) return;
  const bool was_told = endpoint.failing || endpoint.warned != 0;
  Endpoint& healthy = writer.endpoint();
  healthy.failing = false;
  healthy.first_exhausted.reset();
  healthy.warned = 0;
  if (was_told) writer.notice(NoticeKind::endpoint_recovered, Reason::none);
}

// How near the end is: 0, or a step of NoticeKind::endpoint_at_risk.
std::uint8_t step_of(const DeliveryPolicy& policy, const Endpoint& endpoint,
                     const Delivery& delivery, TimePoint now) {
  if (policy.on_exhausted == OnExhausted::disable_after_window) {
    if (!endpoint.first_exhausted) return 0;
    const auto part = static_cast<double>((now - *endpoint.first_exhausted).count()) /
                      static_cast<double>(policy.failing_window.count());
    return part >= 0.9 ? 2 : part >= 0.5 ? 1 : 0;
  }
  if (delivery.attempts_max != 0) return 0;  // its end says nothing of the endpoint
  const std::uint32_t all = attempts_max(policy);
  const std::uint32_t failed = delivery.attempts + 1;
  return failed + 1 >= all ? 2 : failed >= (all + 1) / 2 ? 1 : 0;
}

// A delivery has failed once more, for good or not.
void on_failure(const Member& member, const Delivery& delivery, Writer& writer) {
  const DeliveryPolicy& policy = member.profile->policy;
  const Endpoint& endpoint = member.endpoint;
  if (endpoint.status != Status::active || endpoint.failing) return;
  const bool window_over = policy.on_exhausted == OnExhausted::disable_after_window &&
                           endpoint.first_exhausted &&
                           writer.now() - *endpoint.first_exhausted >= policy.failing_window;
  if (window_over) {
    writer.stop_endpoint(Status::disabled, Reason::exhausted, NoticeKind::endpoint_disabled);
    return;
  }
  const std::uint8_t step = step_of(policy, endpoint, delivery, writer.now());
  if (step <= endpoint.warned) return;
  writer.endpoint().warned = step;
  writer.notice(NoticeKind::endpoint_at_risk, Reason::exhausted, step);
}

void on_exhausted(const Member& member, const Delivery& delivery, Writer& writer) {
  const DeliveryPolicy& policy = member.profile->policy;
  if (!member.endpoint.first_exhausted) writer.endpoint().first_exhausted = writer.now();
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
      on_failure(member, delivery, writer);
      return;
  }
}

}  // namespace

std::string notice_key(std::uint64_t row) {
  // Fixed width, so that notices are told in the order in which they were written.
  std::string digits = std::to_string(row);
  return std::string(notice_prefix) + std::string(20 - digits.size(), '0') + digits;
}

DeadLetter dead_letter(const Waiting& row, const DeliveryPolicy& policy, DeathReason reason,
                       TimePoint now, std::uint64_t number) {
  const Delivery& delivery = row.delivery;
  return {.id = delivery.id,
          .endpoint = delivery.endpoint,
          .event = *row.event,
          .reason = reason,
          .attempts = delivery.attempts,
          .died = now,
          .expires = now + policy.dead_letter_retention,
          .row = number};
}

Note notice_note(const Notice& notice, std::uint64_t row) {
  return {.key = notice_key(row),
          .version = 1,
          .value = model::to_bytes(notice),
          .expires = notice.at + notice_kept};
}

std::uint8_t counts(const Endpoint& endpoint, const Profile& profile) {
  if (endpoint.status == Status::active)
    return profile.active_endpoints_max != 0 ? counts_as_active : 0;
  if (!endpoint.verified) return profile.unverified_endpoints_max != 0 ? counts_as_unverified : 0;
  return 0;
}

TenantCountBelow room_for(const Endpoint& endpoint, const Profile& profile, std::uint8_t counted) {
  return {.tenant = endpoint.tenant,
          .n = counted == counts_as_active ? profile.active_endpoints_max
                                           : profile.unverified_endpoints_max,
          .limit = counted};
}

Settlement settle(const Outcome& outcome, const Member* member, bool spared_by_success,
                  const SettleContext& context, RowNumbers& rows, const Sealing& sealing) {
  const Delivery& delivery = outcome.what.delivery;
  const TimePoint now = context.now;
  Settlement out;
  out.change.only_if.reserve(2);  // of most
  out.change.only_if.emplace_back(LaneHeld{delivery.endpoint, outcome.epoch});
  out.change.only_if.emplace_back(
      DeliveryAt{delivery.endpoint, delivery.position, delivery.attempts});
  out.change.writes.reserve(2);
  if (detail::mutated(detail::Mutation::no_fence))
    out.change.only_if.front() = out.change.only_if.back();
  out.change.writes.emplace_back(DropDelivery{delivery.endpoint, delivery.position});
  out.result = result_of(outcome.verdict.decision);
  if (out.result && outcome.sent)
    out.change.writes.emplace_back(PutAttempt{attempt_of(outcome, *out.result, rows.next())});
  out.orphan = member == nullptr;
  if (out.orphan) return out;

  Writer writer(outcome, *member, context, rows, out);
  switch (outcome.verdict.decision) {
    case Decision::delivered:
      on_success(member->endpoint, writer);
      break;
    case Decision::retry:
      on_failure(*member, delivery, writer);
      [[fallthrough]];
    case Decision::spare:
      out.again = next_row(outcome, now, rows);
      out.change.writes.emplace_back(PutDelivery{*out.again});
      break;
    case Decision::exhausted:
    case Decision::gone:
    case Decision::given_up: {
      DeadLetter letter = dead_letter(outcome.what, member->profile->policy, outcome.verdict.death,
                                      now, rows.next());
      letter.attempts += outcome.sent ? 1 : 0;
      letter.fault = outcome.fault;
      letter.status = outcome.status;
      out.change.writes.emplace_back(PutDeadLetter{std::move(letter)});
      const bool gone = outcome.verdict.decision == Decision::gone;
      writer.notice(NoticeKind::delivery_exhausted, gone ? Reason::gone : Reason::exhausted);
      if (gone) {
        writer.stop_endpoint(Status::disabled, Reason::gone, NoticeKind::endpoint_gone);
      } else if (outcome.verdict.decision == Decision::exhausted && !spared_by_success) {
        on_exhausted(*member, delivery, writer);
      }
      break;
    }
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
