#include <cstddef>
#include <string>
#include <string_view>

#include "catch2.hpp"
#include "event/one_field.hpp"

using hookwright::EncodedEvent;
using hookwright::InvalidUtf8;

namespace {

struct Broken {
  std::string_view bytes;
  std::size_t replaced = 0;
  std::string_view text;  // what Node.js 20's Buffer.toString("utf8") makes of the bytes
};

constexpr Broken broken[] = {
    {"\xFF", 1, "\uFFFD"},
    {"\xC3", 1, "\uFFFD"},                      // cut short
    {"\xC0\x80", 2, "\uFFFD\uFFFD"},            // not the shortest form
    {"\xE0\x80\x80", 3, "\uFFFD\uFFFD\uFFFD"},  // nor this
    {"\xF0\x80\x80\x80", 4, "\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"\xF0\x8F\xBF\xBF", 4, "\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"\xED\xA0\x80", 3, "\uFFFD\uFFFD\uFFFD"},                                // a surrogate
    {"\xED\xA0\xBD\xED\xB8\x80", 6, "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},  // CESU-8
    {"\xF0\x9F\x98", 1, "\uFFFD"},                                            // three bytes of four
    {"\xF0\x9F\x98 x", 1, "\uFFFD x"},
    {"\xF4\x90\x80\x80", 4, "\uFFFD\uFFFD\uFFFD\uFFFD"},            // beyond U+10FFFF
    {"\xF8\x88\x80\x80\x80", 5, "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},  // five bytes
    {"a\x80z", 1, "a\uFFFDz"},
    {"\xE2\x82\xE2\x82\xAC", 1, "\uFFFD\u20AC"},  // cut short, then a euro
    {"0123456789abcdef0123456789abcd\xF0", 1, "0123456789abcdef0123456789abcd\uFFFD"},
};

}  // namespace

TEST_CASE("strings are raw but for what JSON.stringify escapes", "[event]") {
  CHECK(written(std::string("\"\\/")) == R"("\"\\/")");
  CHECK(written(std::string("\b\t\n\f\r")) == R"("\b\t\n\f\r")");
  CHECK(written(std::string("\x01\x0B\x0E\x1F")) == R"("\u0001\u000b\u000e\u001f")");
  CHECK(written(std::string("\0", 1)) == R"("\u0000")");
  CHECK(written(std::string("<>&' \x7F")) == "\"<>&' \x7F\"");
  CHECK(written(std::string("\u0080\u00E9\u2028\u2029\uFEFF\uFFFE\uFFFF\U0001F600\U0010FFFF")) ==
        "\"\u0080\u00E9\u2028\u2029\uFEFF\uFFFE\uFFFF\U0001F600\U0010FFFF\"");
  CHECK(written(std::string()) == "\"\"");
}

TEST_CASE("every control character has JavaScript's escape", "[event]") {
  const std::string_view expected[32] = {
      "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
      "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e", "\\u000f",
      "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
      "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
  for (int c = 0; c < 32; ++c) {
    const std::string text = "a" + std::string(1, static_cast<char>(c)) + "b";
    CHECK(written(text) == "\"a" + std::string(expected[c]) + "b\"");
  }
}

TEST_CASE("invalid UTF-8 becomes U+FFFD, as Node.js has it, and is counted", "[event]") {
  for (const Broken& b : broken) {
    const std::string bytes(b.bytes);  // no byte more: an over-read is the sanitizer's to find
    const EncodedEvent event = encode_one(bytes);
    CHECK(event.replaced == b.replaced);
    CHECK(written(bytes) == "\"" + std::string(b.text) + "\"");
    CHECK(hookwright::is_canonical_json(event.body));
  }
}

TEST_CASE("every byte in a place where it is invalid becomes U+FFFD", "[event]") {
  for (int byte = 0x80; byte <= 0xFF; ++byte) {
    const std::string alone(1, static_cast<char>(byte));
    CHECK(written(alone) == "\"\uFFFD\"");
    CHECK(written(alone + "a") == "\"\uFFFDa\"");
    CHECK(encode_one(alone + "a").replaced == 1);
  }
}

TEST_CASE("an option refuses invalid UTF-8 instead, naming the field", "[event]") {
  const hookwright::EncodeOptions strict{.invalid_utf8 = InvalidUtf8::refuse};
  CHECK(written(std::string("a\xFFz"), strict) == "data.value: this string is not valid UTF-8");
  CHECK(written(std::string("a\u00E9z"), strict) == "\"a\u00E9z\"");
  CHECK(encode_one(std::string("a\xFFz"), strict).body.empty());
}

TEST_CASE("a string is at most 1 MiB", "[event]") {
  CHECK(written(std::string(std::size_t{1} << 20, 'x')).size() == (std::size_t{1} << 20) + 2);
  CHECK(written(std::string((std::size_t{1} << 20) + 1, 'x')) ==
        "data.value: a string longer than 1 MiB");
}
