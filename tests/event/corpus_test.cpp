#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/event.hpp"

// The committed corpus (see corpus/generate.mjs) stands for Node.js where there is none.

using hookwright::DynamicEvent;
using hookwright::EncodedEvent;

namespace {

struct CorpusLine {
  std::string hmac{};
  bool dynamic = false;
  std::string body{};
};

std::vector<CorpusLine> corpus() {
  std::vector<CorpusLine> lines;
  std::ifstream file(HOOKWRIGHT_EVENT_CORPUS, std::ios::binary);
  std::string text;
  while (std::getline(file, text)) {
    const std::size_t first = text.find('\t');
    const std::size_t second = text.find('\t', first + 1);
    if (second == std::string::npos) return {};
    lines.push_back({text.substr(0, first), text.substr(first + 1, second - first - 1) == "dynamic",
                     text.substr(second + 1)});
  }
  return lines;
}

std::string hmac_of(const std::string& body) {
  constexpr std::string_view secret = "whsec_corpus";
  std::array<unsigned char, 32> digest{};
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), nullptr);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 0xF];
  }
  return hex;
}

// The text between `before` and `after`.
std::string_view between(std::string_view body, std::string_view before, std::string_view after) {
  const std::size_t start = body.find(before) + before.size();
  return body.substr(start, body.find(after, start) - start);
}

// "2026-03-04T12:00:00Z" as a time; the corpus has no others than valid ones.
hookwright::TimePoint time_of(std::string_view text) {
  const auto number = [text](std::size_t at, std::size_t size) {
    return std::stoi(std::string(text.substr(at, size)));
  };
  return std::chrono::sys_days{std::chrono::year{number(0, 4)} / number(5, 2) / number(8, 2)} +
         std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
         std::chrono::seconds(number(17, 2));
}

}  // namespace

TEST_CASE("what Node.js wrote is canonical, and comes back byte for byte", "[event]") {
  const std::vector<CorpusLine> lines = corpus();
  REQUIRE(lines.size() >= 500);
  std::size_t dynamic = 0;
  for (const CorpusLine& line : lines) {
    INFO(line.body);
    CHECK(hookwright::is_canonical_json(line.body));
    CHECK(hmac_of(line.body) == line.hmac);

    const std::string type(between(line.body, R"({"event":")", "\""));
    const std::string_view data =
        std::string_view(line.body).substr(line.body.find(R"("data":)") + 7);
    const EncodedEvent event =
        hookwright::encode(DynamicEvent{.type = type, .data = data.substr(0, data.size() - 1)},
                           time_of(between(line.body, R"("timestamp":")", "\"")));
    if (line.dynamic) {
      CHECK(event.body == line.body);
      CHECK(hmac_of(event.body) == line.hmac);
      ++dynamic;
    } else {
      CHECK_THAT(event.refusal, Catch::Matchers::ContainsSubstring("an integer beyond"));
    }
  }
  CHECK(dynamic >= 500);
}

TEST_CASE("what is not canonical is known as such", "[event]") {
  for (const char* text : {"",
                           "[]",
                           "1",
                           "{} ",
                           " {}",
                           "{ }",
                           R"({"a": 1})",
                           R"({"a":1.0})",
                           R"({"a":-0})",
                           R"({"a":1e3})",
                           R"({"a":1E+21})",
                           R"({"a":9007199254740993})",
                           R"({"a":"\/"})",
                           R"({"a":"\u0008"})",
                           R"({"a":"\u000B"})",
                           R"({"a":"\u00e9"})",
                           R"({"a":1,"a":1})",
                           R"({"0":1})",
                           R"({"__proto__":1})",
                           "{\"a\":\"\xFF\"}",
                           "\xEF\xBB\xBF{}",
                           R"({"a":1)",
                           R"({"a":"\ud800"})",
                           R"({"a":1e999})"})
    CHECK_FALSE(hookwright::is_canonical_json(text));
  CHECK(hookwright::is_canonical_json("{}"));
  CHECK(hookwright::is_canonical_json(R"({"a":[1e+21,9007199254740994,"/\b\u000b"]})"));
}
