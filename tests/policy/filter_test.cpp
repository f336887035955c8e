#include "hookwright/filter.hpp"

#include <string>

#include "catch2.hpp"

using hookwright::matches;
using hookwright::same_family;
using hookwright::valid_pattern;

TEST_CASE("a pattern that is a type matches that type alone") {
  CHECK(matches("link.clicked", "link.clicked"));
  CHECK_FALSE(matches("link.clicked", "link.created"));
  CHECK_FALSE(matches("link.clicked", "link"));
  CHECK_FALSE(matches("link.clicked", "link.clicked.twice"));
  CHECK_FALSE(matches("link.clicked", "Link.Clicked"));
  CHECK_FALSE(matches("link", "link.clicked"));
  CHECK(matches("link", "link"));
}

TEST_CASE("a prefix matches one or more further segments") {
  CHECK(matches("link.*", "link.clicked"));
  CHECK(matches("link.*", "link.click.registered"));
  CHECK(matches("link.click.*", "link.click.registered"));
  CHECK_FALSE(matches("link.*", "link"));
  CHECK_FALSE(matches("link.*", "linked.clicked"));
  CHECK_FALSE(matches("link.*", "links"));
  CHECK_FALSE(matches("link.*", "my.link.clicked"));
  CHECK_FALSE(matches("link.click.*", "link.clicked"));
  CHECK_FALSE(matches("link.click.*", "link.click"));
  CHECK_FALSE(matches("Link.*", "link.clicked"));
}

TEST_CASE("a star matches every type") {
  for (const std::string type : {"a", "link.clicked", "link.click.registered"}) {
    CHECK(matches("*", type));
  }
}

TEST_CASE("patterns are types, prefixes or the star, and nothing else") {
  for (const std::string& pattern :
       {std::string("*"), std::string("a"), std::string("link.clicked"), std::string("link.*"),
        std::string("link.click.*"), std::string("a-b_c.9"), std::string(128, 'x')}) {
    CAPTURE(pattern);
    CHECK(valid_pattern(pattern));
  }
  for (const std::string& pattern :
       {std::string(), std::string("**"), std::string(".*"), std::string("link."),
        std::string(".link"), std::string("link..*"), std::string("link.**"), std::string("link*"),
        std::string("*.clicked"), std::string("link.*.registered"), std::string("link.clicked "),
        std::string("link\n"), std::string("l\xC3\xA9nk"), std::string("link.*\0", 7),
        std::string(129, 'x'), std::string("link,qr")}) {
    CAPTURE(pattern);
    CHECK_FALSE(valid_pattern(pattern));
  }
}

TEST_CASE("a pattern that is none matches nothing") {
  CHECK_FALSE(matches("", "a"));
  CHECK_FALSE(matches(".*", ".a"));
  CHECK_FALSE(matches("link*", "linked"));
}

TEST_CASE("families are the same, or one of them is empty") {
  CHECK(same_family("snipy", "snipy"));
  CHECK(same_family("", "snipy"));
  CHECK(same_family("snipy", ""));
  CHECK(same_family("", ""));
  CHECK_FALSE(same_family("snipy", "snapglyph"));
}
