#include "hookwright/failure.hpp"

#include <chrono>

namespace hookwright {

std::string_view tenant_word(Fault fault, int status) {
  switch (fault) {
    case Fault::none:
      return status >= 200 && status <= 299 ? "delivered" : "answered";
    case Fault::timeout:
      return "timeout";
    case Fault::name_not_resolved:
    case Fault::blocked:
    case Fault::refused:
      return "unreachable";
    case Fault::tls:
      return "insecure";
    case Fault::reset:
    case Fault::protocol:
      return "broken";
    case Fault::cancelled:
    case Fault::resolver_down:
    case Fault::local:
      return "postponed";
  }
  return "postponed";  // from a later version's store
}

TenantView tenant_view(const Attempt& attempt) {
  TenantView view{.number = attempt.number,
                  .at = std::chrono::floor<std::chrono::seconds>(attempt.at),
                  .result = attempt.result,
                  .word = tenant_word(attempt.fault, attempt.status)};
  if (attempt.fault != Fault::none) return view;
  view.status = attempt.status;
  view.elapsed = attempt.elapsed;
  return view;
}

TenantView tenant_view(const DeadLetter& dead) {
  return tenant_view(Attempt{
      .number = dead.attempts,
      .at = dead.died,
      .result = dead.reason == DeathReason::gone ? AttemptResult::gone : AttemptResult::exhausted,
      .fault = dead.fault,
      .status = dead.status});
}

}  // namespace hookwright
