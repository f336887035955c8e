#pragma once

#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/profile.hpp"

// Profiles that come with hookwright. What a product documents is kept exactly: header names in its
// own spelling, the signature's form, the delays, the deadline, what happens in the end. What it
// leaves open is marked "Ours:". Each is a plain value: copy it and change what differs.
//
// All of them send the Standard Webhooks headers beside their own where the secret allows it
// (WireFormat::standard_headers_too), keep dead letters for 30 days and add 0 to 10 % to a delay.
namespace hookwright::profiles {

// HyperSnap. `x-hypersnap-signature: <hex>` of the body (Ours: the documentation leaves the
// encoding open), keyed with the secret's bytes. An answer within 3 s; retries after 30s 2m 10m 1h
// 6h; then the endpoint is paused. 15 active endpoints per tenant, 1,200 sends a minute to each
// (Ours: 50 ms apart, and in bursts of 12 at most after a pause).
HOOKWRIGHT_EXPORT Profile hypersnap();

// Snipy. `X-Snipy-Signature: <hex>` of the body, keyed with the secret's bytes, "whsec_" included;
// `X-Snipy-Event`, `X-Snipy-Delivery`. An answer within 10 s; retries after 1m 5m 30m 2h 24h; then
// the endpoint is disabled.
HOOKWRIGHT_EXPORT Profile snipy();

// SnapGlyph. `X-Snapglyph-Signature: sha256=<hex>` of the body, keyed as Snipy's;
// `X-Snapglyph-Event`, `X-Snapglyph-Delivery`. An answer within 30 s; Snipy's retries; then the
// endpoint is marked as failing, and sending goes on.
HOOKWRIGHT_EXPORT Profile snapglyph();

// Standard Webhooks. `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64>` of id,
// timestamp and body, one for each secret, keyed with the 24 to 64 bytes whose base64 follows
// "whsec_". An answer within 15 s; retries after 5s 5m 30m 2h 5h 10h 14h 20h 24h, as the
// specification's example; 410 disables the endpoint at once, and five days without a success after
// a delivery was exhausted do so too (Ours: the specification names no span).
HOOKWRIGHT_EXPORT Profile standard_webhooks();

// For a product of your own. Ours, with SnapGlyph's headers as the pattern, since receivers know it
// from elsewhere: branded("Acme") sends `X-Acme-Signature: sha256=<hex>`, `X-Acme-Event` and
// `X-Acme-Delivery`, is named "acme", and is timed as Standard Webhooks.
//
// `product`: 1 to 32 letters, digits and inner hyphens; else ConfigError("product").
HOOKWRIGHT_EXPORT Profile branded(std::string_view product);

}  // namespace hookwright::profiles
