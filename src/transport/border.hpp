#pragma once

#include <cstdint>
#include <optional>

#include "hookwright/egress.hpp"
#include "hookwright/time.hpp"
#include "transport/own_addresses.hpp"

namespace hookwright::transport {

// The egress policy in force for one transport: what the host has decided, and this machine's own
// addresses, which may change while it runs. For one thread.
class Border {
 public:
  // Throws ConfigError for a policy that can't be meant, or if the system doesn't tell those
  // addresses.
  explicit Border(EgressPolicy policy, OwnAddresses::Ask ask = interface_addresses);

  // Called before each decision on where a request goes.
  void refresh(SteadyTime now);

  [[nodiscard]] const EgressPolicy& policy() const { return policy_; }
  [[nodiscard]] bool allows(const IpAddress& address) const;

  // Another one whenever what is allowed changes, and for each Border of the process. It is part of
  // the key of the connection pool, so no connection outlives the rules it was opened under.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  EgressPolicy policy_;
  std::optional<OwnAddresses> own_;  // where it matters
  std::uint64_t generation_;
};

}  // namespace hookwright::transport
