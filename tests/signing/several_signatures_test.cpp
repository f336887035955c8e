// A rotation: the endpoint has several secrets, newest first.

#include <algorithm>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/verifier.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;

}  // namespace

TEST_CASE("where the format allows it, every secret signs, newest first, one blank between") {
  const WireFormat wire = profiles::standard_webhooks().wire;
  const auto name = wire.signature_header;
  const std::string one = value_of(sign(wire, secrets({standard_text}), "{}"), name);
  const std::string two = value_of(sign(wire, secrets({standard_text_long}), "{}"), name);
  REQUIRE(one != two);
  const auto both = sign(wire, secrets({standard_text, standard_text_long}), "{}");
  CHECK(value_of(both, name) == one + " " + two);
  CHECK(both.size() == 3);
  const auto other = sign(wire, secrets({standard_text_long, standard_text}), "{}");
  CHECK(value_of(other, name) == two + " " + one);
}

TEST_CASE("where a receiver compares the whole header, the newest secret signs alone") {
  for (const Profile& profile : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
                                 profiles::branded("Acme")}) {
    CAPTURE(profile.name);
    const std::string& name = profile.wire.signature_header;
    const auto both = sign(profile.wire, secrets({plain_text, "older"}), "{}");
    const auto newest = sign(profile.wire, secrets({plain_text}), "{}");
    CHECK(value_of(both, name) == value_of(newest, name));
    CHECK(value_of(both, name).find(' ') == std::string::npos);
  }
}

TEST_CASE("a host may have several signatures in a format of its own") {
  WireFormat wire = profiles::branded("Acme").wire;
  wire.several_signatures = true;
  const auto headers = sign(wire, secrets({"new", "old"}), "{}");
  const std::string value = value_of(headers, "X-Acme-Signature");
  CHECK(std::count(value.begin(), value.end(), ' ') == 1);
  CHECK(value.size() == 2 * (7 + 64) + 1);
  for (const std::string_view text : {"new", "old"}) {
    CHECK(Verifier(wire, secrets({text})).verify(headers, "{}", vector_time));
  }
  CHECK_FALSE(Verifier(wire, secrets({"neither"})).verify(headers, "{}", vector_time));
}

TEST_CASE("receivers verify during a rotation, whichever of the secrets they know") {
  const WireFormat wire = profiles::standard_webhooks().wire;
  const Secret older = Secret::generate();
  const Secret newer = Secret::generate();
  const auto headers = sign(wire, {newer, older}, "{}");
  CHECK(Verifier(wire, {newer}).verify(headers, "{}", vector_time));
  CHECK(Verifier(wire, {older}).verify(headers, "{}", vector_time));
  CHECK(Verifier(wire, {Secret::generate(), older}).verify(headers, "{}", vector_time));
  CHECK_FALSE(Verifier(wire, {Secret::generate()}).verify(headers, "{}", vector_time));
}
