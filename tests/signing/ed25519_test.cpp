// ed25519 ("v1a") beside HMAC-SHA256 ("v1"): its own vectors, and both in one header.

#include "signing/ed25519.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/verifier.hpp"
#include "signing/signature.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;
using signing::Ed25519Private;
using signing::Ed25519Public;
using signing::Ed25519Signature;

constexpr std::string_view svix_secret =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
constexpr std::string_view svix_public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const std::string signature_header = "webhook-signature";

template <std::size_t size>
std::array<std::uint8_t, size> from_hex(std::string_view text) {
  std::array<std::uint8_t, size> bytes{};
  REQUIRE(signing::read_signature(text, SignatureEncoding::hex, bytes));
  return bytes;
}

const WireFormat& standard() {
  static const WireFormat wire = profiles::standard_webhooks().wire;
  return wire;
}

std::string field_refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const ConfigError& error) {
    return error.field();
  }
  return "(accepted)";
}

}  // namespace

TEST_CASE("ed25519 as RFC 8032 has it") {
  struct Vector {
    std::string_view seed, public_key, message, signature;
  };
  // 7.1, tests 1 to 3; the messages are none, 72 and af82.
  const std::array<Vector, 3> vectors = {
      {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
       {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
       {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}}};
  for (const Vector& v : vectors) {
    CAPTURE(v.seed);
    Ed25519Private key(from_hex<32>(v.seed));
    CHECK(key.public_key() == from_hex<32>(v.public_key));
    const auto right = from_hex<64>(v.signature);
    CHECK(key.sign("something before it, with the same context") != right);
    CHECK(key.sign(v.message) == right);
    const Ed25519Public receiver(from_hex<32>(v.public_key));
    CHECK(receiver.verify(right, v.message));
    CHECK_FALSE(receiver.verify(right, std::string(v.message) + "x"));
    for (const std::size_t byte : {0U, 31U, 32U, 63U}) {
      Ed25519Signature wrong = right;
      wrong[byte] = static_cast<std::uint8_t>(wrong[byte] ^ 1U);
      CHECK_FALSE(receiver.verify(wrong, v.message));
    }
  }
}

TEST_CASE("a generated ed25519 secret signs what its public key verifies") {
  const Secret secret = Secret::generate_ed25519();
  CHECK(secret.reveal().size() == 5 + 88);
  REQUIRE(secret.public_key());
  CHECK_FALSE(secret == Secret::generate_ed25519());
  const auto headers = sign(standard(), {secret}, "{}");
  CHECK(value_of(headers, signature_header).substr(0, 4) == "v1a,");
  CHECK(Verifier(standard(), {Secret(*secret.public_key())}).verify(headers, "{}", vector_time));
  CHECK(Verifier(standard(), {secret}).verify(headers, "{}", vector_time));
  CHECK(Verifier(standard(), {Secret::generate_ed25519()}).verify(headers, "{}", vector_time) ==
        Verification::wrong_signature);
  CHECK(Verifier(standard(), {secret}).verify(headers, "[]", vector_time) ==
        Verification::wrong_signature);
  CHECK(
      Verifier(standard(), {secret}).verify(headers, "{}", vector_time + std::chrono::minutes(6)) ==
      Verification::too_old);
}

TEST_CASE("a public key is told of an ed25519 secret only") {
  CHECK_FALSE(Secret::generate().public_key());
  CHECK_FALSE(Secret("whsk_somebody's own").public_key());
  CHECK_FALSE(Secret(svix_public).public_key());
}

TEST_CASE("one header carries v1 and v1a, in the secrets' order, and any receiver finds its own") {
  const auto hmac = secrets({standard_text});
  const auto ed25519 = secrets({svix_secret});
  const std::string v1 = value_of(sign(standard(), hmac, "{}"), signature_header);
  const std::string v1a = value_of(sign(standard(), ed25519, "{}"), signature_header);
  const auto both = sign(standard(), secrets({svix_secret, standard_text}), "{}");
  CHECK(value_of(both, signature_header) == v1a + " " + v1);
  CHECK(value_of(sign(standard(), secrets({standard_text, svix_secret}), "{}"), signature_header) ==
        v1 + " " + v1a);
  for (const std::string_view known : {svix_secret, svix_public, standard_text}) {
    CAPTURE(known);
    CHECK(Verifier(standard(), secrets({known})).verify(both, "{}", vector_time));
    CHECK_FALSE(Verifier(standard(), secrets({known})).verify(both, "{ }", vector_time));
  }
  CHECK(Verifier(standard(), secrets({standard_text_long, svix_public}))
            .verify(both, "{}", vector_time));
}

TEST_CASE("a signature of a version that the receiver has no secret for is none to it") {
  const auto v1 = sign(standard(), secrets({standard_text}), "{}");
  const auto v1a = sign(standard(), secrets({svix_secret}), "{}");
  CHECK(Verifier(standard(), secrets({svix_public})).verify(v1, "{}", vector_time) ==
        Verification::malformed);
  CHECK(Verifier(standard(), secrets({standard_text})).verify(v1a, "{}", vector_time) ==
        Verification::malformed);
}

TEST_CASE("a flood of ed25519 signatures is tried eight times") {
  const auto right = sign(standard(), secrets({svix_secret}), "{}");
  const std::string wrong =
      value_of(sign(standard(), {Secret::generate_ed25519()}, "{}"), signature_header);
  const Verifier verifier(standard(), secrets({svix_public}));
  for (const std::size_t before : {7U, 8U}) {
    std::vector<Header> headers = right;
    std::string flood;
    for (std::size_t i = 0; i < before; ++i) flood.append(wrong).append(" ");
    headers.back().value = flood + right.back().value;
    REQUIRE(headers.back().name == signature_header);
    CHECK(bool(verifier.verify(headers, "{}", vector_time)) == (before < 8));
  }
}

TEST_CASE("what is no ed25519 key is refused, naming the field and never the secret") {
  const auto signer = make_openssl_signer();
  const std::string mismatched =
      std::string(svix_secret.substr(0, 80)) + "B" + std::string(svix_secret.substr(81));
  for (const std::string& text :
       {std::string("whsk_"), std::string("whsk_AAAA"), std::string(svix_public), mismatched,
        std::string(svix_secret) + "=", std::string(svix_secret.substr(0, 49))}) {
    CAPTURE(text);
    const std::vector<Secret> wrong = {Secret(text)};
    CHECK(field_refused([&] { (void)signer->prepare(standard(), wrong, nullptr); }) ==
          "endpoint.secret");
    if (text != svix_public) {
      CHECK(field_refused([&] { (void)Verifier(standard(), wrong); }) == "verifier.secret");
      const auto own = secrets({plain_text});
      CHECK(field_refused([&] {
              (void)signer->prepare(profiles::snipy().wire, own, &wrong.front());
            }) == "endpoint.standard_secret");
    }
  }
  CHECK(field_refused([&] { (void)Verifier(standard(), secrets({"whpk_AAAA"})); }) ==
        "verifier.secret");
}

TEST_CASE("the standard headers ride along with an ed25519 secret of their own") {
  const WireFormat wire = profiles::snipy().wire;
  const auto headers = sign(wire, secrets({plain_text}), "{}", Secret(svix_secret));
  CHECK(Verifier(standard(), secrets({svix_public})).verify(headers, "{}", vector_time));
  CHECK(Verifier(wire, secrets({plain_text})).verify(headers, "{}", vector_time));
}

TEST_CASE("where a format has no ed25519, a secret of that form is a text like any other") {
  const WireFormat wire = profiles::snipy().wire;
  const auto headers = sign(wire, secrets({svix_secret}), "{}");
  CHECK(value_of(headers, "X-Snipy-Signature").size() == 64);
  CHECK(value_of(headers, signature_header) == "(none)");
  CHECK(Verifier(wire, secrets({svix_secret})).verify(headers, "{}", vector_time));
}
