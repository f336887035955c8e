#include "hookwright/address.hpp"

#include <random>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/egress.hpp"
#include "support/address.hpp"

#ifndef _WIN32
#include <arpa/inet.h>
#endif

using hookwright::AddressKind;
using hookwright::classify;
using hookwright::EgressPolicy;
using hookwright::IpAddress;

TEST_CASE("addresses are parsed strictly") {
  CHECK(address("192.0.2.1").bytes() == IpAddress::V6{192, 0, 2, 1});
  CHECK(!address("192.0.2.1").is_v6());
  CHECK(address("::1").bytes() == IpAddress::V6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  CHECK(address("::").bytes() == IpAddress::V6{});
  CHECK(address("::").is_v6());
  CHECK(address("::ffff:192.0.2.1") == address("::FFFF:C000:0201"));
  CHECK(address("1:2:3:4:5:6:7::") == address("1:2:3:4:5:6:7:0"));
  CHECK(!(address("0.0.0.0") == address("::")));

  const std::string bad = GENERATE(
      as<std::string>{}, "", "1", "127.1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
      "1.2.3.04", "1.2.3.4.", ".1.2.3.4", "1..2.3", "0x7f.0.0.1", "+1.2.3.4", "1.2.3.4 ",
      "2130706433", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:", "12345::", "g::", "::1%lo", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
      "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "::-1", "fe80::1%25eth0", "::1/64");
  INFO(bad);
  CHECK(!IpAddress::parse(bad));
}

TEST_CASE("addresses are written as the operating system writes them") {
  const std::string text =
      GENERATE(as<std::string>{}, "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1",
               "1::", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "::192.0.2.1",
               "2001:0:0:1::", "1:0:2:0:3:0:4:0", "fe80::1:0:0:1", "100::abcd:0:1:2");
  CHECK(address(text).text() == text);
}

#ifndef _WIN32
TEST_CASE("addresses are read and written as inet_pton and inet_ntop do") {
  std::mt19937 random(7);
  std::uniform_int_distribution<unsigned> byte(0, 255);
  std::uniform_int_distribution<unsigned> sparse(0, 2);
  std::vector<std::string> wrong;
  for (int i = 0; i < 20'000; ++i) {
    IpAddress::V6 bytes{};
    for (auto& b : bytes) b = sparse(random) == 0 ? static_cast<std::uint8_t>(byte(random)) : 0;
    char expected[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, bytes.data(), expected, sizeof expected);
    if (IpAddress(bytes).text() != expected) wrong.push_back(expected);
    const auto parsed = IpAddress::parse(expected);
    if (!parsed || parsed->bytes() != bytes || !parsed->is_v6()) wrong.push_back(expected);
  }
  // Damaged text: whatever we take, the system takes as well, and as the same.
  std::uniform_int_distribution<std::size_t> pick(0, 17);
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t n = pick(random) + 2; n > 0; --n) text += "0123:::::af.%12345"[pick(random)];
    const auto parsed = IpAddress::parse(text);
    IpAddress::V6 bytes{};
    const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
    const bool valid = inet_pton(family, text.c_str(), bytes.data()) == 1;
    if (valid != parsed.has_value() || (valid && parsed->bytes() != bytes)) wrong.push_back(text);
  }
  CHECK(wrong == std::vector<std::string>{});
}
#endif

TEST_CASE("public addresses are global") {
  const std::string text = GENERATE(
      as<std::string>{}, "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
      "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
      "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0",
      "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700:4700::1111", "2001:200::1",
      "2000::1", "2620:4f:8001::1", "2003::1", "3ffe:ffff::1", "3fff:1000::1", "::ffff:8.8.8.8");
  INFO(text);
  CHECK(classify(address(text)) == AddressKind::global);
  CHECK(EgressPolicy::production().allows(address(text)));
  CHECK(EgressPolicy::development().allows(address(text)));
}

TEST_CASE("private and special addresses need a policy that allows them") {
  const std::string text = GENERATE(
      as<std::string>{}, "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
      "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.255", "192.31.196.1", "192.52.193.1",
      "192.88.99.1", "192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255",
      "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.254", "::2:0:0:1", "::ffff:10.0.0.1",
      "::10.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::808:808",
      "64:ff9b:2::1", "100::1", "100:0:0:1::1", "2001:1ff:ffff::1", "2001:2::1", "2001:20::1",
      "2001:db8::1", "2001:0:808:808::f7f7:f7f7", "2002:808:808::", "2620:4f:8000::1", "3fff::1",
      "3fff:fff::1", "5f00::1", "fc00::1", "fd00::1", "fec0::1", "4000::1", "1fff::1",
      "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:10.0.0.1");
  INFO(text);
  CHECK(classify(address(text)) == AddressKind::special);
  CHECK(!EgressPolicy::production().allows(address(text)));
  CHECK(EgressPolicy::development().allows(address(text)));
}

TEST_CASE("this host needs a permission of its own") {
  const std::string text =
      GENERATE(as<std::string>{}, "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1",
               "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1",
               "2002:7f00:1::", "2001:0:808:808::80ff:fffe", "2001:0:7f00:1::f7f7:f7f7",
               "2606:4700::5efe:127.0.0.1");
  INFO(text);
  CHECK(classify(address(text)) == AddressKind::loopback);
  CHECK(!EgressPolicy::production().allows(address(text)));
  CHECK(EgressPolicy::development().allows(address(text)));
  EgressPolicy policy;
  policy.allow_private_addresses = true;
  CHECK(!policy.allows(address(text)));
}

TEST_CASE("metadata services, link-local, multicast and unspecified addresses are never allowed") {
  const std::string text =
      GENERATE(as<std::string>{}, "0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "169.254.0.1",
               "169.254.0.23", "169.254.42.42", "169.254.169.254", "169.254.170.2",
               "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1",
               "239.255.255.255", "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
               "64:ff9b:1::a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254",
               "2002:a9fe:a9fe::", "2001:0:a9fe:a9fe::f7f7:f7f7", "2001:0:808:808::5601:5601",
               "2606:4700::5efe:a9fe:a9fe", "ff02::1", "fe80::1", "febf::1", "fe80::a9fe:a9fe",
               "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42");
  INFO(text);
  CHECK(classify(address(text)) == AddressKind::forbidden);
  EgressPolicy policy = EgressPolicy::development();
  policy.allow_dns64 = true;
  policy.allow = {hookwright::AddressRange("0.0.0.0/0"), hookwright::AddressRange("::/0")};
  policy.nat64 = {hookwright::AddressRange("64:ff9b:1::/96")};
  hookwright::check(policy);
  CHECK(!EgressPolicy::production().allows(address(text)));
  CHECK(!policy.allows(address(text)));
}
