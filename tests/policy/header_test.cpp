#include "hookwright/header.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"

namespace {

using namespace hookwright;
using Catch::Matchers::ContainsSubstring;

bool may_carry(const std::string& name, const Profile& profile = profiles::snipy()) {
  try {
    check_custom_header(Header{name, "value"}, profile.wire);
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a header's name is a token of 1 to 64 bytes") {
  for (const std::string& name : {std::string("X-Env"), std::string("a"), std::string(64, 'x'),
                                  std::string("!#$%&'*+-.^_`|~09azAZ")}) {
    CHECK(valid_header_name(name));
  }
  for (const std::string& name :
       {std::string(), std::string(65, 'x'), std::string("X Env"), std::string("X:"),
        std::string("X\r\nHost"), std::string("X\n"), std::string("X\0", 2), std::string("X\t"),
        std::string("X(1)"), std::string("\"X\""), std::string("\xC3\x84")}) {
    CAPTURE(name);
    CHECK_FALSE(valid_header_name(name));
  }
}

TEST_CASE("a header's value is visible ASCII, with blanks inside only") {
  for (const std::string& value :
       {std::string("x"), std::string("a b\tc"), std::string("~!\"@"), std::string(1024, 'v')}) {
    CHECK(valid_header_value(value));
  }
  for (const std::string& value :
       {std::string(), std::string(" x"), std::string("x "), std::string("\tx"), std::string("x\t"),
        std::string(1025, 'v'), std::string("x\r\nHost: evil"), std::string("x\nHost: evil"),
        std::string("x\ry"), std::string("x\0y", 3), std::string("x\x7F"), std::string("x\x1B"),
        std::string("\xC3\x84")}) {
    CAPTURE(value);
    CHECK_FALSE(valid_header_value(value));
  }
}

TEST_CASE("an endpoint may carry headers of its own") {
  for (const char* name : {"X-Env", "X-Api-Key", "Idempotency-Key", "traceparent", "Hostess",
                           "X-Forward", "webhook", "X-Webhook-Id"}) {
    CAPTURE(name);
    CHECK(may_carry(name));
  }
}

TEST_CASE("an endpoint may not carry what frames, routes or authenticates a request") {
  for (const char* name : {"Host",
                           "HOST",
                           "content-length",
                           "Content-Type",
                           "Content-Encoding",
                           "Content-Anything",
                           "Transfer-Encoding",
                           "Connection",
                           "TE",
                           "Trailer",
                           "Upgrade",
                           "Expect",
                           "Keep-Alive",
                           "Proxy-Authorization",
                           "Proxy-Connection",
                           "Cookie",
                           "Authorization",
                           "Accept",
                           "Accept-Encoding",
                           "Forwarded",
                           "X-Forwarded-For",
                           "X-Forwarded-Host",
                           "X-Real-IP",
                           "Via",
                           "User-Agent",
                           "Date",
                           "webhook-id",
                           "Webhook-Signature",
                           "webhook-timestamp",
                           "webhook-anything"}) {
    CAPTURE(name);
    CHECK_FALSE(may_carry(name));
  }
}

TEST_CASE("an endpoint may not carry what its profile sends") {
  CHECK_FALSE(may_carry("x-snipy-signature"));
  CHECK_FALSE(may_carry("X-Snipy-Event"));
  CHECK_FALSE(may_carry("X-SNIPY-DELIVERY"));
  CHECK(may_carry("X-Snipy-Other"));
  CHECK(may_carry("X-Snipy-Event", profiles::snapglyph()));
  CHECK_FALSE(may_carry("x-acme-signature", profiles::branded("Acme")));
}

TEST_CASE("the message names the header, and never its value") {
  const WireFormat wire = profiles::snipy().wire;
  CHECK_THROWS_WITH(check_custom_header({"Cookie", "session=planted"}, wire),
                    ContainsSubstring("endpoint.headers[Cookie]") && !ContainsSubstring("planted"));
  CHECK_THROWS_WITH(
      check_custom_header({"X-Token", "planted\r\n"}, wire),
      ContainsSubstring("endpoint.headers[X-Token]") && !ContainsSubstring("planted"));
  CHECK_THROWS_WITH(check_custom_header({"X-\r\n", "planted"}, wire),
                    ContainsSubstring("X-\\x0d\\x0a") && !ContainsSubstring("planted"));
}

TEST_CASE("an endpoint's headers are bounded together, and none is given twice") {
  const WireFormat wire = profiles::snipy().wire;
  std::vector<Header> headers;
  for (int i = 0; i < 20; ++i) headers.push_back({"X-" + std::to_string(i), "v"});
  CHECK_NOTHROW(check_custom_headers(headers, wire));
  CHECK_NOTHROW(check_custom_headers({}, wire));

  std::vector<Header> many = headers;
  many.push_back({"X-20", "v"});
  CHECK_THROWS_WITH(check_custom_headers(many, wire),
                    "endpoint.headers: must be 20 at most (got \"21\")");

  std::vector<Header> twice = {{"X-A", "1"}, {"x-a", "2"}};
  CHECK_THROWS_WITH(check_custom_headers(twice, wire), "endpoint.headers[x-a]: is given twice");

  std::vector<Header> long_ones;
  for (int i = 0; i < 8; ++i)
    long_ones.push_back({"X-" + std::to_string(i), std::string(1020, 'v')});
  CHECK_NOTHROW(check_custom_headers(long_ones, wire));
  long_ones.push_back({"X-Last", "123456789"});
  CHECK_THROWS_AS(check_custom_headers(long_ones, wire), ConfigError);

  std::vector<Header> bad = {{"X-A", "1"}, {"Host", "2"}};
  CHECK_THROWS_AS(check_custom_headers(bad, wire), ConfigError);
}
