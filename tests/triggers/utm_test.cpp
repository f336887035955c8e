#include "hookwright/triggers/utm.hpp"

#include <string>

#include "catch2.hpp"

using hookwright::hypersnap::Utm;
using hookwright::triggers::matches;
using hookwright::triggers::read_utm;
using hookwright::triggers::UtmPattern;

namespace {

Utm utm(const std::string& query) {
  const auto read = read_utm("https://acme-corp.io/summer-sale?" + query);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("the campaign parameters are read from a landing page's URL") {
  const Utm all =
      utm("x=1&utm_source=news%2Dletter&utm_medium=e+mail&utm_campaign=summer-sale-2024"
          "&utm_term=shoes&utm_content=top#utm_source=fragment");
  CHECK(all.source == "news-letter");
  CHECK(all.medium == "e mail");
  CHECK(all.campaign == "summer-sale-2024");
  CHECK(all.term == "shoes");
  CHECK(all.content == "top");

  const Utm one = utm("utm_campaign=a&utm_campaign=b");
  CHECK(one.campaign == "a");
  CHECK(one.source.empty());
  CHECK_FALSE(one.term);
  CHECK(utm("utm_source=a=b").source == "a=b");
  CHECK(utm("utm_term=").term == "");
}

TEST_CASE("escapes that are none stand for themselves, and bytes are bytes") {
  CHECK(utm("utm_source=100%").source == "100%");
  CHECK(utm("utm_source=%zz%4").source == "%zz%4");
  CHECK(utm("utm_source=%41%c3%BC%00b").source == std::string("A\xC3\xBC\0b", 5));
}

TEST_CASE("a URL without campaign parameters has none") {
  CHECK_FALSE(read_utm(""));
  CHECK_FALSE(read_utm("https://acme-corp.io/"));
  CHECK_FALSE(read_utm("https://acme-corp.io/?"));
  CHECK_FALSE(read_utm("https://acme-corp.io/?utm_source"));
  CHECK_FALSE(read_utm("https://acme-corp.io/?UTM_SOURCE=a&xutm_source=b&utm_sources=c&&&="));
  CHECK_FALSE(read_utm("https://acme-corp.io/#?utm_source=a"));
  CHECK_FALSE(read_utm("https://acme-corp.io/?utm_source=a" + std::string(8'192, 'x')));
}

TEST_CASE("a pattern matches values, beginnings, and any value") {
  const Utm click = utm("utm_source=newsletter&utm_campaign=summer-sale");
  CHECK(matches({.source = "newsletter"}, click));
  CHECK(matches({.source = "newsletter", .campaign = "summer-*"}, click));
  CHECK(matches({.campaign = "summer-sale*"}, click));
  CHECK(matches({.campaign = "*"}, click));
  CHECK_FALSE(matches({.source = "Newsletter"}, click));
  CHECK_FALSE(matches({.source = "news"}, click));
  CHECK_FALSE(matches({.source = "newsletter", .campaign = "winter-*"}, click));
  CHECK_FALSE(matches({.source = "newsletter", .medium = "*"}, click));
  CHECK_FALSE(matches({.term = "*"}, click));
  CHECK_FALSE(matches({.content = "top"}, click));
  CHECK(matches({.content = "top"}, utm("utm_content=top")));
}

TEST_CASE("a pattern that asks for nothing makes nothing a conversion") {
  CHECK_FALSE(matches(UtmPattern{}, utm("utm_source=a")));
}
