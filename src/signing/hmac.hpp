#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

struct evp_mac_ctx_st;

namespace hookwright::signing {

inline constexpr std::size_t mac_bytes = 32;
using Mac = std::array<std::uint8_t, mac_bytes>;

// HMAC-SHA256 with one key, which is padded and hashed once, when it is made. Wiped when destroyed.
//
// Threads: sign() one at a time; copies may be made, and used, from several.
// Errors: std::runtime_error where OpenSSL fails, which is for want of memory or of the algorithm.
class HmacSha256 {
 public:
  explicit HmacSha256(std::span<const std::uint8_t> key);
  explicit HmacSha256(std::string_view key);
  HmacSha256(const HmacSha256& other);
  HmacSha256& operator=(const HmacSha256& other) = delete;
  HmacSha256(HmacSha256&&) noexcept = default;
  HmacSha256& operator=(HmacSha256&&) noexcept = default;
  ~HmacSha256() = default;

  // The MAC of the parts, one behind the other.
  [[nodiscard]] Mac sign(std::initializer_list<std::string_view> parts);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// Whether two MACs are equal, in a time that tells nothing.
[[nodiscard]] bool same_mac(const Mac& a, const Mac& b) noexcept;

}  // namespace hookwright::signing
