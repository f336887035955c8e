#include <curl/curl.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"

using Catch::Matchers::ContainsSubstring;
using hookwright::ConfigError;
using hookwright::EgressPolicy;
using hookwright::parse_url;
using hookwright::Url;

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

// The table of adversarial URLs in the project's security notes, in its order.
std::vector<std::string> refused_urls() {
  std::vector<std::string> urls = {"https://example.com/h#frag",
                                   "http://example.com/",
                                   "ftp://example.com/",
                                   "file:///secret",
                                   "gopher://127.0.0.1:6379/_INFO",
                                   "dict://127.0.0.1:11211/stat",
                                   "smb://10.0.0.1/share",
                                   "ldap://127.0.0.1/",
                                   "javascript:alert(1)",
                                   "data:text/plain,hi",
                                   "//example.com/hook",
                                   "example.com/hook",
                                   "https:/example.com/",
                                   "https:///example.com/",
                                   "https:example.com/",
                                   "https:\\\\example.com\\hook",
                                   "https://example.com\\@127.0.0.1/",
                                   "https://127.0.0.1\\@example.com/",
                                   "https://example.com@127.0.0.1/",
                                   "https://127.0.0.1@example.com/",
                                   "https://user:pass@example.com/",
                                   "https://@example.com/",
                                   "https://example.com:80@127.0.0.1/",
                                   "https://foo@example.com:80@127.0.0.1/",
                                   "https://example.com#@127.0.0.1/",
                                   "https://example.com%2F@127.0.0.1/",
                                   "https://example.com%2f127.0.0.1/",
                                   "https://127.0.0.1%2523.example.com/",
                                   "https://example.com%00.127.0.0.1/",
                                   "https://%31%32%37.0.0.1/",
                                   "https://exa%6dple.com/",
                                   "https://127.0.0.1/",
                                   "https://127.1/",
                                   "https://2130706433/",
                                   "https://0x7f000001/",
                                   "https://0x7f.0.0.1/",
                                   "https://0177.0.0.1/",
                                   "https://017700000001/",
                                   "https://00000177.0.0.1/",
                                   "https://127.000.000.001/",
                                   "https://127.0.0.1./",
                                   "https://127.0.0.256/",
                                   "https://4294967297/",
                                   "https://425.510.425.510/",
                                   "https://0/",
                                   "https://0.0.0.0/",
                                   "https://169.254.169.254/latest/meta-data/",
                                   "https://2852039166/",
                                   "https://0xa9fea9fe/",
                                   "https://0251.0376.0251.0376/",
                                   "https://169.254.43518/",
                                   "https://[::1]/",
                                   "https://[0:0:0:0:0:0:0:1]/",
                                   "https://[::]/",
                                   "https://[::ffff:127.0.0.1]/",
                                   "https://[::ffff:7f00:1]/",
                                   "https://[::ffff:a9fe:a9fe]/",
                                   "https://[::127.0.0.1]/",
                                   "https://[64:ff9b::7f00:1]/",
                                   "https://[64:ff9b::169.254.169.254]/",
                                   "https://[64:ff9b:1::a9fe:a9fe]/",
                                   "https://[2002:7f00:1::]/",
                                   "https://[2002:a9fe:a9fe::]/",
                                   "https://[2001:0:0:0:0:0:80ff:fffe]/",
                                   "https://[2001:2::1]/",
                                   "https://[2001:20::1]/",
                                   "https://[3fff::1]/",
                                   "https://[5f00::1]/",
                                   "https://[fd00:ec2::254]/",
                                   "https://[fe80::1]/",
                                   "https://[fe80::1%25eth0]/",
                                   "https://[fe80::1%eth0]/",
                                   "https://[::1%25lo]/",
                                   "https://[fec0::1]/",
                                   "https://[ff02::1]/",
                                   "https://[::1/",
                                   "https://::1/",
                                   "https://[v1.fe80::a]/",
                                   "https://[127.0.0.1]/",
                                   "https://localhost/",
                                   "https://LOCALHOST/",
                                   "https://localhost./",
                                   "https://foo.localhost/",
                                   "https://localhost.localdomain/",
                                   "https://ip6-localhost/",
                                   "https://intranet/",
                                   "https://metadata.google.internal/",
                                   "https://kubernetes.default.svc/",
                                   "https://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1/",
                                   "https://127\xE3\x80\x82"
                                   "0\xE3\x80\x82"
                                   "0\xE3\x80\x82"
                                   "1/",
                                   "https://exam\xE2\x80\x8Bple.com/",
                                   "https://\xD0\xB5xample.com/",
                                   "https://example.com./hook",
                                   "https://example..com/",
                                   "https://.example.com/",
                                   "https://-example.com/",
                                   "https://exa_mple.com/",
                                   "https://example.com:0/",
                                   "https://example.com:65536/",
                                   "https://example.com:/",
                                   "https://example.com:+443/",
                                   "https://example.com:0443/",
                                   "https://example.com: 443/",
                                   "https://example.com:22/",
                                   "https://example.com:25/",
                                   "https://example.com:80/",
                                   "https://example.com:6379/",
                                   "https://example.com /",
                                   " https://example.com/",
                                   "https://exam\tple.com/",
                                   "https://exam\nple.com/",
                                   "https://example.com/a\r\nX-Inj: 1",
                                   "https://example.com/a%0d%0aX-Inj:1",
                                   "https://example.com/a b",
                                   "https://example.com/../../admin",
                                   "https://example.com/%2e%2e/admin",
                                   "https://example.com/\xC3\xA9",
                                   "https://example.com/\"><script>",
                                   "https://{a,b}.example.com/",
                                   "https://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
                                   std::string("https://example.com\0.evil.com/", 30),
                                   "https://8.8.8.8/",
                                   "https://[2606:4700:4700::1111]/",
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
                                   "https://example.com:123456/",
                                   "https://" + std::string(64, 'a') + ".com/",
                                   "https://example.com/" + std::string(2029, 'a')};
  std::string long_host = "https://";
  for (int i = 0; i < 127; ++i) long_host += "a.";
  urls.push_back(long_host + "com/");
  for (const char* literal : {"10.0.0.1:443", "172.16.0.1", "192.168.0.1", "100.64.0.1",
                              "192.0.0.192", "192.0.2.1", "198.18.0.1", "192.88.99.1", "224.0.0.1",
                              "240.0.0.1", "255.255.255.255", "168.63.129.16", "100.100.100.200"}) {
    urls.push_back(std::string("https://") + literal + "/");
  }
  return urls;
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

struct CurlUrl {
  std::string host;
  std::string port;
};

// What libcurl makes of a URL: it is the parser that will have the last word.
CurlUrl as_libcurl_reads(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  CurlUrl url;
  char* part = nullptr;
  if (curl_url_get(handle.get(), CURLUPART_HOST, &part, 0) == CURLUE_OK) url.host = part;
  curl_free(part);
  part = nullptr;
  if (curl_url_get(handle.get(), CURLUPART_PORT, &part, CURLU_DEFAULT_PORT) == CURLUE_OK)
    url.port = part;
  curl_free(part);
  return url;
}

bool libcurl_agrees(const Url& url) {
  const CurlUrl read = as_libcurl_reads(url.text);
  const bool v6 = url.host.find(':') != std::string::npos;
  return read.host == (v6 ? "[" + url.host + "]" : url.host) &&
         read.port == std::to_string(url.port);
}

}  // namespace

TEST_CASE("adversarial URLs are refused under the production policy") {
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

TEST_CASE("no mutated URL is accepted that libcurl would send elsewhere") {
  std::vector<std::string> seeds = refused_urls();
  for (const auto& [text, canonical] : accepted_urls) {
    for (int copies = 0; copies < 10; ++copies) seeds.push_back(text);
  }
  const std::string alphabet = "/\\:@?#%.[]-_0123456789abfx \tEXMPLE\xC3\xA9";
  std::mt19937 random(11);
  const auto below = [&random](std::size_t n) { return random() % n; };
  std::vector<std::string> disagreed;
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      const char c = alphabet[below(alphabet.size())];
      switch (below(3)) {
        case 0:
          text.insert(at, 1, c);
          break;
        case 1:
          if (at < text.size()) text.erase(at, 1);
          break;
        default:
          if (at < text.size()) text[at] = c;
          break;
      }
    }
    try {
      const Url url = parse_url(text, i % 2 == 0 ? production : development);
      ++accepted;
      if (!libcurl_agrees(url)) disagreed.push_back(text);
    } catch (const ConfigError&) {
    }
  }
  CHECK(accepted > 1000);
  CHECK(disagreed == std::vector<std::string>{});
}
