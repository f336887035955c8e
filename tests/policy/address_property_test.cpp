// The classification of addresses against a second one, made another way: intervals of numbers in
// place of prefixes of bytes.

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/address.hpp"
#include "hookwright/egress.hpp"

using namespace hookwright;

namespace {

using Kind = AddressKind;

// What becomes of each interval, written as its first and last address; all else is global.
struct Interval {
  const char* first;
  const char* last;
  Kind kind;
};
const std::vector<Interval> intervals = {
    {"0.0.0.0", "0.255.255.255", Kind::forbidden},
    {"10.0.0.0", "10.255.255.255", Kind::special},
    {"100.64.0.0", "100.100.100.199", Kind::special},
    {"100.100.100.200", "100.100.100.200", Kind::forbidden},
    {"100.100.100.201", "100.127.255.255", Kind::special},
    {"127.0.0.0", "127.255.255.255", Kind::loopback},
    {"168.63.129.16", "168.63.129.16", Kind::forbidden},
    {"169.254.0.0", "169.254.255.255", Kind::forbidden},
    {"172.16.0.0", "172.31.255.255", Kind::special},
    {"192.0.0.0", "192.0.0.191", Kind::special},
    {"192.0.0.192", "192.0.0.192", Kind::forbidden},
    {"192.0.0.193", "192.0.0.255", Kind::special},
    {"192.0.2.0", "192.0.2.255", Kind::special},
    {"192.31.196.0", "192.31.196.255", Kind::special},
    {"192.52.193.0", "192.52.193.255", Kind::special},
    {"192.88.99.0", "192.88.99.255", Kind::special},
    {"192.168.0.0", "192.168.255.255", Kind::special},
    {"192.175.48.0", "192.175.48.255", Kind::special},
    {"198.18.0.0", "198.19.255.255", Kind::special},
    {"198.51.100.0", "198.51.100.255", Kind::special},
    {"203.0.113.0", "203.0.113.255", Kind::special},
    {"224.0.0.0", "239.255.255.255", Kind::forbidden},
    {"240.0.0.0", "255.255.255.254", Kind::special},
    {"255.255.255.255", "255.255.255.255", Kind::forbidden},
};

std::uint32_t number(const char* text) {
  const auto bytes = IpAddress::parse(text).value().bytes();
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

IpAddress::V4 bytes_of(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
          static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

// By the last address of each interval, gaps included.
std::map<std::uint32_t, Kind> make_reference() {
  std::map<std::uint32_t, Kind> by_last;
  std::uint32_t next = 0;
  for (const Interval& interval : intervals) {
    if (number(interval.first) > next) by_last[number(interval.first) - 1] = Kind::global;
    by_last[number(interval.last)] = interval.kind;
    next = number(interval.last) + 1;
  }
  return by_last;
}

Kind expected(std::uint32_t value) {
  static const std::map<std::uint32_t, Kind> reference = make_reference();
  return reference.lower_bound(value)->second;
}

// Every address at which a prefix of any length begins or ends that begins or ends near one of
// ours: their neighbourhoods, and those of all /16s and /24s' edges at random.
std::vector<std::uint32_t> interesting() {
  std::set<std::uint32_t> values = {0, 0xFFFFFFFF};
  for (const Interval& interval : intervals) {
    for (const std::uint32_t edge : {number(interval.first), number(interval.last)}) {
      for (unsigned length = 0; length <= 32; ++length) {
        const std::uint32_t mask = length == 0 ? 0 : 0xFFFFFFFFU << (32 - length);
        for (const std::uint32_t base : {edge & mask, edge | ~mask}) {
          for (const std::uint32_t off : {0U, 1U, 2U}) {
            values.insert(base + off);
            values.insert(base - off);
          }
        }
      }
    }
  }
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) values.insert(static_cast<std::uint32_t>(random()));
  return {values.begin(), values.end()};
}

IpAddress with(IpAddress::V6 bytes, std::size_t at, std::uint32_t v4) {
  const IpAddress::V4 four = bytes_of(v4);
  std::copy(four.begin(), four.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return IpAddress(bytes);
}

}  // namespace

TEST_CASE("both ends of every prefix of IPv4 are what the reference says") {
  // From /0 to /20 all of them, which is every address where a prefix that long may begin or end.
  std::vector<std::string> wrong;
  const auto look = [&wrong](std::uint32_t value) {
    const IpAddress address(bytes_of(value));
    if (classify(address) != expected(value)) wrong.push_back(address.text());
  };
  for (std::uint64_t block = 0; block < (1U << 20U); ++block) {
    look(static_cast<std::uint32_t>(block << 12U));
    look(static_cast<std::uint32_t>((block << 12U) + 0xFFFU));
  }
  for (const std::uint32_t value : interesting()) look(value);
  CHECK(wrong == std::vector<std::string>{});
}

TEST_CASE("an IPv4 address inside IPv6 makes it no better") {
  const EgressPolicy production = EgressPolicy::production();
  const EgressPolicy development = EgressPolicy::development();
  EgressPolicy dns64 = production;
  dns64.allow_dns64 = true;
  EgressPolicy own_nat64 = production;
  own_nat64.nat64 = {AddressRange("2606:4700:64::/96")};
  struct Form {
    const char* name;
    IpAddress::V6 bytes;
    std::size_t at;
    bool inverted = false;
    Kind least = Kind::special;
  };
  const std::vector<Form> forms = {
      {"compatible", {}, 12},
      {"translated", {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12},
      {"NAT64", {0x00, 0x64, 0xff, 0x9b}, 12},
      {"local NAT64", {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 12},
      {"6to4", {0x20, 0x02}, 2},
      {"Teredo server", {0x20, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf7, 0xf7, 0xf7, 0xf7}, 4},
      {"Teredo client", {0x20, 0x01, 0, 0, 8, 8, 8, 8}, 12, true},
      {"ISATAP", {0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xfe}, 12, false, Kind::global},
      {"ISATAP, universal",
       {0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 2, 0, 0x5e, 0xfe},
       12,
       false,
       Kind::global},
      {"ISATAP, private", {0xfd, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xfe}, 12},
  };
  std::vector<std::string> wrong;
  for (const std::uint32_t value : interesting()) {
    const IpAddress v4(bytes_of(value));
    const Kind kind = expected(value);
    const IpAddress mapped = with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12, value);
    if (classify(mapped) != kind || production.allows(mapped) != production.allows(v4) ||
        development.allows(mapped) != development.allows(v4)) {
      wrong.push_back("mapped " + v4.text());
    }
    const IpAddress nat64 = with({0x00, 0x64, 0xff, 0x9b}, 12, value);
    if (production.allows(nat64) || dns64.allows(nat64) != production.allows(v4)) {
      wrong.push_back("dns64 " + v4.text());
    }
    const IpAddress theirs = with({0x26, 0x06, 0x47, 0x00, 0x00, 0x64}, 12, value);
    if (own_nat64.allows(theirs) != production.allows(v4)) wrong.push_back("nat64 " + v4.text());
    for (const Form& form : forms) {
      const IpAddress address = with(form.bytes, form.at, form.inverted ? ~value : value);
      // ::1 is loopback, although 0.0.0.1 is worse.
      const bool is_loopback = address == IpAddress::parse("::1").value();
      const Kind worst = is_loopback ? Kind::loopback : std::max(kind, form.least);
      if (classify(address) != worst) wrong.push_back(form.name + (" " + v4.text()));
      if (production.allows(address) != (worst == Kind::global)) {
        wrong.push_back(form.name + (" allowed: " + v4.text()));
      }
    }
  }
  CHECK(wrong == std::vector<std::string>{});
}

TEST_CASE("nothing outside 2000::/3 is allowed in production but IPv4 in IPv6 form") {
  const EgressPolicy production = EgressPolicy::production();
  std::mt19937_64 random(5);
  std::size_t inside = 0;
  std::vector<std::string> wrong;
  for (int i = 0; i < 300'000; ++i) {
    IpAddress::V6 bytes{};
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (i % 2 == 0) std::fill_n(bytes.begin() + 2, random() % 12, std::uint8_t{0});
    const IpAddress address(bytes);
    const bool global_unicast = bytes[0] >= 0x20 && bytes[0] <= 0x3f;
    if (global_unicast) ++inside;
    if (!global_unicast && production.allows(address)) wrong.push_back(address.text());
  }
  CHECK(inside > 10'000);
  CHECK(wrong == std::vector<std::string>{});
}
