#include "signing/key.hpp"

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

}  // namespace

HmacSha256 make_key(const Secret& secret, KeyRule rule, std::string_view field) {
  const std::string_view text = secret.reveal();
  if (text.empty()) throw ConfigError(field, "must not be empty");
  if (rule == KeyRule::utf8) return HmacSha256(text);

  KeyBytes key{};
  const WipeAtExit wipe_key(key);
  const std::optional<std::size_t> size = decode(text, key);
  if (!size) throw ConfigError(field, "must be whsec_ and the padded base64 of 24 to 64 bytes");
  return HmacSha256(std::span<const std::uint8_t>(key).first(*size));
}

bool fits_standard_webhooks(const Secret& secret) {
  KeyBytes key{};
  const WipeAtExit wipe_key(key);
  return secret.reveal().starts_with(prefix) && decode(secret.reveal(), key).has_value();
}

}  // namespace hookwright::signing
