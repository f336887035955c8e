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

// A block of addresses, "192.0.2.0/24" or "2001:db8::/32".
class HOOKWRIGHT_EXPORT AddressRange {
 public:
  // Strict: an address as IpAddress::parse() takes it, a slash, and the length of the prefix in
  // decimal without leading zeros; no bit may be set behind the prefix, since whoever writes
  // 10.0.0.1/8 means either less or more. A single address is a /32 or a /128. IPv4 addresses are
  // written as such and not as ::ffff:0:0/96. Throws ConfigError("address_range") with the text.
  explicit AddressRange(std::string_view text);

  [[nodiscard]] const IpAddress& first() const { return first_; }
  [[nodiscard]] unsigned prefix() const { return prefix_; }  // 0 to 32, or 0 to 128

  // IPv4 and IPv6 are apart: no range of the one holds an address of the other.
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool contains(const AddressRange& other) const;

  [[nodiscard]] std::string text() const;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  IpAddress first_{};
  unsigned prefix_ = 0;
};

// What an address is good for, by the IANA special-purpose registries and by practice; each is
// worse than the one before.
enum class AddressKind : std::uint8_t {
  global,     // a public unicast address
  special,    // private, documentation, tunnels and all else that is not public
  loopback,   // this host itself: 127.0.0.0/8, ::1
  forbidden,  // never a receiver: unspecified, multicast, broadcast, link-local, cloud metadata
};

// IPv6 is special unless it lies in 2000::/3 and in none of the special prefixes inside it. An IPv4
// address in IPv6 form (::ffff:0:0/96) is what that IPv4 address is. Where a translation or a
// tunnel holds IPv4 addresses (64:ff9b::/96, ::/96, 6to4, Teredo, ISATAP ...), the worst of them
// decides, and at best it is special.
[[nodiscard]] HOOKWRIGHT_EXPORT AddressKind classify(const IpAddress& address);

}  // namespace hookwright
