#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include "catch2.hpp"
#include "event/one_field.hpp"

using Catch::Matchers::StartsWith;
using hookwright::as_string;

namespace {

struct Number {
  double value = 0;
  std::string_view text;  // what Node.js 20's JSON.stringify makes of it
};

constexpr Number numbers[] = {
    {0.0, "0"},
    {-0.0, "0"},
    {1.0, "1"},
    {-1.0, "-1"},
    {100.0, "100"},
    {180.0, "180"},
    {1.5, "1.5"},
    {4.35, "4.35"},
    {0.1, "0.1"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333"},
    {2.0 / 3.0, "0.6666666666666666"},
    {39.7392, "39.7392"},
    {-104.9903, "-104.9903"},
    {-179.99999999999997, "-179.99999999999997"},
    {123456.0, "123456"},
    {123456789.123, "123456789.123"},
    {1e15, "1000000000000000"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {9007199254740994.0, "9007199254740994"},
    {1e20, "100000000000000000000"},
    {12345678901234567890.0, "12345678901234567000"},
    {123456789012345680000.0, "123456789012345680000"},
    {999999999999999900000.0, "999999999999999900000"},
    {1e21, "1e+21"},
    {-1e21, "-1e+21"},
    {1.5e22, "1.5e+22"},
    {1e100, "1e+100"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {9.5e-3, "0.0095"},
    {0.00001234, "0.00001234"},
    {0.000001234, "0.000001234"},
    {1e-6, "0.000001"},
    {5e-7, "5e-7"},
    {1e-7, "1e-7"},
    {1.5e-7, "1.5e-7"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {5e-324, "5e-324"},
};

constexpr std::string_view too_large = "data.value: an integer beyond +-9007199254740991";

}  // namespace

TEST_CASE("doubles have JavaScript's digits and layout", "[event]") {
  for (const Number& number : numbers) CHECK(written(number.value) == number.text);
}

TEST_CASE("numbers of a dynamic event become the double that JavaScript reads", "[event]") {
  for (const Number& number : numbers) {
    // Written with 20 digits and always with an exponent: never the canonical form.
    char text[64];
    std::snprintf(text, sizeof text, R"({"v":%.20e})", number.value);
    CHECK(rewritten(text) == R"({"v":)" + std::string(number.text) + "}");
  }
}

TEST_CASE("a float is the shortest decimal that means it", "[event]") {
  CHECK(written(0.1F) == "0.1");
  CHECK(written(16777216.0F) == "16777216");
  CHECK(written(3.4028235e38F) == "3.4028235e+38");
  CHECK(written(1e-45F) == "1e-45");
  CHECK(written(-0.0F) == "0");
}

TEST_CASE("integers of every width are exact up to 2^53 - 1", "[event]") {
  CHECK(written(std::int8_t{-128}) == "-128");
  CHECK(written(std::uint8_t{255}) == "255");
  CHECK(written(std::numeric_limits<std::int32_t>::min()) == "-2147483648");
  CHECK(written(std::numeric_limits<std::uint32_t>::max()) == "4294967295");
  CHECK(written(std::int64_t{9007199254740991}) == "9007199254740991");
  CHECK(written(std::int64_t{-9007199254740991}) == "-9007199254740991");
  CHECK(written(std::uint64_t{9007199254740991}) == "9007199254740991");
}

TEST_CASE("integers beyond are refused, whichever way they would round", "[event]") {
  CHECK_THAT(written(std::int64_t{9007199254740992}), StartsWith(std::string(too_large)));
  CHECK_THAT(written(std::int64_t{-9007199254740992}), StartsWith(std::string(too_large)));
  CHECK_THAT(written(std::uint64_t{9007199254740992}), StartsWith(std::string(too_large)));
  CHECK_THAT(written(std::numeric_limits<std::int64_t>::min()), StartsWith(std::string(too_large)));
  CHECK_THAT(written(std::numeric_limits<std::uint64_t>::max()),
             StartsWith(std::string(too_large)));
}

TEST_CASE("as_string carries 64 bits", "[event]") {
  CHECK(written(as_string(std::numeric_limits<std::int64_t>::min())) == "\"-9223372036854775808\"");
  CHECK(written(as_string(std::numeric_limits<std::int64_t>::max())) == "\"9223372036854775807\"");
  CHECK(written(as_string(std::numeric_limits<std::uint64_t>::max())) ==
        "\"18446744073709551615\"");
  CHECK(written(as_string(0)) == "\"0\"");
  CHECK(written(as_string(std::int8_t{-128})) == "\"-128\"");
}

TEST_CASE("NaN and infinity are refused, naming the field", "[event]") {
  CHECK(written(std::numeric_limits<double>::quiet_NaN()) ==
        "data.value: NaN cannot be written as JSON");
  CHECK(written(std::numeric_limits<double>::infinity()) ==
        "data.value: infinity cannot be written as JSON");
  CHECK(written(-std::numeric_limits<float>::infinity()) ==
        "data.value: infinity cannot be written as JSON");
}
