#include "hookwright/signer.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("each preset sends exactly the headers its product documents") {
  const auto plain = secrets({plain_text});
  CHECK(names_of(sign(profiles::hypersnap().wire, plain, "{}")) == Names{"x-hypersnap-signature"});
  CHECK(names_of(sign(profiles::snipy().wire, plain, "{}")) ==
        Names{"X-Snipy-Event", "X-Snipy-Delivery", "X-Snipy-Signature"});
  CHECK(names_of(sign(profiles::snapglyph().wire, plain, "{}")) ==
        Names{"X-Snapglyph-Event", "X-Snapglyph-Delivery", "X-Snapglyph-Signature"});
  CHECK(names_of(sign(profiles::branded("Acme").wire, plain, "{}")) ==
        Names{"X-Acme-Event", "X-Acme-Delivery", "X-Acme-Signature"});
  CHECK(names_of(sign(profiles::standard_webhooks().wire, secrets({standard_text}), "{}")) ==
        Names{"webhook-id", "webhook-timestamp", "webhook-signature"});
}

TEST_CASE("the event, the delivery, the id and the time go out as they are") {
  const Outgoing sent = outgoing("{}");
  const auto snipy = sign(profiles::snipy().wire, secrets({plain_text}), "{}");
  CHECK(value_of(snipy, "X-Snipy-Event") == "link.created");
  CHECK(value_of(snipy, "X-Snipy-Delivery") == sent.delivery.text());
  CHECK_THAT(value_of(snipy, "X-Snipy-Delivery"), StartsWith("del_"));

  const auto standard = sign(profiles::standard_webhooks().wire, secrets({standard_text}), "{}");
  CHECK(value_of(standard, "webhook-id") == sent.event.text());
  CHECK_THAT(value_of(standard, "webhook-id"), StartsWith("msg_"));
  CHECK(value_of(standard, "webhook-id").find('.') == std::string::npos);
  CHECK(value_of(standard, "webhook-timestamp") == "1614265330");
}

TEST_CASE("a retry has a time and a signature of its own, and the same ids") {
  const auto signer = make_openssl_signer();
  const auto used = secrets({standard_text});
  const auto key = signer->prepare(profiles::standard_webhooks().wire, used, nullptr);
  Outgoing attempt = outgoing("{}");
  std::vector<Header> first;
  key->sign(attempt, first);
  attempt.at += std::chrono::minutes(5);
  std::vector<Header> second;
  key->sign(attempt, second);
  CHECK(value_of(first, "webhook-id") == value_of(second, "webhook-id"));
  CHECK(value_of(second, "webhook-timestamp") == "1614265630");
  CHECK(value_of(first, "webhook-signature") != value_of(second, "webhook-signature"));
}

TEST_CASE("headers are appended to those that are there") {
  const auto signer = make_openssl_signer();
  const auto used = secrets({plain_text});
  const auto key = signer->prepare(profiles::hypersnap().wire, used, nullptr);
  std::vector<Header> headers = {{"Content-Type", "application/json"}};
  key->sign(outgoing("{}"), headers);
  CHECK(names_of(headers) == Names{"Content-Type", "x-hypersnap-signature"});
}

TEST_CASE("a key outlives the secrets and the format it was made from") {
  const auto signer = make_openssl_signer();
  std::unique_ptr<SigningKey> key;
  {
    const auto used = secrets({plain_text});
    const WireFormat wire = profiles::snipy().wire;
    key = signer->prepare(wire, used, nullptr);
  }
  std::vector<Header> headers;
  key->sign(outgoing(snipy_body), headers);
  CHECK(value_of(headers, "X-Snipy-Signature") ==
        "641eadc7f21ad16d9012cd4f68123bd8d3f9e342ec1bbcbe4e3c095fb0211b70");
}

TEST_CASE("an endpoint without a usable secret is told so at once, and the secret is not shown") {
  const auto signer = make_openssl_signer();
  const auto prepare = [&](const Profile& profile, std::vector<Secret> used) {
    return signer->prepare(profile.wire, used, nullptr);
  };
  CHECK_THROWS_WITH(prepare(profiles::snipy(), {}), "endpoint.secret: must be given");

  std::vector<Secret> moved_from = secrets({plain_text});
  const Secret elsewhere = std::move(moved_from.front());
  CHECK_THROWS_WITH(prepare(profiles::snipy(), moved_from), "endpoint.secret: must not be empty");

  for (const std::string_view text :
       {plain_text, std::string_view("not base64"), std::string_view("whsec_c2hvcnQ="),  // 5 bytes
        std::string_view("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ="),                      // 23 bytes
        std::string_view("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAA"),  // no padding
        std::string_view("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD"),    // URL alphabet
        std::string_view("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        std::string_view(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        std::string_view("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=")}) {
    CAPTURE(text);
    CHECK_THROWS_AS(prepare(profiles::standard_webhooks(), secrets({text})), ConfigError);
    CHECK_THROWS_WITH(prepare(profiles::standard_webhooks(), secrets({text})),
                      StartsWith("endpoint.secret: ") && !ContainsSubstring(std::string(text)));
    // An older one that can't sign would leave its receivers without a signature.
    CHECK_THROWS_AS(prepare(profiles::standard_webhooks(), secrets({standard_text, text})),
                    ConfigError);
  }
  CHECK_THROWS_AS(prepare(profiles::standard_webhooks(), secrets({"whsec_"})), ConfigError);
  const std::string bytes_65 = "whsec_" + std::string(86, 'A') + "A=";
  CHECK_THROWS_AS(prepare(profiles::standard_webhooks(), secrets({bytes_65})), ConfigError);
}

TEST_CASE("Standard Webhooks takes keys of 24 to 64 bytes, with whsec_ or without") {
  const WireFormat wire = profiles::standard_webhooks().wire;
  const auto with = sign(wire, secrets({standard_text}), "{}");
  const auto without = sign(wire, secrets({standard_text.substr(6)}), "{}");
  CHECK(value_of(with, "webhook-signature") == value_of(without, "webhook-signature"));
  CHECK_THAT(value_of(sign(wire, secrets({standard_text_long}), "{}"), "webhook-signature"),
             StartsWith("v1,"));
}
