#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "hookwright/address.hpp"

namespace hookwright::policy {

// IPv4 addresses that stand inside an IPv6 address.
class Embedded {
 public:
  [[nodiscard]] const IpAddress* begin() const { return addresses_.data(); }
  [[nodiscard]] const IpAddress* end() const { return addresses_.data() + count_; }

  void add(const IpAddress::V4& bytes) { addresses_[count_++] = IpAddress(bytes); }

 private:
  std::array<IpAddress, 4> addresses_{};
  std::size_t count_ = 0;
};

// The IPv4 address that ::ffff:0:0/96 writes in IPv6 form: a connection to it is one to that.
[[nodiscard]] std::optional<IpAddress> mapped(const IpAddress& address);

// Those that some translator or tunnel on the way might send it on to. Nothing for IPv4.
[[nodiscard]] Embedded embedded(const IpAddress& address);

// Whether RFC 6052 knows prefixes of this length, and what it puts behind one.
[[nodiscard]] bool is_nat64_length(unsigned prefix);
[[nodiscard]] IpAddress behind_nat64(const IpAddress& address, unsigned prefix);

}  // namespace hookwright::policy
