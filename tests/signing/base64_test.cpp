#include "signing/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch2.hpp"

namespace {

using hookwright::signing::append_base64;
using hookwright::signing::read_base64;

std::string encode(std::string_view text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  std::string out;
  append_base64(bytes, out);
  return out;
}

// "(refused)" for what is not canonical.
std::string decode(std::string_view text) {
  std::array<std::uint8_t, 64> bytes{};
  const auto size = read_base64(text, bytes);
  if (!size) return "(refused)";
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*size)};
}

}  // namespace

TEST_CASE("base64 is read and written as RFC 4648 has it") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"},
                                                                    {"\xFB\xFF", "+/8="}};
  for (const auto& [text, base64] : vectors) {
    CHECK(encode(text) == base64);
    CHECK(decode(base64) == text);
  }
}

TEST_CASE("base64 that an encoder would not have written is refused") {
  for (const std::string_view text :
       {"Zg",     "Zg=",   "Zg===", "Zh==", "Zm9=",     "Zm9",      "=",
        "==",     "===",   "====",  "Z===", "Zg==Zg==", "Zm 9v",    " Zm9v",
        "Zm9v\n", "Zm9v ", "Zm9-",  "Zm9_", "Z=m9",     "Zm9v====", "\xC3\xA9zz"}) {
    CAPTURE(text);
    CHECK(decode(text) == "(refused)");
  }
}

TEST_CASE("base64 of more than there is room for is refused") {
  std::array<std::uint8_t, 3> three{};
  CHECK(read_base64("Zm9v", three) == 3U);
  CHECK_FALSE(read_base64("Zm9vYg==", three).has_value());
  CHECK_FALSE(read_base64(std::string(4000, 'A'), three).has_value());
}

TEST_CASE("every byte survives base64") {
  std::vector<std::uint8_t> bytes;
  for (int size = 0; size <= 64; ++size) {
    std::string text;
    append_base64(bytes, text);
    std::array<std::uint8_t, 64> read{};
    REQUIRE(read_base64(text, read) == bytes.size());
    CHECK(std::equal(bytes.begin(), bytes.end(), read.begin()));
    bytes.push_back(static_cast<std::uint8_t>(size * 37 + 200));
  }
}
