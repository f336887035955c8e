#include "hookwright/triggers/conversion_pixel.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"

using namespace dispatcher_test;
using triggers::ClickTokens;
using triggers::once_per_click;
using triggers::TokenClick;

namespace {

const TimePoint noon{std::chrono::hours(474'036)};
const Secret secret("whsec_0123456789");

std::string click_of(const ClickTokens& tokens, std::string_view token, TimePoint now = noon) {
  const std::optional<TokenClick> click = tokens.check(token, now);
  return click ? click->click : "(none)";
}

}  // namespace

TEST_CASE("a click's token is checked until it expires") {
  const ClickTokens tokens({secret}, {.lifetime = 1h});
  for (const std::string& click : {std::string("c"), std::string("link 456/click 789"),
                                   std::string(128, '\xFF'), std::string("\0\x01", 2)}) {
    const std::string token = tokens.issue(click, noon);
    CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_") == std::string::npos);
    CHECK(click_of(tokens, token) == click);
    CHECK(click_of(tokens, token, noon + 1h - 1ms) == click);
    CHECK(click_of(tokens, token, noon + 1h) == "(none)");
    CHECK(click_of(tokens, token, noon - 1h) == click);
  }
  REQUIRE(tokens.check(tokens.issue("c", noon), noon));
  CHECK(tokens.check(tokens.issue("c", noon), noon)->expires == noon + 1h);
}

TEST_CASE("no other text is a token: every bit of one is signed") {
  const ClickTokens tokens({secret});
  const std::string token = tokens.issue("click 789", noon);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("AZaz09-_+/=. ")) {
      std::string changed = token;
      changed[i] = c;
      if (changed != token) CHECK(click_of(tokens, changed) == "(none)");
    }
    CHECK(click_of(tokens, token.substr(0, i)) == "(none)");
    CHECK(click_of(tokens, token + token.substr(0, i + 1)) == "(none)");
  }
  CHECK(click_of(tokens, std::string(1'000'000, 'A')) == "(none)");
  CHECK(click_of(ClickTokens({Secret("another secret of 16")}), token) == "(none)");
}

TEST_CASE("tokens of an older secret are checked while it is given") {
  const Secret newer("whsec_abcdefghij");
  const std::string old_token = ClickTokens({secret}).issue("c", noon);
  const ClickTokens both({newer, secret});
  CHECK(click_of(both, old_token) == "c");
  CHECK(click_of(ClickTokens({newer}), both.issue("c", noon)) == "c");
  CHECK(click_of(ClickTokens({newer}), old_token) == "(none)");
}

TEST_CASE("what can't make tokens is refused, naming the field") {
  CHECK_THROWS_AS(ClickTokens({}), ConfigError);
  CHECK_THROWS_WITH(ClickTokens({Secret("short")}),
                    Catch::Matchers::StartsWith("click_tokens.secret"));
  CHECK_THROWS_WITH(ClickTokens({secret}, {.lifetime = 0ms}),
                    Catch::Matchers::StartsWith("click_tokens.lifetime"));
  const ClickTokens tokens({secret});
  CHECK_THROWS_AS(tokens.issue("", noon), ConfigError);
  CHECK_THROWS_AS(tokens.issue(std::string(129, 'c'), noon), ConfigError);
}

TEST_CASE("the destination carries the token, wherever its query stands") {
  CHECK(triggers::tag("https://acme.io/sale", "T") == "https://acme.io/sale?hw_click=T");
  CHECK(triggers::tag("https://acme.io/sale?a=1", "T") == "https://acme.io/sale?a=1&hw_click=T");
  CHECK(triggers::tag("https://acme.io/?#top?x", "T") == "https://acme.io/?hw_click=T#top?x");
  CHECK(triggers::tag("https://acme.io/?a&", "T", "cid") == "https://acme.io/?a&cid=T");
}

TEST_CASE("the pixel is a GIF of one transparent pixel") {
  const std::string_view gif = triggers::pixel_gif();
  REQUIRE(gif.size() == 43);
  CHECK(gif.substr(0, 6) == "GIF89a");
  CHECK(gif.substr(6, 4) == std::string_view("\x01\x00\x01\x00", 4));
  CHECK(gif.substr(19, 4) == std::string_view("!\xF9\x04\x01", 4));
  CHECK(gif.back() == ';');
}

TEST_CASE("a click converts once, however often the page is shown, over restarts") {
  World world(GENERATE(from_range(store_kinds())));
  const ClickTokens tokens({secret}, {.lifetime = 24h});
  const std::string token = tokens.issue("click 1", world.clock->wall());
  const std::string other = tokens.issue("click 2", world.clock->wall());
  const auto shown = [&](Dispatcher& dispatcher, const std::string& t, std::int64_t n) {
    const TimePoint now = world.clock->wall();
    const std::optional<TokenClick> click = tokens.check(t, now);
    REQUIRE(click);
    return dispatcher.publish("acme", Numbered{.n = n}, {.latch = once_per_click(*click, now)})
        .wait(1s);
  };
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    CHECK(shown(dispatcher, token, 1) == Stored::yes);
    CHECK(shown(dispatcher, token, 2) == Stored::duplicate);
    world.run(dispatcher, 1s);
  }
  world.clock->advance(23h);
  Dispatcher dispatcher(world.options());
  CHECK(shown(dispatcher, token, 3) == Stored::duplicate);
  CHECK(shown(dispatcher, other, 4) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 4});
}
