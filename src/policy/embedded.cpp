#include "policy/embedded.hpp"

#include <algorithm>
#include <cstdint>

#include "policy/prefix.hpp"

namespace hookwright::policy {
namespace {

// Which four bytes of an address are an IPv4 address, where its first `bits` are these.
struct Place {
  IpAddress::V6 prefix;
  unsigned bits;
  std::size_t at;
  std::uint8_t flipped = 0;  // what the bytes are to be XORed with
};

constexpr Place places[] = {
    {{}, 96, 12},                                    // IPv4-compatible, deprecated
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // SIIT
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},              // NAT64, RFC 6052
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, 12},  // NAT64 of a network's own, RFC 8215
    {{0x20, 0x02}, 16, 2},                           // 6to4
    {{0x20, 0x01, 0x00, 0x00}, 32, 4},               // Teredo: the server
    {{0x20, 0x01, 0x00, 0x00}, 32, 12, 0xff},        // Teredo: the client
};

// ISATAP (RFC 5214) has them in the last four bytes, behind these and any prefix.
constexpr std::uint8_t isatap[2][4] = {{0x00, 0x00, 0x5e, 0xfe}, {0x02, 0x00, 0x5e, 0xfe}};

// A prefix of RFC 6052, and the bytes of the IPv4 address behind it. Byte 8 is left out.
struct Nat64 {
  unsigned bits;
  std::size_t at[4];
};
constexpr Nat64 nat64_places[] = {
    {32, {4, 5, 6, 7}},   {40, {5, 6, 7, 9}},    {48, {6, 7, 9, 10}},
    {56, {7, 9, 10, 11}}, {64, {9, 10, 11, 12}}, {96, {12, 13, 14, 15}},
};

IpAddress::V4 four_bytes(const std::uint8_t* from, std::uint8_t flipped = 0) {
  IpAddress::V4 bytes{};
  std::transform(from, from + bytes.size(), bytes.begin(), [flipped](std::uint8_t byte) {
    return static_cast<std::uint8_t>(byte ^ flipped);
  });
  return bytes;
}

const Nat64* find_nat64(unsigned prefix) {
  const auto* const found = std::find_if(std::begin(nat64_places), std::end(nat64_places),
                                         [prefix](const Nat64& n) { return n.bits == prefix; });
  return found == std::end(nat64_places) ? nullptr : found;
}

}  // namespace

std::optional<IpAddress> mapped(const IpAddress& address) {
  constexpr IpAddress::V6 prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::uint8_t* const bytes = address.bytes().data();
  if (!address.is_v6() || !has_prefix(bytes, prefix.data(), 96)) return std::nullopt;
  return IpAddress(four_bytes(bytes + 12));
}

Embedded embedded(const IpAddress& address) {
  Embedded found;
  if (!address.is_v6()) return found;
  const std::uint8_t* const bytes = address.bytes().data();
  for (const Place& place : places) {
    if (has_prefix(bytes, place.prefix.data(), place.bits)) {
      found.add(four_bytes(bytes + place.at, place.flipped));
    }
  }
  for (const auto& identifier : isatap) {
    if (has_prefix(bytes + 8, identifier, 32)) found.add(four_bytes(bytes + 12));
  }
  return found;
}

bool is_nat64_length(unsigned prefix) {
  return find_nat64(prefix) != nullptr;
}

IpAddress behind_nat64(const IpAddress& address, unsigned prefix) {
  IpAddress::V4 bytes{};
  if (const Nat64* const place = find_nat64(prefix)) {
    std::transform(std::begin(place->at), std::end(place->at), bytes.begin(),
                   [&address](std::size_t at) { return address.bytes()[at]; });
  }
  return IpAddress(bytes);
}

}  // namespace hookwright::policy
