#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "event/one_field.hpp"

// What has no canonical form is refused, and the refusal names the field and never its value.

using hookwright::encode;
using hookwright::JsonWriter;
using hookwright::TimePoint;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

using Values = std::map<std::string, double>;

struct Geo {
  double lat = 0;
  double lon = 0;
  void fields(auto& f) const {
    f("lat", lat);
    f("lon", lon);
  }
};

// A field named twice, as a mistake in fields() would.
struct Twice {
  static constexpr std::string_view event_type = "twice";
  void fields(auto& f) const {
    f("id", 1);
    f("name", "x");
    f("id", 2);
  }
};

}  // namespace

TEST_CASE("a refusal names the place, through structs, arrays and maps", "[event]") {
  CHECK(written(Geo{.lat = 1, .lon = not_a_number}) ==
        "data.value.lon: NaN cannot be written as JSON");
  CHECK(written(std::vector<Geo>{{}, {}, {.lat = not_a_number}}) ==
        "data.value[2].lat: NaN cannot be written as JSON");
  CHECK(written(std::vector<std::vector<double>>{{1}, {}, {1, not_a_number}}) ==
        "data.value[2][1]: NaN cannot be written as JSON");
  CHECK(written(std::map<std::string, Geo>{{"a", {}}, {"home page", {.lat = not_a_number}}}) ==
        "data.value.home page.lat: NaN cannot be written as JSON");
  CHECK(written(std::optional<Values>{{{"x", not_a_number}}}) ==
        "data.value.x: NaN cannot be written as JSON");
}

TEST_CASE("a refused event has no body and no id", "[event]") {
  const hookwright::EncodedEvent event = encode_one(not_a_number);
  CHECK_FALSE(event.ok());
  CHECK(event.body.empty());
  CHECK_FALSE(event.id);
  CHECK(event.type == "one.field");
}

TEST_CASE("a refusal shows keys in a form that can be logged", "[event]") {
  CHECK(written(Values{{"a\nb", not_a_number}}) ==
        "data.value.a\\nb: NaN cannot be written as JSON");
  const std::string long_key = std::string(63, 'k') + "\u00E9" + std::string(100, 'k');
  CHECK(written(Values{{long_key, not_a_number}}) ==
        "data.value." + std::string(63, 'k') + "...: NaN cannot be written as JSON");
}

TEST_CASE("keys that JavaScript would move, or that are special there, are refused", "[event]") {
  for (const char* key : {"0", "7", "10", "4294967294", "4294967295", "99999999999999999999"})
    CHECK(written(Values{{key, 1}}) == "data.value." + std::string(key) +
                                           ": this key looks like an integer, which JavaScript "
                                           "would move to the front");
  for (const char* key : {"__proto__", "constructor", "prototype", "toJSON"})
    CHECK(written(Values{{key, 1}}) ==
          "data.value." + std::string(key) + ": this key has a special meaning in JavaScript");
  for (const char* key : {"", "00", "01", "-1", "1.5", "1e3", "+1", " 1", "1a", "proto", "length"})
    CHECK(written(Values{{key, 1}}) == "{\"" + std::string(key) + "\":1}");
}

TEST_CASE("a key that is not UTF-8 is refused: two might become one", "[event]") {
  CHECK(written(Values{{"a\xFF", 1}}) == "data.value.a\uFFFD: this key is not valid UTF-8");
}

TEST_CASE("a key that comes twice is refused", "[event]") {
  CHECK(encode(Twice{}, TimePoint{}).refusal == "data.id: this key comes twice in one object");
  using Pairs = std::unordered_multimap<std::string, int>;
  CHECK(written(Pairs{{"a", 1}, {"a", 1}}) == "data.value.a: this key comes twice in one object");
  CHECK(written(std::vector<Pairs>{{{"a", 1}}, {{"a", 1}}}) == R"([{"a":1},{"a":1}])");
}

TEST_CASE("a key that comes twice is found among many, alike or not", "[event]") {
  // Alike in length and at both ends, where a quick comparison looks.
  const auto key = [](std::size_t i) {
    const std::string middle = std::to_string(1000000 + i);
    return "campaign_" + middle + "_parameter";
  };
  for (const std::size_t count : {2U, 23U, 24U, 25U, 26U, 1000U, 20000U}) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) text += "\"" + key(i) + "\":1,";
    const std::string unique = text + "\"last\":1}";
    CHECK(rewritten(unique) == unique);
    const std::string again = key(count / 2);
    CHECK(rewritten(text + "\"" + again + "\":1}") ==
          "data." + again + ": this key comes twice in one object");
  }
}

TEST_CASE("an endless event is cut off, not written to the end of memory", "[event]") {
  const std::vector<std::string> texts(6, std::string(std::size_t{1} << 20, 'x'));
  CHECK(written(texts) == "data.value[4]: the body is longer than 4 MiB");
  CHECK(written(std::vector<std::vector<int>>(std::size_t{3} << 20))
            .ends_with(": the body is longer than 4 MiB"));
}

TEST_CASE("a writer refuses calls out of order, and stays refused", "[event]") {
  struct Case {
    void (*call)(JsonWriter&);
    std::string_view refusal;
  };
  const Case cases[] = {
      {[](JsonWriter& json) { json.string("x"); }, "body: only one object can stand at the top"},
      {[](JsonWriter& json) { json.begin_array(); }, "body: only one object can stand at the top"},
      {[](JsonWriter& json) { json.key("x"); }, "body: a key outside an object"},
      {[](JsonWriter& json) { json.end_object(); }, "body: an end without a beginning"},
      {[](JsonWriter& json) { json.begin_object(), json.null(); }, "body: a value without a key"},
      {[](JsonWriter& json) { json.begin_object(), json.end_array(); },
       "body: an end without a beginning"},
      {[](JsonWriter& json) { json.begin_object(), json.key("a"), json.end_object(); },
       "a: a key without a value"},
      {[](JsonWriter& json) { json.begin_object(), json.key("a"), json.key("b"); },
       "a: a key without a value"},
      {[](JsonWriter& json) { json.begin_object(), json.end_object(), json.begin_object(); },
       "body: only one object can stand at the top"},
  };
  for (const Case& c : cases) {
    JsonWriter json;
    c.call(json);
    CHECK(json.refusal() == c.refusal);
    json.begin_object();
    json.end_object();
    CHECK(json.refusal() == c.refusal);
    CHECK_FALSE(json.ok());
    CHECK(json.take().empty());
  }
}

TEST_CASE("an object that is not ended is not given away", "[event]") {
  JsonWriter json;
  json.begin_object();
  CHECK(json.ok());
  CHECK(json.take().empty());
  json.end_object();
  CHECK(json.take() == "{}");
}
