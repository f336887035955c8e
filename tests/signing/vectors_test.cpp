// The published vectors, and those computed from the products' documentation.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/verifier.hpp"
#include "signing/key.hpp"
#include "signing/signature.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;

struct StandardVector {
  std::string_view secret;
  std::string_view id;
  std::string_view timestamp;
  std::string_view body;
  std::string_view signature;
};

// Ids as Svix makes them, which ours are not: so the signer's inner part is asked.
std::string signature_of(const StandardVector& v) {
  const WireFormat wire = profiles::standard_webhooks().wire;
  std::vector<signing::Key> keys;
  keys.push_back(signing::make_key(Secret(v.secret), wire, "secret"));
  return signing::write_signatures(wire, keys, v.id, v.timestamp, v.body);
}

Verification verify(const StandardVector& v, std::string_view signature) {
  const Verifier verifier(profiles::standard_webhooks().wire, secrets({v.secret}));
  const std::vector<Header> headers = {{"webhook-id", std::string(v.id)},
                                       {"webhook-timestamp", std::string(v.timestamp)},
                                       {"webhook-signature", std::string(signature)}};
  const std::chrono::seconds at(std::stoll(std::string(v.timestamp)));
  return verifier.verify(headers, v.body, TimePoint(at));
}

// standard-webhooks/standard-webhooks, libraries/*/tests.
constexpr StandardVector standard_1 = {standard_text, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                       R"({"test": 2432232314})",
                                       "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
// The same, libraries/rust/src/lib.rs.
constexpr StandardVector standard_2 = {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                                       "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553",
                                       R"({"email":"test@example.com","username":"test_user"})",
                                       "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="};
// svix/svix-webhooks, the tests of server/svix-server/src/worker.rs.
constexpr StandardVector standard_3 = {
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
    "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})",
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/"
    "enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="};
// The body of the Snipy vector, signed with the same secret in the other scheme.
constexpr StandardVector standard_7 = {standard_text, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                                       snipy_body,
                                       "v1,R96C0hSMDFsjPpdFGc55IjnOtQTIFHlUoVoa4706wSQ="};

}  // namespace

TEST_CASE("Standard Webhooks' vectors are signed and verified") {
  for (const StandardVector& v : {standard_1, standard_2, standard_3, standard_7}) {
    CAPTURE(v.id, v.body);
    CHECK(signature_of(v) == v.signature);
    CHECK(verify(v, v.signature) == Verification::ok);
  }
}

TEST_CASE("the third vector's public key is what its receivers verify with") {
  const std::optional<std::string> key = Secret(standard_3.secret).public_key();
  REQUIRE(key);
  CHECK(*key == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
  StandardVector receiver = standard_3;
  receiver.secret = *key;
  CHECK(verify(receiver, standard_3.signature) == Verification::ok);
  receiver.body = R"({"test": 2432232315})";
  CHECK(verify(receiver, standard_3.signature) == Verification::wrong_signature);
}

TEST_CASE("Standard Webhooks' vectors that must fail do") {
  CHECK(verify(standard_1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=") ==
        Verification::wrong_signature);
  CHECK(verify(standard_1, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=") ==
        Verification::wrong_signature);
  for (const std::string_view partial :
       {"v1,", "v1", "v", ",", "v1,g0hM9SsE", "v1, ", " ",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlN", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}) {
    CAPTURE(partial);
    CHECK(verify(standard_1, partial) == Verification::malformed);
  }
  CHECK(verify(standard_1, "") == Verification::missing_header);
}

// The specification prints these headers as an example. They carry the signature of another message
// (its v1a vector), so they must not pass as v1.
TEST_CASE("Standard Webhooks' printed example does not verify") {
  StandardVector printed = standard_1;
  printed.id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
  printed.timestamp = "1674087231";
  CHECK_FALSE(verify(printed,
                     "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo"
                     "3mNl8EM+m7TBAg=="));
  CHECK_FALSE(verify(printed, standard_1.signature));
}

TEST_CASE("Snipy's vectors are signed, whsec_ being part of the key") {
  const WireFormat wire = profiles::snipy().wire;
  CHECK(value_of(sign(wire, secrets({plain_text}), snipy_body), "X-Snipy-Signature") ==
        "641eadc7f21ad16d9012cd4f68123bd8d3f9e342ec1bbcbe4e3c095fb0211b70");
  CHECK(value_of(sign(wire, secrets({standard_text}), snipy_body), "X-Snipy-Signature") ==
        "51cbe99b63c8d97746b7d14322d60d7c7608679ddbaa90b89e46254d9a250bb0");
}

TEST_CASE("SnapGlyph's vector is signed") {
  const auto headers = sign(profiles::snapglyph().wire, secrets({plain_text}), snapglyph_body);
  CHECK(value_of(headers, "X-Snapglyph-Signature") ==
        "sha256=10a0638640f1e84ea984f71f3a4009abb07508089bdcdd456ef722fb3622c8dc");
}

// No vector was published. The same rule as Snipy's, so the same value under its own name.
TEST_CASE("HyperSnap signs the body in lower-case hex") {
  const auto headers = sign(profiles::hypersnap().wire, secrets({plain_text}), snipy_body);
  CHECK(value_of(headers, "x-hypersnap-signature") ==
        "641eadc7f21ad16d9012cd4f68123bd8d3f9e342ec1bbcbe4e3c095fb0211b70");
}
