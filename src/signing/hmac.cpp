#include "signing/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace hookwright::signing {
namespace {

[[noreturn]] void fail_hmac() {
  throw std::runtime_error("OpenSSL can't compute HMAC-SHA256");
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

EVP_MAC_CTX* new_context() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);  // the context holds its own reference
  return context;
}

}  // namespace

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const noexcept {
  EVP_MAC_CTX_free(context);  // overwrites the key and the states made from it
}

HmacSha256::HmacSha256(std::span<const std::uint8_t> key) : context_(new_context()) {
  if (!context_) fail_hmac();
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) != 1) fail_hmac();
}

HmacSha256::HmacSha256(std::string_view key) : HmacSha256(bytes_of(key)) {}

HmacSha256::HmacSha256(const HmacSha256& other) : context_(EVP_MAC_CTX_dup(other.context_.get())) {
  if (!context_) fail_hmac();
}

Mac HmacSha256::sign(std::initializer_list<std::string_view> parts) {
  EVP_MAC_CTX* const context = context_.get();
  if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1) fail_hmac();  // the same key once more
  for (const std::string_view part : parts) {
    if (EVP_MAC_update(context, bytes_of(part).data(), part.size()) != 1) fail_hmac();
  }
  Mac mac{};
  std::size_t size = 0;
  if (EVP_MAC_final(context, mac.data(), &size, mac.size()) != 1 || size != mac.size()) fail_hmac();
  return mac;
}

bool same_mac(const Mac& a, const Mac& b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hookwright::signing
