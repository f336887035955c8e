#include "hookwright/egress.hpp"

namespace hookwright {

EgressPolicy EgressPolicy::production() {
  return {};
}

EgressPolicy EgressPolicy::development() {
  EgressPolicy policy;
  policy.allow_http = true;
  policy.allow_private_addresses = true;
  policy.allow_ip_literals = true;
  policy.allow_any_port = true;
  return policy;
}

bool EgressPolicy::allows(const IpAddress& address) const {
  switch (classify(address)) {
    case AddressKind::global:
      return true;
    case AddressKind::special:
      return allow_private_addresses;
    case AddressKind::forbidden:
      return false;
  }
  return false;
}

}  // namespace hookwright
