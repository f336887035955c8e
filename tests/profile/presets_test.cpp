#include "hookwright/profiles.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"

namespace {

using namespace hookwright;
using namespace std::chrono_literals;
using Delays = std::vector<Duration>;

const Delays snipy_delays = {1min, 5min, 30min, 2h, 24h};

void check_products_wire(const WireFormat& wire) {
  CHECK(wire.encoding == SignatureEncoding::hex);
  CHECK(wire.content == SignedContent::body);
  CHECK(wire.key == KeyRule::utf8);
  CHECK_FALSE(wire.several_signatures);
  CHECK(wire.id_header.empty());
  CHECK(wire.timestamp_header.empty());
  CHECK(wire.standard_headers_too);
}

}  // namespace

TEST_CASE("HyperSnap, as its documentation has it") {
  const Profile p = profiles::hypersnap();
  CHECK(p.name == "hypersnap");
  CHECK(p.family == "hypersnap");
  CHECK(p.wire.signature_header == "x-hypersnap-signature");
  CHECK(p.wire.signature_prefix.empty());
  CHECK(p.wire.event_header.empty());
  CHECK(p.wire.delivery_header.empty());
  check_products_wire(p.wire);
  CHECK(p.policy.deadline == 3s);
  CHECK(p.policy.retries == Delays{30s, 2min, 10min, 1h, 6h});
  CHECK(p.policy.exhausted_after == 0);
  CHECK(p.policy.on_exhausted == OnExhausted::pause);
  CHECK_FALSE(p.policy.gone_disables);
  CHECK(p.policy.rate_per_minute == 1200);
  CHECK(p.policy.rate_burst == 12);
  CHECK(p.policy.dead_letter_retention == 30 * 24h);
  CHECK(p.active_endpoints_max == 15);
  CHECK(p.unverified_endpoints_max == 15);
  CHECK(p.handshake);
}

TEST_CASE("Snipy, as its documentation has it") {
  const Profile p = profiles::snipy();
  CHECK(p.name == "snipy");
  CHECK(p.family == "snipy");
  CHECK(p.wire.signature_header == "X-Snipy-Signature");
  CHECK(p.wire.signature_prefix.empty());
  CHECK(p.wire.event_header == "X-Snipy-Event");
  CHECK(p.wire.delivery_header == "X-Snipy-Delivery");
  check_products_wire(p.wire);
  CHECK(p.policy.deadline == 10s);
  CHECK(p.policy.retries == snipy_delays);
  CHECK(p.policy.on_exhausted == OnExhausted::disable);
  CHECK_FALSE(p.policy.gone_disables);
  CHECK(p.policy.rate_per_minute == 0);
  CHECK(p.active_endpoints_max == 0);
}

TEST_CASE("SnapGlyph, as its documentation has it") {
  const Profile p = profiles::snapglyph();
  CHECK(p.name == "snapglyph");
  CHECK(p.family == "snapglyph");
  CHECK(p.wire.signature_header == "X-Snapglyph-Signature");
  CHECK(p.wire.signature_prefix == "sha256=");
  CHECK(p.wire.event_header == "X-Snapglyph-Event");
  CHECK(p.wire.delivery_header == "X-Snapglyph-Delivery");
  check_products_wire(p.wire);
  CHECK(p.policy.deadline == 30s);
  CHECK(p.policy.retries == snipy_delays);
  CHECK(p.policy.on_exhausted == OnExhausted::mark_failing);
  CHECK_FALSE(p.policy.gone_disables);
  CHECK(p.policy.rate_per_minute == 0);
  CHECK(p.active_endpoints_max == 0);
}

TEST_CASE("Standard Webhooks, as the specification has it") {
  const Profile p = profiles::standard_webhooks();
  CHECK(p.family.empty());
  CHECK(p.wire.signature_header == "webhook-signature");
  CHECK(p.wire.signature_prefix == "v1,");
  CHECK(p.wire.ed25519_prefix == "v1a,");
  CHECK(p.wire.encoding == SignatureEncoding::base64);
  CHECK(p.wire.content == SignedContent::id_timestamp_body);
  CHECK(p.wire.key == KeyRule::base64);
  CHECK(p.wire.several_signatures);
  CHECK(p.wire.id_header == "webhook-id");
  CHECK(p.wire.timestamp_header == "webhook-timestamp");
  CHECK(p.policy.deadline == 15s);
  CHECK(p.policy.retries == Delays{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h});
  CHECK(p.policy.on_exhausted == OnExhausted::disable_after_window);
  CHECK(p.policy.failing_window == 5 * 24h);
  CHECK(p.policy.gone_disables);
}

TEST_CASE("a branded profile has SnapGlyph's headers under its own name") {
  const Profile p = profiles::branded("Acme");
  CHECK(p.name == "acme");
  CHECK(p.family.empty());
  CHECK(p.wire.signature_header == "X-Acme-Signature");
  CHECK(p.wire.signature_prefix == "sha256=");
  CHECK(p.wire.event_header == "X-Acme-Event");
  CHECK(p.wire.delivery_header == "X-Acme-Delivery");
  check_products_wire(p.wire);
  CHECK(p.policy.retries == profiles::standard_webhooks().policy.retries);
  CHECK(p.policy.on_exhausted == OnExhausted::disable_after_window);
  CHECK(p.policy.gone_disables);

  CHECK(profiles::branded("My-Shop-2").wire.event_header == "X-My-Shop-2-Event");
  CHECK(profiles::branded("My-Shop-2").name == "my-shop-2");
}

TEST_CASE("a product name that can't stand in a header is refused") {
  CHECK_NOTHROW(profiles::branded(std::string(32, 'a')));
  for (const std::string& product :
       {std::string(), std::string(33, 'a'), std::string("Ac me"), std::string("Acme:"),
        std::string("Acme\r\nHost"), std::string("Ac_me"), std::string("-Acme"),
        std::string("Acme-"), std::string("\xC3\x84"), std::string("a\0b", 3)}) {
    CAPTURE(product);
    CHECK_THROWS_AS(profiles::branded(product), ConfigError);
  }
  CHECK_THROWS_AS(profiles::branded("Forwarded"), ConfigError);  // X-Forwarded-* is the proxies'
}

TEST_CASE("every preset passes its own check") {
  for (const Profile& p : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
                           profiles::standard_webhooks(), profiles::branded("Acme")}) {
    CHECK_NOTHROW(check(p));
  }
}
