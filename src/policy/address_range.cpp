#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/address.hpp"
#include "hookwright/error.hpp"
#include "policy/embedded.hpp"
#include "policy/prefix.hpp"

namespace hookwright {
namespace {

[[noreturn]] void refuse_range(std::string_view rule, std::string_view text) {
  throw ConfigError("address_range", rule, text.substr(0, 64));
}

// "0" to "128" without leading zeros.
std::optional<unsigned> parse_prefix(std::string_view digits, unsigned max) {
  unsigned value = 0;
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value > max) {
    return std::nullopt;
  }
  return value;
}

bool has_bits_behind(const IpAddress::V6& bytes, unsigned prefix) {
  const std::size_t whole = prefix / 8;
  if (whole == bytes.size()) return false;
  if ((bytes[whole] & (0xFFU >> (prefix % 8))) != 0) return true;
  return std::any_of(bytes.begin() + static_cast<std::ptrdiff_t>(whole) + 1, bytes.end(),
                     [](std::uint8_t byte) { return byte != 0; });
}

}  // namespace

AddressRange::AddressRange(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    refuse_range("must be an address, a slash and a prefix length, like 192.0.2.0/24", text);
  }
  const std::optional<IpAddress> first = IpAddress::parse(text.substr(0, slash));
  if (!first) refuse_range("must begin with an IPv4 or IPv6 address", text);
  const auto prefix = parse_prefix(text.substr(slash + 1), first->is_v6() ? 128 : 32);
  if (!prefix) {
    refuse_range(first->is_v6() ? "must have a prefix length between 0 and 128"
                                : "must have a prefix length between 0 and 32",
                 text);
  }
  // In an IPv4 address zeros follow the four bytes, so the rule is the same.
  if (has_bits_behind(first->bytes(), *prefix)) {
    refuse_range("must have no bits set behind its prefix", text);
  }
  if (policy::mapped(*first)) refuse_range("must be written as an IPv4 range", text);
  first_ = *first;
  prefix_ = *prefix;
}

bool AddressRange::contains(const IpAddress& address) const {
  return address.is_v6() == first_.is_v6() &&
         policy::has_prefix(address.bytes().data(), first_.bytes().data(), prefix_);
}

bool AddressRange::contains(const AddressRange& other) const {
  return other.prefix_ >= prefix_ && contains(other.first_);
}

std::string AddressRange::text() const {
  return first_.text() + '/' + std::to_string(prefix_);
}

}  // namespace hookwright
