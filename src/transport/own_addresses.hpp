#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "hookwright/address.hpp"
#include "hookwright/time.hpp"

namespace hookwright::transport {

// The addresses of this host's network interfaces now, or nothing if the system doesn't say.
std::optional<std::vector<IpAddress>> interface_addresses();

// Those addresses as they were a few seconds ago at most: asking the system costs as much as
// several requests do. For one thread.
class OwnAddresses {
 public:
  using Ask = std::function<std::optional<std::vector<IpAddress>>()>;

  // Throws ConfigError("transport.egress") if they can't be had.
  explicit OwnAddresses(Ask ask = interface_addresses);

  // True if they have changed. When the system doesn't answer, what it said last stands.
  bool refresh(SteadyTime now);

  [[nodiscard]] const std::vector<IpAddress>& list() const { return list_; }

 private:
  Ask ask_;
  std::vector<IpAddress> list_;
  std::optional<SteadyTime> asked_{};
};

}  // namespace hookwright::transport
