// What an operator may write into an EgressPolicy, and what it does.

#include "hookwright/egress.hpp"

#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "support/address.hpp"

using namespace hookwright;

namespace {

std::string complaint(const EgressPolicy& policy) {
  try {
    check(policy);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

std::vector<AddressRange> ranges(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

TEST_CASE("what is denied is denied in every form, also where another address decides") {
  EgressPolicy policy = EgressPolicy::production();
  const auto allows = [&policy](const char* text) {
    return policy.allows(IpAddress::parse(text).value());
  };
  policy.allow_dns64 = true;
  policy.nat64 = {AddressRange("2001:db8:64::/96")};
  CHECK(allows("64:ff9b::808:808"));
  CHECK(allows("2001:db8:64::808:808"));
  CHECK(allows("::ffff:8.8.8.8"));
  policy.deny = {AddressRange("::/0")};  // no IPv6 at all
  CHECK_FALSE(allows("64:ff9b::808:808"));
  CHECK_FALSE(allows("2001:db8:64::808:808"));
  CHECK_FALSE(allows("::ffff:8.8.8.8"));
  CHECK_FALSE(allows("2606:4700:4700::1111"));
  CHECK(allows("8.8.8.8"));
  policy.deny = {AddressRange("8.8.8.0/24")};
  CHECK_FALSE(allows("64:ff9b::808:808"));
  CHECK_FALSE(allows("2001:db8:64::808:808"));
  CHECK_FALSE(allows("::ffff:8.8.8.8"));
  CHECK(allows("64:ff9b::909:909"));
}

TEST_CASE("this host's addresses are its own in IPv6 form too") {
  const std::vector<IpAddress> own = {IpAddress::parse("::ffff:203.0.112.7").value(),
                                      IpAddress::parse("203.0.112.8").value()};
  for (const char* text :
       {"203.0.112.7", "::ffff:203.0.112.7", "203.0.112.8", "::ffff:203.0.112.8"}) {
    const IpAddress address = IpAddress::parse(text).value();
    CHECK(EgressPolicy::production().allows(address));
    CHECK_FALSE(EgressPolicy::production().allows(address, own));
  }
}

TEST_CASE("ranges are read strictly") {
  const std::string good =
      GENERATE(as<std::string>{}, "0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "192.0.2.1/32",
               "::/0", "2001:db8::/32", "2001:db8:0:8000::/49", "::1/128", "fe80::/10");
  CHECK(AddressRange(good).text() == good);

  const std::string bad = GENERATE(
      as<std::string>{}, "", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08",
      "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/0x8",
      "10.0.0.0/255.0.0.0", "10.0.0.1/8", "10.0.0.0/7x", "10.128.0.0/8", "192.0.2.1/31", "10/8",
      "010.0.0.0/8", "10.0.0.0/4294967304", "::/129", "2001:db8::1/32", "2001:db8:0:8000::/48",
      "fe80::%eth0/10", "[::1]/128", "::ffff:10.0.0.0/104", "::ffff:0:0/96", "*", "example.com/8");
  INFO(bad);
  try {
    const AddressRange range(bad);
    FAIL("taken");
  } catch (const ConfigError& error) {
    CHECK(error.field() == "address_range");
    if (!bad.empty()) CHECK(std::string(error.what()).find("(got \"" + bad) != std::string::npos);
  }
}

TEST_CASE("a range holds what has its prefix, and nothing else") {
  const AddressRange range("192.0.2.128/25");
  CHECK(range.contains(address("192.0.2.128")));
  CHECK(range.contains(address("192.0.2.255")));
  CHECK(!range.contains(address("192.0.2.127")));
  CHECK(!range.contains(address("192.0.3.128")));
  CHECK(!range.contains(address("::ffff:192.0.2.128")));
  CHECK(!AddressRange("::/0").contains(address("192.0.2.1")));
  CHECK(AddressRange("0.0.0.0/0").contains(range));
  CHECK(range.contains(range));
  CHECK(!range.contains(AddressRange("192.0.2.0/24")));
  CHECK(range.contains(AddressRange("192.0.2.200/32")));
}

TEST_CASE("deny stands above allow, and forbidden above both") {
  EgressPolicy policy;
  policy.allow = ranges({"10.0.0.0/8", "fd00::/8"});
  policy.deny = ranges({"10.1.0.0/16", "8.8.8.0/24", "2606:4700::/32"});
  check(policy);
  CHECK(policy.allows(address("10.0.0.1")));
  CHECK(policy.allows(address("::ffff:10.0.0.1")));
  CHECK(policy.allows(address("fd12::1")));
  CHECK(!policy.allows(address("fd00:ec2::254")));
  CHECK(!policy.allows(address("10.1.0.1")));
  CHECK(!policy.allows(address("::ffff:10.1.0.1")));
  CHECK(!policy.allows(address("192.168.0.1")));
  CHECK(policy.allows(address("8.8.4.4")));
  CHECK(!policy.allows(address("8.8.8.8")));
  CHECK(!policy.allows(address("::ffff:8.8.8.8")));
  CHECK(!policy.allows(address("2606:4700::1")));

  // Whatever form it takes.
  EgressPolicy development = EgressPolicy::development();
  development.deny = ranges({"8.8.8.0/24"});
  for (const char* text : {"2002:808:808::", "::8.8.8.8", "64:ff9b::8.8.8.8",
                           "2001:0:101:101::f7f7:f7f7", "2606:4700::5efe:8.8.8.8"}) {
    INFO(text);
    CHECK(EgressPolicy::development().allows(address(text)));
    CHECK(!development.allows(address(text)));
  }
}

TEST_CASE("this host's own addresses are refused though they are public") {
  const std::vector<IpAddress> own = {address("93.184.216.34"), address("2606:4700::1"),
                                      address("10.0.0.5")};
  EgressPolicy policy;
  CHECK(policy.allows(address("93.184.216.34")));
  CHECK(!policy.allows(address("93.184.216.34"), own));
  CHECK(!policy.allows(address("::ffff:93.184.216.34"), own));
  CHECK(!policy.allows(address("2606:4700::1"), own));
  CHECK(!policy.allows(address("2606:4700::5efe:93.184.216.34"), own));
  CHECK(policy.allows(address("93.184.216.35"), own));

  // A network that is opened doesn't open the host in it.
  policy.allow = ranges({"10.0.0.0/8"});
  policy.allow_private_addresses = true;
  CHECK(policy.allows(address("10.0.0.6"), own));
  CHECK(!policy.allows(address("10.0.0.5"), own));
  policy.allow_dns64 = true;
  CHECK(!policy.allows(address("64:ff9b::10.0.0.5"), own));

  policy = EgressPolicy{};
  policy.allow_this_host = true;
  CHECK(policy.allows(address("10.0.0.5"), own));
  CHECK(!policy.allows(address("10.0.0.6"), own));
  CHECK(policy.allows(address("127.0.0.1"), own));
}

TEST_CASE("NAT64 is judged by the IPv4 address behind it, where it is known") {
  EgressPolicy policy;
  CHECK(!policy.allows(address("64:ff9b::8.8.8.8")));
  policy.allow_dns64 = true;
  CHECK(policy.allows(address("64:ff9b::8.8.8.8")));
  CHECK(!policy.allows(address("64:ff9b::10.0.0.1")));
  CHECK(!policy.allows(address("64:ff9b::a9fe:a9fe")));
  CHECK(!policy.allows(address("64:ff9b:1::8.8.8.8")));
  policy.deny = ranges({"8.8.8.8/32"});
  CHECK(!policy.allows(address("64:ff9b::8.8.8.8")));

  // RFC 6052, 2.4: 192.0.2.33 behind each length; public ones here.
  policy = EgressPolicy{};
  policy.nat64 =
      ranges({"2a00:db8::/32", "2a01:db8:100::/40", "2a02:db8:122::/48", "2a03:db8:122:300::/56",
              "2a04:db8:122:344::/64", "2a05:db8:122:344::/96", "64:ff9b:1::/96"});
  check(policy);
  const std::vector<std::string> inside = {
      "2a00:db8:a00:221::",       "2a01:db8:10a:2:21::",         "2a02:db8:122:a00:2:2100::",
      "2a03:db8:122:30a:0:221::", "2a04:db8:122:344:a:2:2100::", "2a05:db8:122:344::10.0.2.33",
      "64:ff9b:1::10.0.2.33"};
  const std::vector<std::string> outside = {
      "2a00:db8:808:808::",       "2a01:db8:108:808:8::",         "2a02:db8:122:808:8:800::",
      "2a03:db8:122:308:8:808::", "2a04:db8:122:344:8:808:800::", "2a05:db8:122:344::8.8.8.8",
      "64:ff9b:1::8.8.8.8"};
  for (const std::string& text : inside) {
    INFO(text);
    CHECK(!policy.allows(address(text)));
    CHECK(policy.allows(address(text)) == EgressPolicy{}.allows(address("10.0.2.33")));
  }
  for (const std::string& text : outside) {
    INFO(text);
    CHECK(policy.allows(address(text)));
  }
}

TEST_CASE("a policy that can't be meant is refused, naming what is wrong with it") {
  EgressPolicy policy;
  CHECK(complaint(EgressPolicy::production()).empty());
  CHECK(complaint(EgressPolicy::development()).empty());

  policy.deny = ranges({"8.8.8.0/24", "9.9.9.9/32", "8.8.8.0/24"});
  CHECK(complaint(policy) == "egress.deny: names a range twice (got \"8.8.8.0/24\")");

  for (const char* text : {"169.254.169.254/32", "169.254.0.0/16", "224.0.0.0/8", "0.0.0.0/32",
                           "100.100.100.200/32", "fd00:ec2::254/128", "fe80::/64", "ff00::/8"}) {
    policy = EgressPolicy::development();
    policy.allow = {AddressRange(text)};
    CHECK(complaint(policy) == std::string("egress.allow: cannot open link-local, metadata, "
                                           "multicast or unspecified addresses (got \"") +
                                   text + "\")");
  }
  policy = EgressPolicy::production();
  policy.allow = ranges({"127.0.0.0/8"});
  CHECK(complaint(policy).find("allow_this_host") != std::string::npos);
  policy.allow = ranges({"10.1.0.0/16"});
  policy.deny = ranges({"10.0.0.0/8"});
  CHECK(complaint(policy) == "egress.allow: is denied as a whole (got \"10.1.0.0/16\")");

  policy = EgressPolicy::production();
  policy.nat64 = ranges({"64:ff9b:1::/72"});
  CHECK(complaint(policy).find("egress.nat64") == 0);
  policy.nat64 = ranges({"10.0.0.0/32"});
  CHECK(complaint(policy).find("egress.nat64") == 0);

  policy = EgressPolicy::production();
  policy.ports = {443, 0};
  CHECK(complaint(policy) == "egress.ports: must be between 1 and 65535 (got \"0\")");
  policy.ports = {443, 8443, 443};
  CHECK(complaint(policy) == "egress.ports: names a port twice (got \"443\")");
}
