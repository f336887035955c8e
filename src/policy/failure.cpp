#include "hookwright/failure.hpp"

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
  TenantView view{.word = tenant_word(attempt.fault, attempt.status)};
  const bool answered = attempt.fault == Fault::none;
  if (answered) view.status = attempt.status;
  if (answered || attempt.fault == Fault::timeout) view.elapsed = attempt.elapsed;
  return view;
}

}  // namespace hookwright
