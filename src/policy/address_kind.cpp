#include "policy/address_kind.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "policy/embedded.hpp"
#include "policy/prefix.hpp"

namespace hookwright {
namespace {

using policy::has_prefix;

// One line of a table: the first `bits` bits of an address.
struct Prefix4 {
  IpAddress::V4 bytes;
  unsigned bits;
  AddressKind kind;
};
struct Prefix6 {
  IpAddress::V6 bytes;
  unsigned bits;
  AddressKind kind;
};

constexpr AddressKind special = AddressKind::special;
constexpr AddressKind loopback = AddressKind::loopback;
constexpr AddressKind forbidden = AddressKind::forbidden;

// IANA's IPv4 special-purpose registry, and what practice adds. The first match decides, so single
// hosts come before the networks that hold them.
constexpr Prefix4 table4[] = {
    {{100, 100, 100, 200}, 32, forbidden},  // metadata: Alibaba
    {{168, 63, 129, 16}, 32, forbidden},    // Azure's wire server, an address that looks public
    {{192, 0, 0, 192}, 32, forbidden},      // metadata: Oracle, formerly
    {{255, 255, 255, 255}, 32, forbidden},  // broadcast
    // Link-local: metadata of AWS, Azure, Google, Oracle, DigitalOcean (.169.254), Tencent (.0.23)
    // and Scaleway (.42.42), credentials of ECS (.170.2) and EKS (.170.23). Nobody else is there.
    {{169, 254, 0, 0}, 16, forbidden},
    {{0, 0, 0, 0}, 8, forbidden},    // "this network"; connecting reaches loopback
    {{224, 0, 0, 0}, 4, forbidden},  // multicast
    {{127, 0, 0, 0}, 8, loopback},
    {{10, 0, 0, 0}, 8, special},       // RFC 1918
    {{100, 64, 0, 0}, 10, special},    // carriers' NAT, RFC 6598; overlay networks
    {{172, 16, 0, 0}, 12, special},    // RFC 1918
    {{192, 0, 0, 0}, 24, special},     // IETF protocol assignments
    {{192, 0, 2, 0}, 24, special},     // documentation
    {{192, 31, 196, 0}, 24, special},  // AS112
    {{192, 52, 193, 0}, 24, special},  // AMT
    {{192, 88, 99, 0}, 24, special},   // 6to4 relays, deprecated
    {{192, 168, 0, 0}, 16, special},   // RFC 1918
    {{192, 175, 48, 0}, 24, special},  // AS112
    {{198, 18, 0, 0}, 15, special},    // benchmarks
    {{198, 51, 100, 0}, 24, special},  // documentation
    {{203, 0, 113, 0}, 24, special},   // documentation
    {{240, 0, 0, 0}, 4, special},      // reserved
};

// Inside 2000::/3, from IANA's IPv6 special-purpose registry.
constexpr Prefix6 table6[] = {
    {{0x20, 0x01, 0x00}, 23, special},                    // IETF: Teredo, ORCHID, AMT, DRIP ...
    {{0x20, 0x01, 0x0d, 0xb8}, 32, special},              // documentation
    {{0x20, 0x02}, 16, special},                          // 6to4, which embeds IPv4
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, special},  // AS112
    {{0x3f, 0xff, 0x00}, 20, special},                    // documentation, RFC 9637
};

// Outside of it everything is special, and these are worse.
constexpr Prefix6 table6_outside[] = {
    {{}, 128, forbidden},  // unspecified
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, loopback},
    {{0xff}, 8, forbidden},                     // multicast
    {{0xfe, 0x80}, 10, forbidden},              // link-local; metadata: OpenStack (fe80::a9fe:a9fe)
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, forbidden},  // metadata: AWS
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, forbidden},  // Google
    {{0xfd, 0x00, 0x00, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x42},
     128,
     forbidden},  // Scaleway
};

template <class Table>
AddressKind look_up(const Table& table, const std::uint8_t* address, AddressKind otherwise) {
  for (const auto& line : table) {
    if (has_prefix(address, line.bytes.data(), line.bits)) return line.kind;
  }
  return otherwise;
}

AddressKind classify4(const IpAddress& address) {
  return look_up(table4, address.bytes().data(), AddressKind::global);
}

AddressKind classify6(const IpAddress& address) {
  const std::uint8_t* const bytes = address.bytes().data();
  const bool inside = (bytes[0] & 0xE0U) == 0x20U;
  AddressKind kind = inside ? look_up(table6, bytes, AddressKind::global)
                            : look_up(table6_outside, bytes, special);
  if (kind == loopback) return kind;  // ::1 lies in ::/96 too, and 0.0.0.1 would be forbidden
  for (const IpAddress& v4 : policy::embedded(address)) kind = std::max(kind, classify4(v4));
  return kind;
}

template <class Table>
bool one_line_says_so(const Table& table, const AddressRange& range, AddressKind kind) {
  return std::any_of(std::begin(table), std::end(table), [&](const auto& line) {
    return line.kind == kind && range.prefix() >= line.bits &&
           has_prefix(range.first().bytes().data(), line.bytes.data(), line.bits);
  });
}

}  // namespace

AddressKind classify(const IpAddress& address) {
  if (!address.is_v6()) return classify4(address);
  const auto v4 = policy::mapped(address);
  return v4 ? classify4(*v4) : classify6(address);
}

bool policy::lies_within(const AddressRange& range, AddressKind kind) {
  return range.first().is_v6() ? one_line_says_so(table6_outside, range, kind)
                               : one_line_says_so(table4, range, kind);
}

}  // namespace hookwright
