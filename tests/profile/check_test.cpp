#include <chrono>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"

namespace {

using namespace hookwright;
using namespace std::chrono_literals;

using Change = std::function<void(Profile&)>;

// The field that check() names for Snipy with this change; "" if it accepts it.
std::string refused(const Change& change, Profile profile = profiles::snipy()) {
  change(profile);
  try {
    check(profile);
    return "";
  } catch (const ConfigError& error) {
    return error.field();
  }
}

std::string refused_wire(const std::function<void(WireFormat&)>& change) {
  return refused([&](Profile& p) { change(p.wire); });
}

std::string refused_policy(const std::function<void(DeliveryPolicy&)>& change) {
  return refused([&](Profile& p) { change(p.policy); });
}

}  // namespace

TEST_CASE("a profile needs a name, of characters that any store can keep") {
  CHECK(refused([](Profile& p) { p.name = "my_shop-2"; }).empty());
  for (const std::string& name : {std::string(), std::string("Snipy"), std::string("a b"),
                                  std::string("a/b"), std::string(65, 'a'), std::string("\xC3")}) {
    CHECK(refused([&](Profile& p) { p.name = name; }) == "profile.name");
  }
  CHECK(refused([](Profile& p) { p.family = ""; }).empty());
  CHECK(refused([](Profile& p) { p.family = "a b"; }) == "profile.family");
}

TEST_CASE("a profile's headers are well-formed, its own, and told apart") {
  CHECK(refused_wire([](WireFormat& w) { w.event_header.clear(); }).empty());
  CHECK(refused_wire([](WireFormat& w) { w.signature_header.clear(); }) ==
        "profile.wire.signature_header");
  CHECK(refused_wire([](WireFormat& w) { w.event_header = "X Event"; }) ==
        "profile.wire.event_header");
  CHECK(refused_wire([](WireFormat& w) { w.event_header = "X-Event\r\nHost"; }) ==
        "profile.wire.event_header");
  CHECK(refused_wire([](WireFormat& w) { w.delivery_header = "Content-Length"; }) ==
        "profile.wire.delivery_header");
  CHECK(refused_wire([](WireFormat& w) { w.delivery_header = "x-snipy-EVENT"; }) ==
        "profile.wire.delivery_header");
  CHECK(refused_wire([](WireFormat& w) { w.id_header = "X-Snipy-Signature"; }) ==
        "profile.wire.id_header");
}

TEST_CASE("a profile that sends the standard headers too leaves their names to them") {
  const auto take = [](WireFormat& w) { w.id_header = "Webhook-Id"; };
  CHECK(refused_wire(take) == "profile.wire.id_header");
  CHECK(refused_wire([&](WireFormat& w) {
          take(w);
          w.standard_headers_too = false;
        }).empty());
}

TEST_CASE("ed25519 needs a prefix of its own and secrets that say what they are") {
  const auto standard = [](const std::function<void(WireFormat&)>& change) {
    return refused_wire([&](WireFormat& w) {
      w = profiles::standard_webhooks().wire;
      change(w);
    });
  };
  CHECK(standard([](WireFormat& w) { w.generated = SecretKind::ed25519; }).empty());
  CHECK(standard([](WireFormat& w) { w.ed25519_prefix.clear(); }).empty());
  CHECK(standard([](WireFormat& w) {
          w.ed25519_prefix.clear();
          w.generated = SecretKind::ed25519;
        }) == "profile.wire.generated");
  for (const std::string_view prefix : {"v1,", "v", "v1,a,", "v1a ", "v1\n"}) {
    CAPTURE(prefix);
    CHECK(standard([&](WireFormat& w) { w.ed25519_prefix = prefix; }) ==
          "profile.wire.ed25519_prefix");
  }
  CHECK(standard([](WireFormat& w) { w.signature_prefix.clear(); }) ==
        "profile.wire.ed25519_prefix");
  CHECK(refused_wire([](WireFormat& w) { w.ed25519_prefix = "v1a,"; }) ==
        "profile.wire.ed25519_prefix");
}

TEST_CASE("a signature's prefix holds nothing that would split it") {
  CHECK(refused_wire([](WireFormat& w) { w.signature_prefix = "v0="; }).empty());
  for (const std::string& prefix :
       {std::string("v0 "), std::string("\r\n"), std::string("\x7F"), std::string(33, 'v')}) {
    CHECK(refused_wire([&](WireFormat& w) { w.signature_prefix = prefix; }) ==
          "profile.wire.signature_prefix");
  }
}

TEST_CASE("an id and a time that are signed are sent") {
  const Profile standard = profiles::standard_webhooks();
  CHECK(refused([](Profile& p) { p.wire.id_header.clear(); }, standard) ==
        "profile.wire.id_header");
  CHECK(refused([](Profile& p) { p.wire.timestamp_header.clear(); }, standard) ==
        "profile.wire.timestamp_header");
}

TEST_CASE("a schedule has delays, and all of them pass") {
  CHECK(refused_policy([](DeliveryPolicy& p) { p.retries.clear(); }) == "profile.policy.retries");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.retries.assign(101, 1s); }) ==
        "profile.policy.retries");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.retries[3] = 0s; }) ==
        "profile.policy.retries[3]");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.retries[0] = -1s; }) ==
        "profile.policy.retries[0]");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.retries[1] = Duration::max(); }) ==
        "profile.policy.retries[1]");

  // Five retries: the sixth attempt is the last there can be.
  CHECK(refused_policy([](DeliveryPolicy& p) { p.exhausted_after = 6; }).empty());
  CHECK(refused_policy([](DeliveryPolicy& p) { p.exhausted_after = 7; }) ==
        "profile.policy.exhausted_after");
}

TEST_CASE("jitter is a share") {
  CHECK(refused_policy([](DeliveryPolicy& p) { p.jitter_max = 0.0; }).empty());
  CHECK(refused_policy([](DeliveryPolicy& p) { p.jitter_max = 1.0; }).empty());
  for (const double jitter : {-0.1, 1.01, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    CHECK(refused_policy([&](DeliveryPolicy& p) { p.jitter_max = jitter; }) ==
          "profile.policy.jitter_max");
  }
}

TEST_CASE("times and bounds are positive and finite") {
  CHECK(refused_policy([](DeliveryPolicy& p) { p.deadline = 0s; }) == "profile.policy.deadline");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.deadline = 11min; }) == "profile.policy.deadline");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.in_flight_max = 0; }) ==
        "profile.policy.in_flight_max");
  CHECK(refused_policy([](DeliveryPolicy& p) { p.dead_letter_retention = 0s; }) ==
        "profile.policy.dead_letter_retention");

  CHECK(refused_policy([](DeliveryPolicy& p) { p.rate_burst = 0; }).empty());  // no rate, no burst
  CHECK(refused_policy([](DeliveryPolicy& p) {
          p.rate_per_minute = 1200;
          p.rate_burst = 0;
        }) == "profile.policy.rate_burst");

  CHECK(refused_policy([](DeliveryPolicy& p) { p.failing_window = 0s; }).empty());  // not used
  CHECK(refused_policy([](DeliveryPolicy& p) {
          p.on_exhausted = OnExhausted::disable_after_window;
          p.failing_window = 0s;
        }) == "profile.policy.failing_window");
}

TEST_CASE("what was wrong is in the message") {
  Profile profile = profiles::snipy();
  profile.policy.deadline = 0s;
  CHECK_THROWS_WITH(
      check(profile),
      "profile.policy.deadline: must be positive and 600000 ms at most (got \"0 ms\")");
}
