#pragma once

#include <cstdint>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// Why an attempt got no usable answer. Stored with each attempt, so the numbers never change.
enum class Fault : std::uint8_t {
  none = 0,               // a final header block arrived; its status says the rest
  timeout = 1,            // the deadline passed
  name_not_resolved = 2,  // this name does not resolve
  blocked = 3,            // the egress policy forbids the URL or an address of its name
  refused = 4,            // no connection: refused, unreachable
  reset = 5,              // the connection broke before the answer's headers were complete
  tls = 6,                // handshake or certificate
  protocol = 7,   // the answer is not HTTP, or broke the caps before its headers were complete
  cancelled = 8,  // by hookwright itself, for example at shutdown
  // Ours: never charged to the delivery.
  resolver_down = 9,  // no name at all resolves, or the resolver is overloaded
  local = 10,         // no descriptors, no memory, a broken local configuration
};

// "timeout", "name_not_resolved", ...
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Fault fault);

// True for those that are no fault of the receiver and cost a delivery nothing.
[[nodiscard]] constexpr bool is_ours(Fault fault) {
  return fault == Fault::cancelled || fault == Fault::resolver_down || fault == Fault::local;
}

}  // namespace hookwright
