#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catch2.hpp"
#include "event/one_field.hpp"

// What a member of an event may be (fields.hpp), one of each.

using namespace std::chrono_literals;
using hookwright::as_milliseconds;
using hookwright::as_seconds;
using hookwright::as_string;
using hookwright::encode;
using hookwright::or_null;
using hookwright::TimePoint;

namespace shop {
namespace {

enum class Reason { date, max_clicks };
constexpr std::string_view to_string(Reason reason) {
  return reason == Reason::date ? "date" : "max_clicks";
}

enum Old { small, large };
std::string to_string(Old size) {
  return size == small ? "small" : "large";
}

struct Geo {
  std::string country{};
  std::optional<std::string> city{};
  void fields(auto& f) const {
    f("country", country);
    f("city", city);
  }
};

struct LinkExpired {
  static constexpr std::string_view event_type = "link.expired";
  static constexpr std::string_view event_family = "shop";

  std::int64_t id = 0;
  Reason reason{};
  std::optional<std::int64_t> total_clicks{};
  std::vector<Geo> top{};
  std::optional<std::string> note{};
  std::optional<std::int64_t> account{};
  std::optional<std::chrono::minutes> age{};

  void fields(auto& f) const {
    f("id", as_string(id));
    f("reason", reason);
    f("totalClicks", total_clicks);
    f("top", top);
    f("note", or_null(note));
    f("account", or_null(as_string(account)));
    f("ageSeconds", as_seconds(age));
    f("version", "v2");
  }
};

// Converts to text and so is text.
struct Slug {
  std::string text{};
  operator std::string_view() const { return text; }
};

struct Node {
  std::vector<Node> children{};
  void fields(auto& f) const { f("children", children); }
};

Node nested(int levels) {
  Node node;
  if (levels > 1) node.children.push_back(nested(levels - 1));
  return node;
}

}  // namespace
}  // namespace shop

TEST_CASE("an event of one's own is a struct with event_type and fields", "[event]") {
  shop::LinkExpired event{.id = std::numeric_limits<std::int64_t>::max(),
                          .reason = shop::Reason::max_clicks};
  CHECK(encode(event, TimePoint{}).body ==
        R"({"event":"link.expired","timestamp":"1970-01-01T00:00:00Z","data":)"
        R"({"id":"9223372036854775807","reason":"max_clicks","top":[],"note":null,)"
        R"("account":null,"version":"v2"}})");
  event.total_clicks = 100;
  event.top = {{.country = "US", .city = "Denver"}, {.country = "GB"}};
  event.note = "gone";
  event.account = 7;
  event.age = 2min;
  CHECK(encode(event, TimePoint{}).body ==
        R"({"event":"link.expired","timestamp":"1970-01-01T00:00:00Z","data":)"
        R"({"id":"9223372036854775807","reason":"max_clicks","totalClicks":100,)"
        R"("top":[{"country":"US","city":"Denver"},{"country":"GB"}],"note":"gone",)"
        R"("account":"7","ageSeconds":120,"version":"v2"}})");
  CHECK(encode(event, TimePoint{}).family == "shop");
  CHECK(hookwright::Event<shop::LinkExpired>);
  CHECK_FALSE(hookwright::Event<shop::Geo>);
}

TEST_CASE("scalars", "[event]") {
  CHECK(written(true) == "true");
  CHECK(written(false) == "false");
  CHECK(written(std::string_view("x")) == "\"x\"");
  CHECK(written(shop::Slug{.text = "my-link"}) == "\"my-link\"");
  CHECK(written(shop::Reason::date) == "\"date\"");
  CHECK(written(shop::large) == "\"large\"");
}

TEST_CASE("a character array ends at its NUL, or at its end", "[event]") {
  struct Chars {
    char value[4];
  };
  const auto write = [](const Chars& chars) {
    hookwright::JsonWriter json;
    json.begin_object();
    json.field("value");
    hookwright::detail::write_value(json, chars.value);
    json.end_object();
    return json.take();
  };
  CHECK(write({"abc"}) == R"({"value":"abc"})");
  CHECK(write({{'a', '\0', 'c', '\0'}}) == R"({"value":"a"})");
  CHECK(write({{'a', 'b', 'c', 'd'}}) == R"({"value":"abcd"})");
}

TEST_CASE("times are in UTC and whole seconds, rounded down", "[event]") {
  using std::chrono::sys_days;
  const TimePoint noon = sys_days{std::chrono::year{2026} / 3 / 4} + 12h;
  CHECK(written(noon) == "\"2026-03-04T12:00:00Z\"");
  CHECK(written(noon + 999ms) == "\"2026-03-04T12:00:00Z\"");
  CHECK(written(std::chrono::system_clock::time_point(noon + 1s)) == "\"2026-03-04T12:00:01Z\"");
  CHECK(written(TimePoint{-1ms}) == "\"1969-12-31T23:59:59Z\"");
  CHECK(written(TimePoint{sys_days{std::chrono::year{2024} / 2 / 29}}) ==
        "\"2024-02-29T00:00:00Z\"");
  CHECK(written(TimePoint{sys_days{std::chrono::year{0} / 1 / 1}}) == "\"0000-01-01T00:00:00Z\"");
  CHECK(written(TimePoint{sys_days{std::chrono::year{10000} / 1 / 1}} - 1ms) ==
        "\"9999-12-31T23:59:59Z\"");
  CHECK(written(TimePoint{sys_days{std::chrono::year{10000} / 1 / 1}}) ==
        "data.value: a time outside the years 0000 to 9999");
  CHECK(written(TimePoint{sys_days{std::chrono::year{0} / 1 / 1}} - 1ms) ==
        "data.value: a time outside the years 0000 to 9999");
  CHECK(written(TimePoint::max()) == "data.value: a time outside the years 0000 to 9999");
  CHECK(written(TimePoint::min()) == "data.value: a time outside the years 0000 to 9999");
}

TEST_CASE("durations are integers of the unit that the field's author chose", "[event]") {
  CHECK(written(as_seconds(90min)) == "5400");
  CHECK(written(as_seconds(1999ms)) == "1");
  CHECK(written(as_seconds(-1ms)) == "-1");
  CHECK(written(as_milliseconds(1500us)) == "1");
  CHECK(written(as_milliseconds(std::chrono::duration<double>(0.25))) == "250");
}

TEST_CASE("ranges are arrays", "[event]") {
  CHECK(written(std::vector<int>{1, 2, 3}) == "[1,2,3]");
  CHECK(written(std::vector<bool>{true, false}) == "[true,false]");
  CHECK(written(std::array<double, 2>{0.5, 1.0}) == "[0.5,1]");
  CHECK(written(std::list<std::string>{"a"}) == R"(["a"])");
  CHECK(written(std::set<std::string>{"b", "a"}) == R"(["a","b"])");
  CHECK(written(std::vector<std::vector<int>>{{1}, {}}) == "[[1],[]]");
  CHECK(written(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
  const int raw[] = {4, 5};
  CHECK(written(std::span<const int>(raw)) == "[4,5]");
}

TEST_CASE("maps with string keys are objects", "[event]") {
  CHECK(written(std::map<std::string, int>{{"b", 2}, {"a", 1}}) == R"({"a":1,"b":2})");
  CHECK(written(std::map<std::string_view, std::vector<int>>{{"x", {1}}}) == R"({"x":[1]})");
  CHECK(written(std::unordered_map<std::string, bool>{{"utm-source", true}}) ==
        R"({"utm-source":true})");
  CHECK(written(std::map<std::string, int>{{"", 0}, {"\"\n", 1}, {"caf\u00E9", 2}}) ==
        R"({"":0,"\"\n":1,)"
        "\"caf\u00E9\":2}");
}

TEST_CASE("values may be 16 deep in each other, data being the first", "[event]") {
  // data, then a vector, then two levels for each node: its object and its array.
  const auto in_vector = [](int levels) { return std::vector<shop::Node>{shop::nested(levels)}; };
  CHECK(written(in_vector(1)) == R"([{"children":[]}])");
  CHECK(written(in_vector(7)).starts_with(R"([{"children":[{"children":[)"));
  CHECK(written(in_vector(8)) ==
        "data.value[0].children[0].children[0].children[0].children[0].children[0].children[0]"
        ".children[0]: objects and arrays are nested more than 16 deep");
}
