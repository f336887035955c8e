#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct evp_md_ctx_st;
struct evp_pkey_st;

namespace hookwright::signing {

inline constexpr std::size_t ed25519_seed_bytes = 32;
inline constexpr std::size_t ed25519_public_bytes = 32;
using Ed25519Signature = std::array<std::uint8_t, 64>;

struct FreeKey {
  void operator()(evp_pkey_st* key) const noexcept;
};

// A private key and the context that it signs with, kept from one signature to the next. Wiped when
// destroyed.
//
// Threads: one at a time. Errors: std::runtime_error where OpenSSL fails, which is for want of
// memory or of the algorithm.
class Ed25519Private {
 public:
  explicit Ed25519Private(std::span<const std::uint8_t, ed25519_seed_bytes> seed);

  // RFC 8032, Ed25519 itself: no context, no hash before it. The message must lie in one piece,
  // since it is read twice.
  [[nodiscard]] Ed25519Signature sign(std::string_view message);

  [[nodiscard]] std::array<std::uint8_t, ed25519_public_bytes> public_key() const;

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

// Threads: verify() from several at once. Errors: as above.
class Ed25519Public {
 public:
  explicit Ed25519Public(std::span<const std::uint8_t, ed25519_public_bytes> bytes);

  [[nodiscard]] bool verify(const Ed25519Signature& signature, std::string_view message) const;

 private:
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

}  // namespace hookwright::signing
