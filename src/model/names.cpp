#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/endpoints.hpp"
#include "hookwright/explanation.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/receipt.hpp"

namespace hookwright {

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::timeout:
      return "timeout";
    case Fault::name_not_resolved:
      return "name_not_resolved";
    case Fault::blocked:
      return "blocked";
    case Fault::refused:
      return "refused";
    case Fault::reset:
      return "reset";
    case Fault::tls:
      return "tls";
    case Fault::protocol:
      return "protocol";
    case Fault::cancelled:
      return "cancelled";
    case Fault::resolver_down:
      return "resolver_down";
    case Fault::local:
      return "local";
  }
  return "unknown";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::active:
      return "active";
    case Status::paused:
      return "paused";
    case Status::disabled:
      return "disabled";
    case Status::unverified:
      return "unverified";
  }
  return "unknown";
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::by_user:
      return "by_user";
    case Reason::exhausted:
      return "exhausted";
    case Reason::gone:
      return "gone";
  }
  return "unknown";
}

std::string_view to_string(Publication publication) {
  switch (publication) {
    case Publication::queued:
      return "queued";
    case Publication::nobody_listening:
      return "nobody_listening";
    case Publication::refused:
      return "refused";
  }
  return "unknown";
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::inbox_full:
      return "inbox_full";
    case Refusal::body_too_large:
      return "body_too_large";
    case Refusal::unrepresentable:
      return "unrepresentable";
    case Refusal::shutting_down:
      return "shutting_down";
    case Refusal::store_unavailable:
      return "store_unavailable";
  }
  return "unknown";
}

std::string_view to_string(Stored stored) {
  switch (stored) {
    case Stored::pending:
      return "pending";
    case Stored::yes:
      return "yes";
    case Stored::duplicate:
      return "duplicate";
    case Stored::recorded:
      return "recorded";
    case Stored::no:
      return "no";
    case Stored::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(AttemptResult result) {
  switch (result) {
    case AttemptResult::delivered:
      return "delivered";
    case AttemptResult::failed:
      return "failed";
    case AttemptResult::exhausted:
      return "exhausted";
    case AttemptResult::gone:
      return "gone";
  }
  return "unknown";
}

std::string_view to_string(Purpose purpose) {
  switch (purpose) {
    case Purpose::delivery:
      return "delivery";
    case Purpose::test:
      return "test";
    case Purpose::handshake:
      return "handshake";
  }
  return "unknown";
}

std::string_view to_string(DeathReason reason) {
  switch (reason) {
    case DeathReason::exhausted:
      return "exhausted";
    case DeathReason::gone:
      return "gone";
    case DeathReason::deactivated:
      return "deactivated";
    case DeathReason::held_too_long:
      return "held_too_long";
    case DeathReason::expired:
      return "expired";
    case DeathReason::not_retried:
      return "not_retried";
  }
  return "unknown";
}

std::string_view to_string(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::delivery_exhausted:
      return "delivery_exhausted";
    case NoticeKind::endpoint_paused:
      return "endpoint_paused";
    case NoticeKind::endpoint_disabled:
      return "endpoint_disabled";
    case NoticeKind::endpoint_failing:
      return "endpoint_failing";
    case NoticeKind::endpoint_recovered:
      return "endpoint_recovered";
    case NoticeKind::endpoint_gone:
      return "endpoint_gone";
    case NoticeKind::endpoint_at_risk:
      return "endpoint_at_risk";
    case NoticeKind::held_too_long:
      return "held_too_long";
  }
  return "unknown";
}

std::string_view to_string(Reach reach) {
  switch (reach) {
    case Reach::sent:
      return "sent";
    case Reach::held:
      return "held";
    case Reach::skipped:
      return "skipped";
    case Reach::other_family:
      return "other_family";
    case Reach::other_type:
      return "other_type";
    case Reach::unmet_condition:
      return "unmet_condition";
    case Reach::unknown_profile:
      return "unknown_profile";
    case Reach::not_found:
      return "not_found";
    case Reach::store_unavailable:
      return "store_unavailable";
  }
  return "unknown";
}

std::string_view to_string(EndpointOutcome outcome) {
  switch (outcome) {
    case EndpointOutcome::ok:
      return "ok";
    case EndpointOutcome::not_found:
      return "not_found";
    case EndpointOutcome::uid_taken:
      return "uid_taken";
    case EndpointOutcome::over_limit:
      return "over_limit";
    case EndpointOutcome::conflict:
      return "conflict";
    case EndpointOutcome::store_unavailable:
      return "store_unavailable";
    case EndpointOutcome::shutting_down:
      return "shutting_down";
    case EndpointOutcome::inactive:
      return "inactive";
    case EndpointOutcome::busy:
      return "busy";
  }
  return "unknown";
}

}  // namespace hookwright
