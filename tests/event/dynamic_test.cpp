#include <string>
#include <string_view>

#include "catch2.hpp"
#include "event/one_field.hpp"

// Events known only at run time: read strictly, written canonically, or refused.

using Catch::Matchers::StartsWith;
using hookwright::DynamicEvent;
using hookwright::encode;
using hookwright::EncodedEvent;
using hookwright::InvalidUtf8;
using hookwright::TimePoint;

namespace {

std::string nested(int levels) {
  std::string text = "{\"a\":";
  for (int i = 1; i < levels; ++i) text += "[";
  text += levels > 1 ? "" : "1";
  for (int i = 1; i < levels; ++i) text += "]";
  return text + "}";
}

}  // namespace

TEST_CASE("a dynamic event has the envelope of any other", "[event]") {
  const EncodedEvent event =
      encode(DynamicEvent{.type = "order.paid", .data = R"({ "total" : 1999 })", .family = "shop"},
             TimePoint{std::chrono::seconds(1)});
  CHECK(event.ok());
  CHECK(event.body ==
        R"({"event":"order.paid","timestamp":"1970-01-01T00:00:01Z","data":{"total":1999}})");
  CHECK(event.type == "order.paid");
  CHECK(event.family == "shop");
  CHECK(event.id);
}

TEST_CASE("form does not matter, meaning does", "[event]") {
  CHECK(rewritten("\t{\r\n} ") == "{}");
  CHECK(rewritten(R"({"a" : [ 1 , true , false , null , { } , [ ] ] })") ==
        R"({"a":[1,true,false,null,{},[]]})");
  CHECK(rewritten(R"({"\u0061":"\u0041\/\u00e9\u2028\ud83d\ude00\u0007\u001F\u007f"})") ==
        "{\"a\":\"A/\u00E9\u2028\U0001F600\\u0007\\u001f\x7F\"}");
  CHECK(rewritten(R"({"b":1,"a":2})") == R"({"b":1,"a":2})");
  CHECK(rewritten(R"({"a":"x\u0000y"})") == R"({"a":"x\u0000y"})");
}

TEST_CASE("numbers keep their meaning", "[event]") {
  CHECK(rewritten(R"({"a":[1.0,1.50,1e3,1E+2,0.1e1,-0,-0.0,0e5]})") ==
        R"({"a":[1,1.5,1000,100,1,0,0,0]})");
  CHECK(rewritten(R"({"a":0.1000000000000000055511151231257827021181583404541015625})") ==
        R"({"a":0.1})");
  CHECK(rewritten(R"({"a":[9007199254740991,-9007199254740991]})") ==
        R"({"a":[9007199254740991,-9007199254740991]})");
  CHECK(rewritten(R"({"a":[1e20,9007199254740993.0]})") ==
        R"({"a":[100000000000000000000,9007199254740992]})");
  CHECK(rewritten(R"({"a":[2.5e-324,2e-324,1e-400,-1e-400,0.0e-99999999999]})") ==
        R"({"a":[5e-324,0,0,0,0]})");
  CHECK(rewritten("{\"a\":0." + std::string(400, '0') + "1e401}") == R"({"a":1})");
  CHECK(rewritten(R"({"a":1.0000000000000000e-2147483647})") == R"({"a":0})");
  CHECK(rewritten(R"({"a":1e-99999999999999999999})") == R"({"a":0})");
}

TEST_CASE("numbers that JavaScript would change are refused, naming the path", "[event]") {
  const std::string too_large = ": an integer beyond +-9007199254740991";
  CHECK_THAT(rewritten(R"({"order":{"ids":[1,9007199254740992]}})"),
             StartsWith("data.order.ids[1]" + too_large));
  CHECK_THAT(rewritten(R"({"id":-9007199254740993})"), StartsWith("data.id" + too_large));
  CHECK_THAT(rewritten(R"({"id":18446744073709551616})"), StartsWith("data.id" + too_large));
  CHECK_THAT(rewritten(R"({"id":-9223372036854775808})"), StartsWith("data.id" + too_large));
  CHECK_THAT(rewritten("{\"id\":1" + std::string(300, '0') + "}"),
             StartsWith("data.id" + too_large));
  const std::string beyond = ": a number beyond what a double can hold";
  CHECK(rewritten(R"({"a":[0,1e309]})") == "data.a[1]" + beyond);
  CHECK(rewritten(R"({"a":-1.8e308})") == "data.a" + beyond);
  CHECK(rewritten(R"({"a":1e99999999999999999999})") == "data.a" + beyond);
}

TEST_CASE("keys are held to the same rules as in a struct", "[event]") {
  CHECK(rewritten(R"({"a":{"x":1,"y":2,"\u0078":3}})") ==
        "data.a.x: this key comes twice in one object");
  CHECK_THAT(rewritten(R"({"a":{"12":1}})"), StartsWith("data.a.12: this key looks like"));
  CHECK_THAT(rewritten(R"({"__proto__":{}})"), StartsWith("data.__proto__: this key has"));
}

TEST_CASE("what is not one JSON object is refused", "[event]") {
  for (const char* text : {"", " ", "null", "1", "\"{}\"", "[{}]", "\xEF\xBB\xBF{}", "x"})
    CHECK(rewritten(text) == "data: not a JSON object");
  for (const char* text : {"{",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\":1 \"b\":2}",
                           "{'a':1}",
                           "{a:1}",
                           "{}{}",
                           "{}x",
                           "{} null",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":5.}",
                           "{\"a\":-}",
                           "{\"a\":1e}",
                           "{\"a\":NaN}",
                           "{\"a\":Infinity}",
                           "{\"a\":tru}",
                           "{\"a\":True}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"",
                           "{\"a\":\"\\",
                           "{\"a\":\"\\u",
                           "{\"a\":[1,]}",
                           "{\"a\":[1 2]}",
                           "{/**/}",
                           "{\"a\":1//\n}",
                           "{\"a\":\xC3\xA9}",
                           "{\"a\":\xFF}"}) {
    INFO(text);
    const std::string refusal = rewritten(text);
    CHECK_THAT(refusal, StartsWith("data"));
    CHECK_THAT(refusal, Catch::Matchers::ContainsSubstring(": not JSON from byte "));
  }
  CHECK(rewritten(R"({"a":{"b":tru}})") == "data.a.b: not JSON from byte 13 on");
  CHECK(rewritten(std::string_view("{\"a\":1}\0", 8)) == "data: not JSON: a NUL byte");
  CHECK(rewritten(std::string_view("{\"a\":\"\\\0\"}", 10)) == "data: not JSON: a NUL byte");
}

TEST_CASE("text may be 16 deep and 4 MiB long, and no more", "[event]") {
  CHECK(rewritten(nested(16)) == nested(16));
  CHECK_THAT(rewritten(nested(17)),
             Catch::Matchers::EndsWith("objects and arrays are nested more than 16 deep"));
  CHECK_THAT(rewritten(nested(1000000)),
             Catch::Matchers::EndsWith("objects and arrays are nested more than 16 deep"));
  const std::string spaces(std::size_t{4} << 20, ' ');
  CHECK(rewritten(spaces.substr(2) + "{}") == "{}");
  CHECK(rewritten(spaces + "{}") == "data: a text longer than 4 MiB");
}

TEST_CASE("invalid UTF-8 in the text becomes U+FFFD in values and is refused in keys", "[event]") {
  const auto encoded = [](std::string_view data, InvalidUtf8 mode) {
    return encode(DynamicEvent{.type = "dynamic", .data = data}, TimePoint{},
                  {.invalid_utf8 = mode});
  };
  const std::string_view broken = "{\"a\":\"x\xFFy\xED\xA0\x80\"}";
  CHECK(rewritten(broken) == "{\"a\":\"x\uFFFDy\uFFFD\uFFFD\uFFFD\"}");
  CHECK(encoded(broken, InvalidUtf8::replace).replaced == 4);
  CHECK(encoded(broken, InvalidUtf8::refuse).refusal == "data: not valid UTF-8 at byte 7");
  CHECK(rewritten("{\"k\xFF\":1}") == "data.k\uFFFD: this key is not valid UTF-8");
  CHECK(rewritten("{\"k\uFFFD\":1}") == "{\"k\uFFFD\":1}");
}

TEST_CASE("half a surrogate pair in an escape is invalid text too", "[event]") {
  CHECK(rewritten(R"({"a":"\ud800"})") == "{\"a\":\"\uFFFD\"}");
  CHECK(rewritten(R"({"a":"\udc00"})") == "{\"a\":\"\uFFFD\"}");
  CHECK(rewritten(R"({"a":"\uD83Dx\uDE00"})") == "{\"a\":\"\uFFFDx\uFFFD\"}");
  CHECK(rewritten(R"({"a":"\ude00\ud83d"})") == "{\"a\":\"\uFFFD\uFFFD\"}");
  CHECK(rewritten(R"({"a":"\ud83d\ud83d\ude00"})") == "{\"a\":\"\uFFFD\U0001F600\"}");
  CHECK(rewritten(R"({"a":"\\ud800"})") == R"({"a":"\\ud800"})");
  CHECK(rewritten(R"({"\ud800":1})") == "data.\uFFFD: this key is not valid UTF-8");
  const hookwright::EncodeOptions strict{.invalid_utf8 = InvalidUtf8::refuse};
  CHECK(rewritten(R"({"a":"\ud800"})", strict) == "data: not valid UTF-8 at byte 6");
  CHECK(rewritten(R"({"a":"\ud83d\ude00"})", strict) == "{\"a\":\"\U0001F600\"}");
}

TEST_CASE("a type or family that is none is refused, not thrown", "[event]") {
  const auto refusal = [](std::string_view type, std::string_view family) {
    return encode(DynamicEvent{.type = type, .data = "{}", .family = family}, TimePoint{}).refusal;
  };
  for (const char* type : {"", ".", "a.", ".a", "a..b", "a b", "a\r\nx", "\u00E9", "a/b", "\"a\""})
    CHECK_THAT(refusal(type, ""), StartsWith("event: not an event type"));
  CHECK_THAT(refusal(std::string(129, 'a'), ""), StartsWith("event: not an event type"));
  CHECK_THAT(refusal("a", "two.parts"), StartsWith("event: not an event family"));
  CHECK(refusal(std::string(128, 'a'), std::string(64, 'f')).empty());
  CHECK(refusal("A-1.b_2", "F-1_x").empty());
}
