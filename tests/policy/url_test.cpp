#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"
#include "policy/libcurl_reads.hpp"

using Catch::Matchers::ContainsSubstring;
using hookwright::ConfigError;
using hookwright::EgressPolicy;
using hookwright::parse_url;
using hookwright::Url;
using hookwright::testing::libcurl_agrees;

namespace {

const EgressPolicy production = EgressPolicy::production();
const EgressPolicy development = EgressPolicy::development();

std::string refusal(const std::string& text, const EgressPolicy& policy = production) {
  try {
    static_cast<void>(parse_url(text, policy));
  } catch (const ConfigError& error) {
    CHECK(error.field() == "endpoint.url");
    return error.what();
  }
  return {};
}

// What the table of adversarial URLs (egress_rows.tsv) leaves out.
std::vector<std::string> refused_urls() {
  return {"https://example.com:80/",
          "https://example.com/%",
          "https://example.com/%g0",
          "https://example.com/%4",
          "https://example.com/.",
          "https://example.com/a/.%2E",
          "https://example.com/%2E/b",
          "https://example.com/?x=%00",
          "https://example.com/%7f",
          "https://1.2.3.4.5/",
          "https://example.0x/",
          "https://example.com:443x/",
          "https://[::1]x/",
          "https://[::1]:/",
          "https://",
          "https://?",
          "https://:443/",
          "",
          "https://example.com-/",
          "https://exam^ple.com/",
          "https://example.test/",
          "https://example.com:99999/",
          "https://example.com:123456/"};
}

const std::vector<std::pair<std::string, std::string>> accepted_urls = {
    {"https://example.com/hook", "https://example.com/hook"},
    {"https://example.com:443/hook", "https://example.com/hook"},
    {"HTTPS://EXAMPLE.COM/", "https://example.com/"},
    {"https://example.com", "https://example.com/"},
    {"https://example.com:8443/h?x=1", "https://example.com:8443/h?x=1"},
    {"https://example.com?@127.0.0.1/", "https://example.com/?@127.0.0.1/"},
    {"https://xn--e1afmkfd.xn--p1ai/", "https://xn--e1afmkfd.xn--p1ai/"},
    {"https://example.com/[1-100]", "https://example.com/[1-100]"},
    {"https://example.com/a//b/...;c=%2F%41?d=..", "https://example.com/a//b/...;c=%2F%41?d=.."},
    {"https://a-b.1c.example.com:65535/", "https://a-b.1c.example.com:65535/"},
};

}  // namespace

TEST_CASE("malformed URLs are refused under the production policy") {
  std::vector<std::string> accepted;
  for (const std::string& text : refused_urls()) {
    if (refusal(text).empty()) accepted.push_back(text);
  }
  CHECK(accepted == std::vector<std::string>{});
}

TEST_CASE("good URLs are accepted and made canonical") {
  for (const auto& [text, canonical] : accepted_urls) {
    INFO(text);
    const Url url = parse_url(text, production);
    CHECK(url.text == canonical);
    CHECK(url.tls);
    CHECK(parse_url(url.text, production) == url);
    CHECK(libcurl_agrees(url));
  }
  const Url url = parse_url("HTTPS://Example.com:8443?x=1", production);
  CHECK(url.host == "example.com");
  CHECK(url.port == 8443);
  CHECK(url.target == "/?x=1");
  CHECK(url.redacted() == "https://example.com:8443");
}

TEST_CASE("the development policy allows what a developer's machine needs") {
  const std::string text =
      GENERATE(as<std::string>{}, "http://localhost/", "http://localhost:3000/hook",
               "http://127.0.0.1:8080/", "https://[::1]:8443/", "https://10.0.0.1/",
               "http://hook.test/", "http://db:6379/", "http://example.com:22/", "https://8.8.8.8/",
               "http://[::ffff:127.0.0.1]/");
  INFO(text);
  const Url url = parse_url(text, development);
  CHECK(url.text == text);
  CHECK(parse_url(url.text, development) == url);
  CHECK(libcurl_agrees(url));
  CHECK(!refusal(text).empty());
}

TEST_CASE("the development policy still has a grammar") {
  const std::string text =
      GENERATE(as<std::string>{}, "ftp://localhost/", "http://user@localhost/", "http://127.1/",
               "http://2130706433/", "http://0.0.0.0/", "http://169.254.169.254/", "http://[::]/",
               "http://localhost./", "http://local_host/", "http://localhost:0/",
               "http://localhost/#x", "http://localhost/a b", "http://[fe80::1%25eth0]/");
  INFO(text);
  CHECK(!refusal(text, development).empty());
}

TEST_CASE("each permission of a policy stands alone") {
  EgressPolicy policy;
  policy.allow_ip_literals = true;
  CHECK(parse_url("https://8.8.8.8/", policy).host == "8.8.8.8");
  CHECK(parse_url("https://[2606:4700:4700:0::1111]/", policy).text ==
        "https://[2606:4700:4700::1111]/");
  CHECK_THAT(refusal("https://10.0.0.1/", policy), ContainsSubstring("public address"));

  policy = EgressPolicy{};
  policy.allow_http = true;
  CHECK(parse_url("http://example.com:80/", policy).text == "http://example.com/");
  CHECK_THAT(refusal("http://example.com:443/", policy), ContainsSubstring("port"));

  policy = EgressPolicy{};
  policy.allow_any_port = true;
  CHECK(parse_url("https://example.com:6379/", policy).port == 6379);
}

TEST_CASE("a refusal names the rule, and neither the path nor a password") {
  CHECK(refusal("http://example.com/") ==
        "endpoint.url: must use https (got \"http://example.com/\")");
  CHECK(refusal("http://example.com/hook/tok3n?key=s3cret") ==
        "endpoint.url: must use https (got \"http://example.com/...\")");
  CHECK(refusal("https://me:pa55@example.com/") ==
        "endpoint.url: must not contain a user name or password");
  CHECK_THAT(refusal("example.com/tok3n"), ContainsSubstring("must begin with https://"));
  CHECK_THAT(refusal("example.com/tok3n"), !ContainsSubstring("tok3n"));
}

TEST_CASE("ports may be named, and then no others are allowed") {
  EgressPolicy policy;
  policy.ports = {443, 6379};
  CHECK(parse_url("https://example.com/", policy).port == 443);
  CHECK(parse_url("https://example.com:6379/", policy).port == 6379);
  CHECK_THAT(refusal("https://example.com:8443/", policy), ContainsSubstring("port"));
  policy.ports = {8443};
  CHECK_THAT(refusal("https://example.com/", policy), ContainsSubstring("port"));
  policy.allow_any_port = true;
  CHECK(parse_url("https://example.com:22/", policy).port == 22);
}

TEST_CASE("inner names are accepted where something inside may be reached") {
  CHECK_THAT(refusal("https://hooks.corp/"), ContainsSubstring("public host name"));
  EgressPolicy policy;
  policy.allow = {hookwright::AddressRange("10.20.0.0/16")};
  CHECK(parse_url("https://hooks.corp/", policy).host == "hooks.corp");
  policy = EgressPolicy{};
  policy.allow_this_host = true;
  CHECK(parse_url("https://localhost/", policy).host == "localhost");
}
