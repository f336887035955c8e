#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hookwright::policy {

// Whether the first `bits` bits agree.
inline bool has_prefix(const std::uint8_t* address, const std::uint8_t* prefix, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(address, prefix, whole) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU & (0xFFU << (8 - rest));
  return (address[whole] & mask) == (prefix[whole] & mask);
}

}  // namespace hookwright::policy
