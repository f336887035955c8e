// Ranges as text, and the policies made of them: a range reads as it is written, holds exactly the
// addresses that agree with it bit by bit, and opens nothing that it can't.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"

using namespace hookwright;

namespace {

std::optional<AddressRange> read_range(std::string_view text) {
  try {
    const AddressRange range(text);
    fuzz::require(AddressRange(range.text()) == range, "a range reads as it is written");
    return range;
  } catch (const ConfigError& error) {
    fuzz::require(error.field() == "address_range", "a refusal names the field");
    return std::nullopt;
  }
}

bool bit(const IpAddress& address, std::size_t index) {
  return (address.bytes()[index / 8] >> (7 - index % 8) & 1U) != 0;
}

// The address with these bits changed: all from `from` on, or this one alone.
IpAddress flipped(const IpAddress& address, std::size_t from, bool only_one = false) {
  IpAddress::V6 bytes = address.bytes();
  const std::size_t end = address.is_v6() ? 128 : 32;
  for (std::size_t i = from; i < (only_one ? from + 1 : end); ++i) {
    bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] ^ (0x80U >> i % 8));
  }
  if (address.is_v6()) return IpAddress(bytes);
  return IpAddress(IpAddress::V4{bytes[0], bytes[1], bytes[2], bytes[3]});
}

// As slow and plain as can be: the reference.
bool holds(const AddressRange& range, const IpAddress& address) {
  if (range.first().is_v6() != address.is_v6()) return false;
  for (std::size_t i = 0; i < range.prefix(); ++i) {
    if (bit(range.first(), i) != bit(address, i)) return false;
  }
  return true;
}

void check_edges(const AddressRange& range) {
  const IpAddress& first = range.first();
  fuzz::require(range.contains(first), "a range holds its first address");
  fuzz::require(range.contains(flipped(first, range.prefix())), "and its last");
  for (std::size_t i = 0; i < range.prefix(); ++i) {
    fuzz::require(!range.contains(flipped(first, i, true)), "and nothing outside");
  }
}

void check_policy(const AddressRange& range, const AddressRange& other, const IpAddress& address) {
  EgressPolicy allowing;
  allowing.allow = {range};
  try {
    check(allowing);
  } catch (const ConfigError& error) {
    fuzz::require(error.field() == "egress.allow", "a refusal names the field");
    allowing.allow.clear();
  }
  const bool allowed = allowing.allows(address);
  const AddressKind kind = classify(address);
  fuzz::require(!allowed || kind < AddressKind::loopback, "no range opens this host or worse");
  fuzz::require(allowed || !EgressPolicy::production().allows(address), "to allow closes nothing");
  EgressPolicy denying = allowing;
  denying.deny = {other};
  fuzz::require(!denying.allows(address) || (allowed && !holds(other, address)),
                "what is denied is closed, and to deny opens nothing");
  const std::vector<IpAddress> own = {address};
  fuzz::require(!allowing.allows(address, own), "no range opens this host's own addresses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  const std::optional<AddressRange> range = read_range(fuzz::take_part(rest));
  if (!range) return 0;
  check_edges(*range);
  const std::optional<AddressRange> other = read_range(fuzz::take_part(rest));
  if (!other) return 0;
  fuzz::require(!range->contains(*other) || holds(*range, flipped(other->first(), other->prefix())),
                "a range within another ends within it");
  fuzz::require(range->contains(*other) ==
                    (other->prefix() >= range->prefix() && holds(*range, other->first())),
                "a range within another begins within it");
  std::vector<IpAddress> addresses = {range->first(), flipped(range->first(), range->prefix()),
                                      other->first(), flipped(other->first(), other->prefix())};
  if (const auto address = IpAddress::parse(fuzz::take_part(rest))) addresses.push_back(*address);
  for (const IpAddress& address : addresses) {
    fuzz::require(range->contains(address) == holds(*range, address), "a prefix is a prefix");
    check_policy(*range, *other, address);
  }
  return 0;
}
