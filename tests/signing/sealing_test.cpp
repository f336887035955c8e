// Secrets at rest: sealed under a key, bound to what they belong to, open to nobody else.

#include <initializer_list>
#include <set>
#include <string>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/sealing.hpp"

using namespace hookwright;
using Catch::Matchers::ContainsSubstring;

namespace {

SealingKey key(std::string id) {
  return {.id = std::move(id), .key = Sealing::generate_key()};
}

std::string complaint_about(std::vector<SealingKey> keys) {
  try {
    const Sealing sealing(std::move(keys));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a sealed secret opens with its key, for what it belongs to, and for nothing else") {
  const Sealing sealing({key("k1")});
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 15, 16, 17, 38, 1023, 1024}) {
    const Secret secret(std::string(size, 's'));
    const std::string sealed = sealing.seal(secret, "acme/1");
    CHECK(sealed.find("sss") == std::string::npos);
    CHECK(Sealing::key_id(sealed) == "k1");
    const auto opened = sealing.open(sealed, "acme/1");
    REQUIRE(opened);
    CHECK(*opened == secret);
    CHECK_FALSE(sealing.open(sealed, "acme/2"));
    CHECK_FALSE(sealing.open(sealed, ""));
    CHECK_FALSE(Sealing({key("k1")}).open(sealed, "acme/1"));  // another key of the same name
    CHECK_FALSE(Sealing::none().open(sealed, "acme/1"));
  }
}

TEST_CASE("no two seals of one secret are alike") {
  const Sealing sealing({key("k1")});
  const Secret secret("the same secret");
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) all.insert(sealing.seal(secret, "acme"));
  CHECK(all.size() == 1000);
}

TEST_CASE("a sealed secret that was damaged anywhere does not open") {
  const Sealing sealing({key("k1")});
  const std::string sealed = sealing.seal(Secret("whsec_your_signing_secret"), "acme");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = sealed;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      CHECK_FALSE(sealing.open(damaged, "acme"));
    }
    CHECK_FALSE(sealing.open(sealed.substr(0, i), "acme"));
  }
  CHECK_FALSE(sealing.open(sealed + '\0', "acme"));
  CHECK_FALSE(sealing.open("", "acme"));
}

TEST_CASE("the first key seals, all of them open") {
  const SealingKey old = key("2025");
  const SealingKey now = key("2026");
  const std::string before = Sealing({old}).seal(Secret("a secret"), "acme");
  const Sealing both({now, old});
  CHECK(both.open(before, "acme"));
  CHECK(Sealing::key_id(both.seal(Secret("a secret"), "acme")) == "2026");
  CHECK(both.knows("2025"));
  CHECK_FALSE(Sealing({now}).open(before, "acme"));
  CHECK_FALSE(Sealing({now}).knows("2025"));
}

TEST_CASE("keys that can't work are refused, and never shown") {
  CHECK_THAT(complaint_about({}), ContainsSubstring("sealing.keys"));
  CHECK_THAT(complaint_about({key("")}), ContainsSubstring("sealing.keys"));
  CHECK_THAT(complaint_about({key("a b")}), ContainsSubstring("sealing.keys"));
  CHECK_THAT(complaint_about({key(std::string(33, 'a'))}), ContainsSubstring("sealing.keys"));
  CHECK_THAT(complaint_about({key("a"), key("a")}), ContainsSubstring("twice"));
  const std::string wrong = complaint_about({{.id = "a", .key = Secret("c2hvcnQ=")}});
  CHECK_THAT(wrong, ContainsSubstring("sealing.key[a]"));
  CHECK_THAT(wrong, !ContainsSubstring("c2hvcnQ="));
  CHECK(complaint_about({key("a"), key("b")}).empty());
  CHECK_THROWS_AS(Sealing::none().seal(Secret("a secret"), ""), std::logic_error);
}

TEST_CASE("a secret that could be guessed looks weak, one that was drawn does not") {
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(Secret::generate().looks_weak());
  CHECK_FALSE(Secret("0123456789abcdef0123456789abcdef").looks_weak());
  CHECK_FALSE(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").looks_weak());
  for (const char* const weak :
       {"whsec_your_signing_secret", "password12345678", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
        "correct horse battery staple", "changemechangemechangeme"}) {
    CAPTURE(weak);
    CHECK(Secret(weak).looks_weak());
  }
}
