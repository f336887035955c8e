#include "hookwright/secret.hpp"

#include <functional>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/signer.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using hookwright::ConfigError;
using hookwright::Secret;

template <class Stream, class T>
concept printable = requires(Stream&& stream, const T& value) {
  std::forward<Stream>(stream) << value;
};
template <class A, class B>
concept comparable = requires(const A& a, const B& b) {
  a == b;
};
template <class A>
concept ordered = requires(const A& a) {
  a < a;
};
template <class A>
concept hashable = requires(const A& a) {
  std::hash<A>{}(a);
};

// A secret in a log line does not compile.
static_assert(printable<std::ostream&, std::string>);
static_assert(!printable<std::ostream&, Secret>);
static_assert(
    !printable<std::ostringstream, Secret>);  // a temporary stream has an operator of its own
static_assert(!printable<std::wostream&, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<std::string_view, Secret>);
static_assert(!std::is_convertible_v<const char*, Secret>);
static_assert(!comparable<Secret, std::string>);
static_assert(!comparable<Secret, const char*>);
static_assert(comparable<Secret, Secret>);
static_assert(!ordered<Secret>);
static_assert(!hashable<Secret>);
static_assert(!std::is_default_constructible_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

}  // namespace

TEST_CASE("a secret reveals the text it was made from, any bytes of it") {
  const std::string text("whsec_\0\xFF zero and all", 21);
  CHECK(Secret(text).reveal() == text);
  CHECK(Secret(std::string(1024, 'x')).reveal().size() == 1024);
}

TEST_CASE("an empty or endless secret is refused at once, without being shown") {
  CHECK_THROWS_AS(Secret(""), ConfigError);
  CHECK_THROWS_WITH(Secret(""), "secret: must not be empty");
  const std::string endless(1025, 'q');
  CHECK_THROWS_AS(Secret(endless), ConfigError);
  CHECK_THROWS_WITH(Secret(endless), !ContainsSubstring("qqqq"));
}

TEST_CASE("copies of a secret share its bytes, so that they lie in memory once") {
  Secret first("whsec_one");
  const Secret copy = first;
  CHECK(copy.reveal().data() == first.reveal().data());

  first = Secret("whsec_two");
  CHECK(copy.reveal() == "whsec_one");
  CHECK(first.reveal() == "whsec_two");

  const Secret moved = std::move(first);
  CHECK(moved.reveal() == "whsec_two");
  first = copy;  // what was moved from can be given a new one
  CHECK(first.reveal() == "whsec_one");
}

TEST_CASE("secrets are equal when their texts are") {
  CHECK(Secret("abc") == Secret("abc"));
  CHECK_FALSE(Secret("abc") == Secret("abd"));
  CHECK_FALSE(Secret("abc") == Secret("abcd"));
}

TEST_CASE("a generated secret is new each time and fits every profile") {
  std::set<std::string, std::less<>> texts;
  const auto signer = hookwright::make_openssl_signer();
  for (int i = 0; i < 100; ++i) {
    const std::vector<Secret> generated = {Secret::generate()};
    const std::string text(generated.front().reveal());
    CHECK_THAT(text, StartsWith("whsec_"));
    CHECK(text.size() == 6 + 44);
    CHECK(text.back() == '=');
    CHECK(texts.insert(text).second);
    for (const hookwright::Profile& profile :
         {hookwright::profiles::hypersnap(), hookwright::profiles::snipy(),
          hookwright::profiles::snapglyph(), hookwright::profiles::standard_webhooks()}) {
      CHECK(signer->prepare(profile.wire, generated, &generated.front()) != nullptr);
    }
  }
}
