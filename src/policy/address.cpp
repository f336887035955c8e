#include "hookwright/address.hpp"

#include <algorithm>
#include <charconv>

namespace hookwright {
namespace {

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

}  // namespace hookwright
