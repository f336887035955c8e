#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// How a secret's text becomes the HMAC key.
enum class KeyRule : std::uint8_t {
  utf8,    // the text's bytes as they are, a "whsec_" prefix included (the three products)
  base64,  // the bytes behind "whsec_", base64 (Standard Webhooks, whose prefix may be missing)
};

// What is generated for an endpoint that brings no secret of its own.
enum class SecretKind : std::uint8_t {
  hmac,     // Secret::generate(): "whsec_...", which the receiver must know too
  ed25519,  // Secret::generate_ed25519(): "whsk_..."; the receiver gets its public_key() only
};

enum class SignatureEncoding : std::uint8_t { hex, base64 };

// What is signed.
enum class SignedContent : std::uint8_t {
  body,               // the body's bytes (the three products)
  id_timestamp_body,  // webhook-id "." webhook-timestamp "." body (Standard Webhooks)
};

// What a request of this profile looks like on the wire. An empty header name means that the header
// is not sent.
struct WireFormat {
  std::string signature_header{};
  std::string signature_prefix{};  // before every signature: "", "sha256=", "v1,"

  // Before every ed25519 signature: "v1a,". Empty: the format has none. Where there is one, a
  // secret "whsk_..." signs with ed25519 and any other with HMAC-SHA256; with several_signatures
  // one header may carry both. Only with KeyRule::base64, whose secrets say by their prefix what
  // they are.
  std::string ed25519_prefix{};

  SignatureEncoding encoding = SignatureEncoding::hex;
  SignedContent content = SignedContent::body;
  KeyRule key = KeyRule::utf8;
  SecretKind generated = SecretKind::hmac;
  bool several_signatures = false;  // during a rotation: one per secret, separated by a blank
  std::string event_header{};       // carries the event's type
  std::string delivery_header{};    // carries the delivery's id
  std::string id_header{};          // carries the event's id
  std::string timestamp_header{};   // carries this attempt's time in Unix seconds

  // Sends the three Standard Webhooks headers as well, where the endpoint has a secret that they
  // can be signed with: replay protection that the products' own headers lack. (Ours: none of the
  // seeds has it, none forbids it.)
  bool standard_headers_too = true;
};

// What becomes of an endpoint when one of its deliveries has failed for the last time.
enum class OnExhausted : std::uint8_t {
  mark_failing,          // sending goes on; the next success clears the mark (SnapGlyph)
  pause,                 // new events are held until it is enabled (HyperSnap)
  disable,               // new events are skipped until it is enabled (Snipy)
  disable_after_window,  // disabled once `failing_window` has passed since the first exhausted
                         // delivery without a success
};

enum class ExhaustEndpoint : std::uint8_t {
  first,                  // the first exhausted delivery decides, as the three products say
  unless_succeeded_since  // spares an endpoint that has answered 2xx since that delivery's first
                          // attempt
};

// How deliveries to an endpoint are timed and bounded.
struct DeliveryPolicy {
  // Delays before the first, second, ... retry, each from the end of the failed attempt. At least
  // one; all positive.
  std::vector<Duration> retries{};

  // Attempts after which a delivery is exhausted; 0 means the first attempt and all retries. The
  // seeds' "after five failed attempts" beside five retries reads as six sends; 5 is the other
  // reading.
  std::size_t exhausted_after = 0;

  // Added to a delay, at random from nothing to this share of it: a promised minute is never
  // shorter. 0 to 1.
  double jitter_max = 0.1;

  // From the attempt's start to the last header of the answer: name look-up, connection, TLS and
  // waiting included.
  Duration deadline = std::chrono::seconds(15);

  OnExhausted on_exhausted = OnExhausted::mark_failing;
  ExhaustEndpoint exhaust_endpoint = ExhaustEndpoint::first;
  Duration failing_window = std::chrono::hours(120);  // only with disable_after_window

  bool gone_disables = false;  // 410 disables the endpoint at once (Standard Webhooks); else it is
                               // an ordinary failure

  // Sends per minute to one endpoint, evenly spaced; 0 is no limit. Every POST counts: retries and
  // test events too. What is over it is sent later and never counts as a failed attempt.
  std::size_t rate_per_minute = 0;
  std::size_t rate_burst = 12;  // sends that may follow each other at once after a pause, which no
                                // minute exceeds the rate by

  std::size_t in_flight_max = 8;  // requests under way to one endpoint at once

  Duration dead_letter_retention = std::chrono::hours(24 * 30);

  // What a paused endpoint may hold: each event for so long since it was due and the endpoint
  // paused, and so many events. (Ours: SnapGlyph says "briefly".)
  Duration held_age_max = std::chrono::hours(72);
  std::size_t held_max = 100'000;
};

// A product's behaviour, as data: chosen per endpoint, with the dispatcher's as default. Make your
// own by changing a copy:
//
//   Profile mine = profiles::standard_webhooks();
//   mine.name = "acme";
//   mine.policy.retries = profiles::snipy().policy.retries;
struct Profile {
  std::string name{};    // [a-z0-9_-], 1 to 64 bytes; stored with each endpoint
  std::string family{};  // its events and those of none are sent; empty: those of every family
  WireFormat wire{};
  DeliveryPolicy policy{};
  std::size_t active_endpoints_max = 0;  // per tenant; 0 is no limit

  // A new endpoint, and one whose URL changes, is unverified until its receiver has echoed a
  // challenge: see Endpoints::verify.
  bool handshake = false;

  // Per tenant, those whose receiver has not passed the handshake, paused and disabled ones too; 0
  // is no limit. (Ours: strangers' URLs are asked before they have said that they want to be.)
  std::size_t unverified_endpoints_max = 15;
};

// Throws ConfigError naming "profile.<field>" unless the profile can work. Header names are tokens,
// told apart, none that HTTP itself uses, and none in webhook-* where the standard headers ride
// along; a signature header there must be. Bounds (Ours): 100 retries of 366 days at most, a
// deadline of 10 minutes, 10,000 requests in flight, 6,000,000 sends a minute.
HOOKWRIGHT_EXPORT void check(const Profile& profile);

}  // namespace hookwright
