#include "hookwright/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace hookwright {
namespace {

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
constexpr AddressKind forbidden = AddressKind::forbidden;

// IANA's IPv4 special-purpose registry, and what practice adds. The first match decides, so single
// hosts come before the networks that hold them.
constexpr Prefix4 table4[] = {
    {{169, 254, 169, 254}, 32, forbidden},  // metadata: AWS, Azure, Google, Oracle, DigitalOcean
    {{169, 254, 170, 2}, 32, forbidden},    // credentials: ECS
    {{169, 254, 170, 23}, 32, forbidden},   // credentials: EKS
    {{100, 100, 100, 200}, 32, forbidden},  // metadata: Alibaba
    {{168, 63, 129, 16}, 32, forbidden},    // Azure's wire server, an address that looks public
    {{192, 0, 0, 192}, 32, forbidden},      // metadata: Oracle, formerly
    {{0, 0, 0, 0}, 8, forbidden},           // "this network"; connecting reaches loopback
    {{224, 0, 0, 0}, 4, forbidden},         // multicast
    {{255, 255, 255, 255}, 32, forbidden},  // broadcast
    {{10, 0, 0, 0}, 8, special},            // RFC 1918
    {{100, 64, 0, 0}, 10, special},         // carriers' NAT, RFC 6598; overlay networks
    {{127, 0, 0, 0}, 8, special},           // loopback
    {{169, 254, 0, 0}, 16, special},        // link-local
    {{172, 16, 0, 0}, 12, special},         // RFC 1918
    {{192, 0, 0, 0}, 24, special},          // IETF protocol assignments
    {{192, 0, 2, 0}, 24, special},          // documentation
    {{192, 31, 196, 0}, 24, special},       // AS112
    {{192, 52, 193, 0}, 24, special},       // AMT
    {{192, 88, 99, 0}, 24, special},        // 6to4 relays, deprecated
    {{192, 168, 0, 0}, 16, special},        // RFC 1918
    {{192, 175, 48, 0}, 24, special},       // AS112
    {{198, 18, 0, 0}, 15, special},         // benchmarks
    {{198, 51, 100, 0}, 24, special},       // documentation
    {{203, 0, 113, 0}, 24, special},        // documentation
    {{240, 0, 0, 0}, 4, special},           // reserved
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
    {{}, 128, forbidden},    // unspecified
    {{0xff}, 8, forbidden},  // multicast
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, forbidden},  // AWS
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, forbidden},  // Google
};

// Where the last four bytes are an IPv4 address.
constexpr IpAddress::V6 mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr Prefix6 translations[] = {
    {{0x00, 0x64, 0xff, 0x9b}, 96, special},              // NAT64, RFC 6052
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, special},  // SIIT
    {{}, 96, special},                                    // IPv4-compatible, deprecated
};

bool has_prefix(const std::uint8_t* address, const std::uint8_t* prefix, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(address, prefix, whole) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU & (0xFFU << (8 - rest));
  return (address[whole] & mask) == (prefix[whole] & mask);
}

template <class Table>
AddressKind look_up(const Table& table, const std::uint8_t* address, AddressKind otherwise) {
  for (const auto& line : table) {
    if (has_prefix(address, line.bytes.data(), line.bits)) return line.kind;
  }
  return otherwise;
}

AddressKind classify6(const IpAddress::V6& bytes) {
  const std::uint8_t* const embedded = bytes.data() + 12;
  if (has_prefix(bytes.data(), mapped.data(), 96)) {
    return look_up(table4, embedded, AddressKind::global);
  }
  if ((bytes[0] & 0xE0U) == 0x20U) return look_up(table6, bytes.data(), AddressKind::global);
  // ::1 lies in ::/96 as well; there it would be read as 0.0.0.1, which is forbidden.
  constexpr IpAddress::V6 loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (bytes == loopback) return special;
  for (const Prefix6& translation : translations) {
    if (has_prefix(bytes.data(), translation.bytes.data(), translation.bits)) {
      return std::max(look_up(table4, embedded, special), special);
    }
  }
  return look_up(table6_outside, bytes.data(), special);
}

// "0" to "255" without leading zeros.
std::optional<std::uint8_t> parse_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

std::optional<IpAddress::V4> parse4(std::string_view text) {
  IpAddress::V4 bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const auto octet = parse_octet(text.substr(0, dot));
    if (!octet) return std::nullopt;
    bytes[i] = *octet;
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return bytes;
}

// One to four hexadecimal digits.
std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Groups up to the end of `text`, which holds no "::"; an IPv4 address may take the place of the
// last two. Appends to `bytes`; false if it is malformed or too long.
bool parse_groups(std::string_view text, bool v4_may_end, IpAddress::V6& bytes, std::size_t& size) {
  if (text.empty()) return true;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && v4_may_end && part.find('.') != std::string_view::npos) {
      const auto v4 = parse4(part);
      if (!v4 || size + 4 > bytes.size()) return false;
      std::copy(v4->begin(), v4->end(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      size += 4;
      return true;
    }
    const auto group = parse_group(part);
    if (!group || size + 2 > bytes.size()) return false;
    bytes[size++] = static_cast<std::uint8_t>(*group >> 8U);
    bytes[size++] = static_cast<std::uint8_t>(*group & 0xFFU);
    if (last) return true;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpAddress::V6> parse6(std::string_view text) {
  IpAddress::V6 head{};
  std::size_t head_size = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (text.empty() || !parse_groups(text, true, head, head_size) || head_size != head.size()) {
      return std::nullopt;
    }
    return head;
  }
  IpAddress::V6 tail{};
  std::size_t tail_size = 0;
  if (!parse_groups(text.substr(0, gap), false, head, head_size) ||
      !parse_groups(text.substr(gap + 2), true, tail, tail_size) ||
      head_size + tail_size > head.size() - 2) {  // "::" stands for one group at least
    return std::nullopt;
  }
  std::copy_n(tail.begin(), tail_size, head.end() - static_cast<std::ptrdiff_t>(tail_size));
  return head;
}

std::string text4(const std::uint8_t* bytes) {
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) text += '.';
    text += std::to_string(bytes[i]);
  }
  return text;
}

// The first longest run of zero groups, two at least (RFC 5952).
struct Run {
  std::size_t first = 8;
  std::size_t size = 0;
};

Run longest_zero_run(const std::array<unsigned, 8>& groups) {
  Run best;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.size) best = Run{i, end - i};
    i = std::max(end, i + 1);
  }
  return best;
}

std::string text6(const IpAddress::V6& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8U | bytes[2 * i + 1];
  }
  const Run run = longest_zero_run(groups);
  // inet_ntop() shows an embedded IPv4 address where nothing but zeros, or ::ffff, precedes it.
  const bool dotted = run.first == 0 && (run.size == 6 || (run.size == 5 && groups[5] == 0xFFFF));
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == run.first) {
      text += "::";
      i += run.size - 1;
      continue;
    }
    if (dotted && i == 6) return text + text4(bytes.data() + 12);
    char digits[4];
    const auto written = std::to_chars(digits, digits + sizeof digits, groups[i], 16);
    text.append(digits, written.ptr);
    if (i != 7 && i + 1 != run.first) text += ':';
  }
  return text;
}

}  // namespace

IpAddress::IpAddress(const V4& bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    if (const auto v6 = parse6(text)) return IpAddress(*v6);
    return std::nullopt;
  }
  if (const auto v4 = parse4(text)) return IpAddress(*v4);
  return std::nullopt;
}

std::string IpAddress::text() const {
  return v6_ ? text6(bytes_) : text4(bytes_.data());
}

AddressKind classify(const IpAddress& address) {
  if (address.is_v6()) return classify6(address.bytes());
  return look_up(table4, address.bytes().data(), AddressKind::global);
}

}  // namespace hookwright
