#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "hookwright/profile.hpp"
#include "hookwright/secret.hpp"
#include "signing/ed25519.hpp"
#include "signing/hmac.hpp"

namespace hookwright::signing {

// What a secret signs with, and what a receiver's checks with.
using Key = std::variant<HmacSha256, Ed25519Private>;
using CheckKey = std::variant<HmacSha256, Ed25519Public>;

// The key that a secret stands for in this format. Throws ConfigError naming `field`, never the
// secret, if it is none.
//
// KeyRule::base64 takes a secret without "whsec_" as well, as every Standard Webhooks library does.
// Only a format with an ed25519_prefix takes "whsk_".
[[nodiscard]] Key make_key(const Secret& secret, const WireFormat& wire, std::string_view field);

// The same for the other side, which may know the public half alone ("whpk_").
[[nodiscard]] CheckKey make_check_key(const Secret& secret, const WireFormat& wire,
                                      std::string_view field);

// The private key in a secret of the form "whsk_...". Throws as make_key does.
[[nodiscard]] Ed25519Private make_ed25519(const Secret& secret, std::string_view field);

inline constexpr std::string_view ed25519_secret_prefix = "whsk_";
inline constexpr std::string_view ed25519_public_prefix = "whpk_";

// Whether the Standard Webhooks headers may be signed with a secret that was made for something
// else: "whsec_" and canonical base64 of 24 to 64 bytes. The prefix is required here, since any
// text of 32 letters happens to be base64, and its owner knows it as text.
[[nodiscard]] bool fits_standard_webhooks(const Secret& secret);

}  // namespace hookwright::signing
