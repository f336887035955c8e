#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// An IPv4 or IPv6 address in its binary form, which is the only form that decisions are made on.
class HOOKWRIGHT_EXPORT IpAddress {
 public:
  using V4 = std::array<std::uint8_t, 4>;
  using V6 = std::array<std::uint8_t, 16>;

  // 0.0.0.0, which no policy allows.
  IpAddress() = default;
  explicit IpAddress(const V4& bytes);
  explicit IpAddress(const V6& bytes) : v6_(true), bytes_(bytes) {}

  // Strict: four decimal numbers without leading zeros, or RFC 4291 text without a zone and without
  // brackets. The short, octal and hexadecimal forms that inet_aton() takes are not addresses here.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const { return v6_; }

  // The 16 bytes of an IPv6 address, or the 4 of an IPv4 address followed by zeros.
  [[nodiscard]] const V6& bytes() const { return bytes_; }

  // As inet_ntop() writes it: "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1".
  [[nodiscard]] std::string text() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  bool v6_ = false;
  V6 bytes_{};
};

// What an address is good for, by the IANA special-purpose registries and by practice.
enum class AddressKind : std::uint8_t {
  global,   // a public unicast address
  special,  // loopback, private, link-local, documentation, tunnels and all else that is not public
  forbidden,  // never a receiver: unspecified, multicast, broadcast, cloud metadata services
};

// IPv6 is special unless it lies in 2000::/3 and in none of the special prefixes inside it. An
// address that embeds an IPv4 one by a plain mapping (::ffff:0:0/96) is what that IPv4 address is;
// in the other translations (64:ff9b::/96, ::/96 ...) it is at best special.
[[nodiscard]] HOOKWRIGHT_EXPORT AddressKind classify(const IpAddress& address);

}  // namespace hookwright
