#include "signing/key.hpp"

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "hookwright/error.hpp"
#include "signing/base64.hpp"
#include "signing/wipe.hpp"

namespace hookwright::signing {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t key_bytes_min = 24;
constexpr std::size_t key_bytes_max = 64;
using KeyBytes = std::array<std::uint8_t, key_bytes_max>;

// The number of bytes written to the front of `key`.
std::optional<std::size_t> decode(std::string_view text, KeyBytes& key) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  const std::optional<std::size_t> size = read_base64(text, key);
  if (!size || *size < key_bytes_min) return std::nullopt;
  return size;
}

bool is_ed25519(std::string_view text, const WireFormat& wire, std::string_view its_prefix) {
  return !wire.ed25519_prefix.empty() && text.starts_with(its_prefix);
}

HmacSha256 make_hmac(std::string_view text, KeyRule rule, std::string_view field) {
  if (text.empty()) throw ConfigError(field, "must not be empty");
  if (rule == KeyRule::utf8) return HmacSha256(text);

  KeyBytes key{};
  const WipeAtExit wipe_key(key);
  const std::optional<std::size_t> size = decode(text, key);
  if (!size) throw ConfigError(field, "must be whsec_ and the padded base64 of 24 to 64 bytes");
  return HmacSha256(std::span<const std::uint8_t>(key).first(*size));
}

}  // namespace

Ed25519Private make_ed25519(const Secret& secret, std::string_view field) {
  constexpr std::string_view rule =
      "must be whsk_ and the padded base64 of 64 bytes: an ed25519 seed and its public key";
  std::string_view text = secret.reveal();
  if (!text.starts_with(ed25519_secret_prefix)) throw ConfigError(field, rule);
  text.remove_prefix(ed25519_secret_prefix.size());

  std::array<std::uint8_t, ed25519_seed_bytes + ed25519_public_bytes> bytes{};
  const WipeAtExit wipe_bytes(bytes);
  if (read_base64(text, bytes) != bytes.size()) throw ConfigError(field, rule);
  Ed25519Private key{std::span(bytes).first<ed25519_seed_bytes>()};
  // A public half that belongs to another seed would send receivers away with a key that never
  // fits.
  const auto right = key.public_key();
  if (CRYPTO_memcmp(right.data(), bytes.data() + ed25519_seed_bytes, right.size()) != 0) {
    throw ConfigError(field, rule);
  }
  return key;
}

Key make_key(const Secret& secret, const WireFormat& wire, std::string_view field) {
  const std::string_view text = secret.reveal();
  if (is_ed25519(text, wire, ed25519_secret_prefix)) return make_ed25519(secret, field);
  if (is_ed25519(text, wire, ed25519_public_prefix)) {
    throw ConfigError(field, "must be whsk_...: a public key can't sign");
  }
  return make_hmac(text, wire.key, field);
}

CheckKey make_check_key(const Secret& secret, const WireFormat& wire, std::string_view field) {
  const std::string_view text = secret.reveal();
  if (is_ed25519(text, wire, ed25519_secret_prefix)) {
    return Ed25519Public(make_ed25519(secret, field).public_key());
  }
  if (is_ed25519(text, wire, ed25519_public_prefix)) {
    std::array<std::uint8_t, ed25519_public_bytes> bytes{};
    if (read_base64(text.substr(ed25519_public_prefix.size()), bytes) != bytes.size()) {
      throw ConfigError(field, "must be whpk_ and the padded base64 of 32 bytes");
    }
    return Ed25519Public(bytes);
  }
  return make_hmac(text, wire.key, field);
}

bool fits_standard_webhooks(const Secret& secret) {
  KeyBytes key{};
  const WipeAtExit wipe_key(key);
  return secret.reveal().starts_with(prefix) && decode(secret.reveal(), key).has_value();
}

}  // namespace hookwright::signing
