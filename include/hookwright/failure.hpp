#pragma once

#include <string_view>

#include "hookwright/delivery.hpp"
#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// What the owner of an endpoint may be told of an attempt: one of these words, and nothing else of
// what went wrong. Fault, address and detail are for the operator: whoever may choose URLs would
// learn from them what answers inside the host's network. (Ours.)
//
//   "delivered"    a 2xx came in time
//   "answered"     another status did; it may be told as well
//   "timeout"      nothing came in time
//   "unreachable"  no connection, whatever the reason: the name is unknown, the address is not
//                  allowed, nobody listens, nothing leads there
//   "insecure"     TLS could not be agreed upon, or the certificate is not valid for the name
//   "broken"       a connection, and no HTTP answer
//   "postponed"    a fault of ours: it costs nothing and is tried again
//
// A pure function of these two; `status` counts where there is no fault.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view tenant_word(Fault fault, int status);

// An attempt as a tenant may see it.
struct TenantView {
  std::string_view word{};
  int status = 0;      // where the word is "delivered" or "answered"
  Duration elapsed{};  // with these two and "timeout" only: a blocked address fails sooner than a
                       // closed port, and a closed port sooner than a silent one
};
[[nodiscard]] HOOKWRIGHT_EXPORT TenantView tenant_view(const Attempt& attempt);

}  // namespace hookwright
