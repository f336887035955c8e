#pragma once

#include <string_view>

#include "hookwright/profile.hpp"
#include "hookwright/secret.hpp"
#include "signing/hmac.hpp"

namespace hookwright::signing {

// The key that a secret stands for. Throws ConfigError naming `field`, never the secret, if it is
// none under this rule.
//
// base64 takes a secret without "whsec_" as well, as every Standard Webhooks library does.
[[nodiscard]] HmacSha256 make_key(const Secret& secret, KeyRule rule, std::string_view field);

// Whether the Standard Webhooks headers may be signed with a secret that was made for something
// else: "whsec_" and canonical base64 of 24 to 64 bytes. The prefix is required here, since any
// text of 32 letters happens to be base64, and its owner knows it as text.
[[nodiscard]] bool fits_standard_webhooks(const Secret& secret);

}  // namespace hookwright::signing
