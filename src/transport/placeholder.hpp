#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "hookwright/address.hpp"

namespace hookwright::transport {

// libcurl is told to connect to an address that doesn't exist, one for each (generation of the
// egress policy, host, port, vetted address), and the vetted address is put in its place when the
// socket is opened. So the key of its pool holds the vetted address, a connection is reused only
// where all of these agree, and its own resolver has nothing to look up.
//
// The address is 100::/64 (RFC 6666, discard-only) and 64 bits of SipHash under a key of the
// process: without a key a tenant could aim many names at one list of the pool.
class Placeholders {
 public:
  // Throws std::runtime_error if the system has no randomness.
  Placeholders();

  // The same for the same arguments as long as the process lives.
  [[nodiscard]] IpAddress make(std::uint64_t generation, std::string_view host, std::uint16_t port,
                               const IpAddress& vetted) const;

  // The 64 bits that tell one from all others.
  [[nodiscard]] static std::uint64_t hash_of(const IpAddress& placeholder);

 private:
  std::array<std::uint64_t, 2> key_;
};

// SipHash-2-4 (Aumasson and Bernstein).
std::uint64_t siphash(const std::array<std::uint64_t, 2>& key, std::string_view bytes);

}  // namespace hookwright::transport
