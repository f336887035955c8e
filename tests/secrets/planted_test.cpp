// Secrets are in nothing that the library ever wrote; and the search for them finds them where they
// are.

#include <set>
#include <string>

#include "catch2.hpp"
#include "secrets/scene.hpp"

using namespace secrets_test;

namespace {

std::set<std::string> ways_with_secrets(const Written& written) {
  std::set<std::string> ways;
  for (const auto& [way, text] : written) {
    for (const std::string& secret : planted()) {
      if (text.find(secret) != std::string::npos) ways.insert(way);
    }
  }
  return ways;
}

}  // namespace

TEST_CASE("nothing that the library writes, prints, sends or says holds a secret") {
  const Written written = play(Leak::none);
  for (const auto& way : {"attempts", "errors", "explanations", "metrics", "notices", "reports",
                          "store", "troubles", "wire"}) {
    INFO(way);
    REQUIRE(written.contains(way));
    CHECK_FALSE(written.at(way).empty());
  }
  CHECK(written.at("console") == "");
  CHECK(ways_with_secrets(written) == std::set<std::string>{});
}

TEST_CASE("a secret that leaks is found, whatever way it takes") {
  CHECK(ways_with_secrets(play(Leak::stored_in_the_clear)) == std::set<std::string>{"store"});
  CHECK(ways_with_secrets(play(Leak::printed)) == std::set<std::string>{"console"});
  CHECK(ways_with_secrets(play(Leak::sent)) ==
        std::set<std::string>{"attempts", "explanations", "reports", "store", "wire"});
  CHECK(ways_with_secrets(play(Leak::told_to_the_operator)).contains("reports"));
  CHECK(ways_with_secrets(play(Leak::thrown)) == std::set<std::string>{"errors"});
}
