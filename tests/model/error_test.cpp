#include "hookwright/error.hpp"

#include <string>

#include "catch2.hpp"

using hookwright::ConfigError;

TEST_CASE("a configuration error names the field, the rule and the value") {
  const ConfigError error("endpoint.url", "must use https", "http://example.com/");
  CHECK(std::string(error.what()) == "endpoint.url: must use https (got \"http://example.com/\")");
  CHECK(error.field() == "endpoint.url");
}

TEST_CASE("a configuration error without a value says nothing about one") {
  CHECK(std::string(ConfigError("endpoint.secret", "is too short").what()) ==
        "endpoint.secret: is too short");
}

TEST_CASE("a configuration error is caught as the standard's invalid_argument") {
  CHECK_THROWS_AS(throw ConfigError("a", "b"), std::invalid_argument);
}

TEST_CASE("a value in a configuration error stays on one line and is bounded") {
  CHECK(std::string(ConfigError("f", "r", "a\r\nSet-Cookie: x\x7f").what()) ==
        "f: r (got \"a\\x0d\\x0aSet-Cookie: x\\x7f\")");

  // C1 controls, the separators of lines and paragraphs, and what is no UTF-8.
  CHECK(std::string(ConfigError("f", "r", "\xC2\x9B \xE2\x80\xA8 \xE2\x80\xA9").what()) ==
        "f: r (got \"\\xc2\\x9b \\xe2\\x80\\xa8 \\xe2\\x80\\xa9\")");
  CHECK(std::string(ConfigError("f", "r", "\xFF\xC3\xA9\xC3").what()) ==
        "f: r (got \"\\xff\xC3\xA9\\xc3\")");
  const std::string long_value = std::string(199, 'a') + "\xC3\xA9" + std::string(100, 'b');
  CHECK(std::string(ConfigError("f", "r", long_value).what()) ==
        "f: r (got \"" + std::string(199, 'a') + "...\")");
}
