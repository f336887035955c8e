#include "hookwright/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "hookwright/error.hpp"
#include "signing/base64.hpp"
#include "signing/ed25519.hpp"
#include "signing/key.hpp"
#include "signing/wipe.hpp"

namespace hookwright {
namespace {

constexpr std::size_t secret_bytes_max = 1024;
constexpr std::size_t generated_bytes = 32;
constexpr std::string_view generated_prefix = "whsec_";

}  // namespace

class Secret::Text {
 public:
  explicit Text(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }
  ~Text() { signing::wipe(bytes_.get(), size_); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

Secret::Secret(std::string_view text) {
  if (text.empty()) throw ConfigError("secret", "must not be empty");
  if (text.size() > secret_bytes_max) throw ConfigError("secret", "must be 1,024 bytes at most");
  text_ = std::make_shared<const Text>(text);
}

Secret Secret::generate() {
  std::array<std::uint8_t, generated_bytes> key{};
  std::array<char, generated_prefix.size() + signing::base64_size(generated_bytes) + 1> text{};
  const signing::WipeAtExit wipe_key(key);
  const signing::WipeAtExit wipe_text(text);

  if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("no random bytes for a secret");
  }
  std::copy(generated_prefix.begin(), generated_prefix.end(), text.begin());
  signing::write_base64(key, std::span(text).subspan(generated_prefix.size()));
  return Secret(std::string_view(text.data(), text.size() - 1));
}

Secret Secret::generate_ed25519() {
  constexpr std::string_view prefix = signing::ed25519_secret_prefix;
  std::array<std::uint8_t, signing::ed25519_seed_bytes + signing::ed25519_public_bytes> key{};
  std::array<char, prefix.size() + signing::base64_size(key.size()) + 1> text{};
  const signing::WipeAtExit wipe_key(key);
  const signing::WipeAtExit wipe_text(text);

  const auto seed = std::span(key).first<signing::ed25519_seed_bytes>();
  if (RAND_priv_bytes(seed.data(), static_cast<int>(seed.size())) != 1) {
    throw std::runtime_error("no random bytes for a secret");
  }
  const auto public_half = signing::Ed25519Private(seed).public_key();
  std::copy(public_half.begin(), public_half.end(), key.begin() + seed.size());
  std::copy(prefix.begin(), prefix.end(), text.begin());
  signing::write_base64(key, std::span(text).subspan(prefix.size()));
  return Secret(std::string_view(text.data(), text.size() - 1));
}

std::optional<std::string> Secret::public_key() const {
  if (!reveal().starts_with(signing::ed25519_secret_prefix)) return std::nullopt;
  try {
    std::string text(signing::ed25519_public_prefix);
    signing::append_base64(signing::make_ed25519(*this, "secret").public_key(), text);
    return text;
  } catch (const ConfigError&) {
    return std::nullopt;  // somebody's own text that begins alike
  }
}

Secret::Secret(const Secret&) = default;
Secret& Secret::operator=(const Secret&) = default;
Secret::Secret(Secret&&) noexcept = default;
Secret& Secret::operator=(Secret&&) noexcept = default;
Secret::~Secret() = default;

std::string_view Secret::reveal() const noexcept {
  return text_ ? text_->view() : std::string_view();
}

bool Secret::looks_weak() const noexcept {
  constexpr std::size_t length_min = 22;  // base64 of 16 bytes
  constexpr std::size_t different_min = 8;
  std::string_view text = reveal();
  if (text.starts_with(generated_prefix)) text.remove_prefix(generated_prefix.size());
  if (text.size() < length_min) return true;
  std::array<bool, 256> seen{};
  bool lower = false;
  bool upper = false;
  bool digit = false;
  for (const char c : text) {
    seen[static_cast<unsigned char>(c)] = true;
    lower = lower || (c >= 'a' && c <= 'z');
    upper = upper || (c >= 'A' && c <= 'Z');
    digit = digit || (c >= '0' && c <= '9');
  }
  const auto different = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  // Random letters are mixed with digits, or capitals with small ones; words are not.
  const bool mixed = digit || (lower && upper);
  const bool letters = lower || upper;
  return different < different_min || (letters && !mixed);
}

bool Secret::operator==(const Secret& other) const noexcept {
  const std::string_view left = reveal();
  const std::string_view right = other.reveal();
  return left.size() == right.size() &&
         (left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace hookwright
