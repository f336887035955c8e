#include "hookwright/conditions.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"

using namespace hookwright;
using C = Comparison;

namespace {

constexpr std::string_view body =
    R"({"event":"link.clicked","timestamp":"2026-03-04T12:05:00Z","data":{"linkId":456,)"
    R"("alias":"summer-sale","unique":true,"price":19.5,"ref":null,"empty":"","geo":{"country":"US",)"
    R"("lat":-3e-7},"changes":["longurl","password"],"items":[{"sku":"a","n":1},{"sku":"b","n":20}],)"
    R"("quote":"say \"hi\"\n\u0001\\\/","none":[],"object":{}}})";

bool holds(std::string field, Comparison comparison, FieldValue value = {},
           std::string_view in = body) {
  const Condition condition{std::move(field), comparison, std::move(value)};
  check(Conditions{.all = {condition}});
  const bool as_all = unmet({.all = {condition}}, in).empty();
  CHECK(as_all == unmet({.any = {condition}}, in).empty());
  return as_all;
}

std::string refused(const Conditions& conditions) {
  try {
    check(conditions);
    return "";
  } catch (const ConfigError& error) {
    return error.field();
  }
}

std::string refused(std::string field, Comparison comparison, FieldValue value = {}) {
  return refused({.all = {{std::move(field), comparison, std::move(value)}}});
}

}  // namespace

TEST_CASE("fields equal values of their own kind") {
  CHECK(holds("data.alias", C::equal, "summer-sale"));
  CHECK_FALSE(holds("data.alias", C::equal, "summer"));
  CHECK(holds("data.linkId", C::equal, 456));
  CHECK(holds("data.linkId", C::equal, 456.0));
  CHECK_FALSE(holds("data.linkId", C::equal, "456"));
  CHECK_FALSE(holds("data.alias", C::equal, 456));
  CHECK(holds("data.unique", C::equal, true));
  CHECK_FALSE(holds("data.unique", C::equal, false));
  CHECK_FALSE(holds("data.unique", C::equal, 1));
  CHECK(holds("data.geo.country", C::equal, "US"));
  CHECK(holds("data.geo.lat", C::equal, -3e-7));
  CHECK(holds("data.empty", C::equal, ""));
  CHECK(holds("data.quote", C::equal, "say \"hi\"\n\x01\\/"));
  CHECK_FALSE(holds("data.geo", C::equal, "US"));
}

TEST_CASE("numbers compare as numbers, and nothing else does") {
  CHECK(holds("data.price", C::greater, 19));
  CHECK_FALSE(holds("data.price", C::greater, 19.5));
  CHECK(holds("data.price", C::at_least, 19.5));
  CHECK(holds("data.price", C::at_most, 19.5));
  CHECK(holds("data.price", C::less, 20));
  CHECK_FALSE(holds("data.price", C::less, 19.5));
  CHECK_FALSE(holds("data.alias", C::greater, 0));
  CHECK_FALSE(holds("data.unique", C::at_least, 0));
  CHECK(holds("data.geo.lat", C::less, 0));
}

TEST_CASE("texts start with texts") {
  CHECK(holds("data.alias", C::starts_with, "summer-"));
  CHECK(holds("data.alias", C::starts_with, "summer-sale"));
  CHECK_FALSE(holds("data.alias", C::starts_with, "Summer"));
  CHECK_FALSE(holds("data.linkId", C::starts_with, "4"));
}

TEST_CASE("an absent field, and null, meet nothing but absence") {
  for (const std::string field : {"data.nothing", "data.ref", "data.geo.nothing", "data.alias.x"}) {
    CAPTURE(field);
    CHECK(holds(field, C::absent));
    CHECK_FALSE(holds(field, C::present));
    CHECK_FALSE(holds(field, C::equal, "x"));
    CHECK_FALSE(holds(field, C::not_equal, "x"));
    CHECK_FALSE(holds(field, C::less, 1e300));
    CHECK_FALSE(holds(field, C::starts_with, "x"));
  }
  for (const std::string field : {"data.geo", "data.changes", "data.none", "data.object"}) {
    CHECK(holds(field, C::present));
  }
  CHECK(holds("data.alias", C::not_equal, "x"));
  CHECK(holds("data.alias", C::not_equal, 7));
  CHECK_FALSE(holds("data.alias", C::not_equal, "summer-sale"));
}

TEST_CASE("a list is each of its elements") {
  CHECK(holds("data.changes", C::equal, "longurl"));
  CHECK(holds("data.changes", C::equal, "password"));
  CHECK_FALSE(holds("data.changes", C::equal, "title"));
  CHECK_FALSE(holds("data.changes", C::not_equal, "password"));
  CHECK(holds("data.changes", C::not_equal, "title"));
  CHECK(holds("data.items.sku", C::equal, "b"));
  CHECK(holds("data.items.n", C::greater, 10));
  CHECK_FALSE(holds("data.items.n", C::greater, 20));
}

TEST_CASE("all of all, and one of any") {
  const Condition yes{"data.unique", C::equal, true};
  const Condition no{"data.alias", C::equal, "other"};
  const Condition no_too{"data.linkId", C::greater, 456};
  CHECK(Conditions{}.empty());
  CHECK(unmet({}, body).empty());
  CHECK(unmet({.all = {yes, yes}}, body).empty());
  CHECK(unmet({.all = {yes, no, no_too}}, body) == R"(data.alias is "other")");
  CHECK(unmet({.any = {no, yes}}, body).empty());
  CHECK(unmet({.any = {no, no_too}}, body) ==
        R"(data.alias is "other" or data.linkId is greater than 456)");
  CHECK(unmet({.all = {yes}, .any = {no, yes}}, body).empty());
  CHECK_FALSE(unmet({.all = {no}, .any = {yes}}, body).empty());
  CHECK_FALSE(unmet({.all = {yes}, .any = {no}}, body).empty());
  CHECK(unmet({.all = {{"data.x", C::present, {}}}}, body) == "data.x is there");
  CHECK(unmet({.all = {{"data.unique", C::equal, false}}}, body) == "data.unique is false");
}

TEST_CASE("every comparison is said in words") {
  const auto said = [](Comparison comparison, FieldValue value) {
    return unmet({.all = {{"data.x", comparison, std::move(value)}}}, R"({"data":{}})");
  };
  CHECK(said(C::not_equal, "a") == R"(data.x is not "a")");
  CHECK(said(C::starts_with, "a") == R"(data.x starts with "a")");
  CHECK(said(C::less, 0.1) == "data.x is less than 0.1");
  CHECK(said(C::at_most, -1) == "data.x is at most -1");
  CHECK(said(C::at_least, 1e21) == "data.x is at least 1e+21");
  CHECK(unmet({.all = {{"data.x", C::absent, {}}}}, R"({"data":{"x":1}})") ==
        "data.x is not there");
}

TEST_CASE("the events of the products can be told apart by their own fields") {
  const EncodedEvent click = hypersnap::LinkClickRegistered::sample_event();
  CHECK(unmet({.all = {{"data.geo.country", C::equal, "US"},
                       {"data.short_url", C::starts_with, "https://hs.app/"}}},
              click.body)
            .empty());
  CHECK(unmet({.all = {{"data.geo.city", C::equal, "Paris"}}}, click.body) ==
        R"(data.geo.city is "Paris")");
}

TEST_CASE("escapes are read, and bytes of any length cut anywhere are survived") {
  CHECK(holds("data.a", C::equal, "\xF0\x9F\x98\x80\xC3\xBC\xE2\x82\xAC",
              R"({"data":{"a":"\ud83d\ude00\u00fc\u20AC"}})"));
  CHECK(holds("data.\xC3\xBC", C::equal, 1, R"( { "data" : { "\u00fc" : 1 } } )"));
  const Conditions all{.all = {{"data.object", C::present, {}}}};
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string cut(body.substr(0, size));  // of its own, so that a read behind it is noticed
    (void)unmet(all, cut);
    std::string changed(body);
    changed[size] = '"';
    (void)unmet(all, changed);
    changed[size] = '\\';
    (void)unmet(all, changed);
  }
  CHECK_FALSE(holds("data.a", C::present, {},
                    R"({"data":[[[[[[[[[[[[[[[[[[[[[{"a":1}]]]]]]]]]]]]]]]]]]]]]})"));
  (void)unmet(all, std::string(1'000'000, '['));
  (void)unmet(all, "");
}

TEST_CASE("conditions that can't be tested are refused, naming the field") {
  for (const std::string field : {"", "data", "data.", "alias", "data..a", "data.a.", "Data.a",
                                  "data.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p"}) {
    CAPTURE(field);
    CHECK(refused(field, C::present) == "endpoint.conditions.all[0].field");
  }
  CHECK(refused("data." + std::string(252, 'x'), C::present) == "endpoint.conditions.all[0].field");
  CHECK(refused("data." + std::string(251, 'x'), C::present).empty());
  CHECK(refused("data.a", C::present, 1) == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::equal) == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::less, "1") == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::at_least, true) == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::starts_with, "") == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::starts_with, 1) == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::equal, std::numeric_limits<double>::infinity()) ==
        "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", C::equal, std::string(1'025, 'x')) == "endpoint.conditions.all[0].value");
  CHECK(refused("data.a", static_cast<Comparison>(9), 1) ==
        "endpoint.conditions.all[0].comparison");
  const Condition good{"data.a", C::equal, 1};
  CHECK(refused({.any = {good, {"a", C::equal, 1}}}) == "endpoint.conditions.any[1].field");
  CHECK(refused({.all = std::vector<Condition>(16, good), .any = std::vector<Condition>(16, good)})
            .empty());
  CHECK(refused({.all = std::vector<Condition>(16, good),
                 .any = std::vector<Condition>(17, good)}) == "endpoint.conditions");
}
