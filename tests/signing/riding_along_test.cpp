// The Standard Webhooks headers beside a product's own.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/verifier.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

std::vector<Profile> products() {
  return {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
          profiles::branded("Acme")};
}

bool rides(const std::vector<Header>& headers) {
  const bool id = value_of(headers, "webhook-id") != "(none)";
  CHECK(id == (value_of(headers, "webhook-timestamp") != "(none)"));
  CHECK(id == (value_of(headers, "webhook-signature") != "(none)"));
  return id;
}

std::string standard_signature(const std::vector<Secret>& signed_with) {
  return value_of(sign(profiles::standard_webhooks().wire, signed_with, "{}"), "webhook-signature");
}

}  // namespace

TEST_CASE("with a secret that fits, the standard headers ride along behind the product's own") {
  for (const Profile& profile : products()) {
    CAPTURE(profile.name);
    const auto plain = sign(profile.wire, secrets({plain_text}), "{}");
    const auto headers = sign(profile.wire, secrets({standard_text}), "{}");
    CHECK_FALSE(rides(plain));
    CHECK(rides(headers));
    auto names = names_of(plain);
    names.insert(names.end(), {"webhook-id", "webhook-timestamp", "webhook-signature"});
    CHECK(names_of(headers) == names);
    CHECK(value_of(headers, "webhook-signature") == standard_signature(secrets({standard_text})));
    CHECK(Verifier(profile.wire, secrets({standard_text})).verify(headers, "{}", vector_time));
    CHECK(Verifier(profiles::standard_webhooks().wire, secrets({standard_text}))
              .verify(headers, "{}", vector_time));
  }
}

TEST_CASE("secrets that we generate always fit") {
  for (const Profile& profile : products()) {
    CHECK(rides(sign(profile.wire, {Secret::generate()}, "{}")));
  }
}

TEST_CASE("with any other secret nothing rides along, and the product's own header is unchanged") {
  for (const std::string_view text :
       {plain_text, std::string_view("no prefix at all"), std::string_view("whsec_"),
        standard_text.substr(6),                                         // base64, but just a text
        std::string_view("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ="),      // 23 bytes
        std::string_view("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA"),    // no padding
        std::string_view("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAB=="),  // not canonical
        std::string_view("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ")}) {
    CAPTURE(text);
    for (const Profile& profile : products()) {
      const auto headers = sign(profile.wire, secrets({text}), "{}");
      CHECK_FALSE(rides(headers));
      CHECK(Verifier(profile.wire, secrets({text})).verify(headers, "{}", vector_time));
    }
  }
}

TEST_CASE("a separate secret lets them ride along with any secret, and alone signs them") {
  const std::optional<Secret> separate = Secret(standard_text_long);
  for (const Profile& profile : products()) {
    for (const std::string_view own : {plain_text, standard_text}) {
      CAPTURE(profile.name, own);
      const auto headers = sign(profile.wire, secrets({own}), "{}", separate);
      CHECK(rides(headers));
      CHECK(value_of(headers, "webhook-signature") == standard_signature({*separate}));
      CHECK(value_of(headers, profile.wire.signature_header) ==
            value_of(sign(profile.wire, secrets({own}), "{}"), profile.wire.signature_header));
    }
  }
}

TEST_CASE("a separate secret that does not fit is an error, whatever the profile") {
  std::vector<Profile> all = products();
  all.push_back(profiles::standard_webhooks());
  all.push_back(profiles::snipy());
  all.back().wire.standard_headers_too = false;
  for (const Profile& profile : all) {
    const std::optional<Secret> separate = Secret(plain_text);
    CHECK_THROWS_AS(sign(profile.wire, secrets({standard_text}), "{}", separate), ConfigError);
    CHECK_THROWS_WITH(
        sign(profile.wire, secrets({standard_text}), "{}", separate),
        StartsWith("endpoint.standard_secret: ") && !ContainsSubstring("your_signing"));
  }
}

TEST_CASE(
    "during a rotation every secret that fits signs the standard header, if the newest does") {
  const WireFormat wire = profiles::snipy().wire;
  const auto both = sign(wire, secrets({standard_text, standard_text_long}), "{}");
  CHECK(value_of(both, "webhook-signature") ==
        standard_signature(secrets({standard_text, standard_text_long})));

  const auto newest = sign(wire, secrets({standard_text, plain_text}), "{}");
  CHECK(value_of(newest, "webhook-signature") == standard_signature(secrets({standard_text})));

  CHECK_FALSE(rides(sign(wire, secrets({plain_text, standard_text}), "{}")));
}

TEST_CASE("a host may turn it off") {
  for (Profile profile : products()) {
    profile.wire.standard_headers_too = false;
    CHECK_FALSE(rides(sign(profile.wire, {Secret::generate()}, "{}")));
    CHECK_FALSE(rides(sign(profile.wire, secrets({plain_text}), "{}", Secret::generate())));
  }
}

TEST_CASE("nothing is doubled beside a format that signs id and time itself") {
  WireFormat wire = profiles::standard_webhooks().wire;
  CHECK(sign(wire, secrets({standard_text}), "{}", Secret(standard_text_long)).size() == 3);

  wire.signature_header = "svix-signature";
  wire.id_header = "svix-id";
  wire.timestamp_header = "svix-timestamp";
  const auto headers = sign(wire, secrets({standard_text}), "{}");
  CHECK(names_of(headers) ==
        std::vector<std::string>{"svix-id", "svix-timestamp", "svix-signature"});
}
