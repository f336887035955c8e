#include "signing/ed25519.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdexcept>

namespace hookwright::signing {
namespace {

[[noreturn]] void fail_ed25519() {
  throw std::runtime_error("OpenSSL can't compute ed25519");
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const noexcept {
  EVP_PKEY_free(key);  // overwrites the private half
}

void Ed25519Private::FreeContext::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Ed25519Private::Ed25519Private(std::span<const std::uint8_t, ed25519_seed_bytes> seed)
    : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())),
      context_(EVP_MD_CTX_new()) {
  if (!key_ || !context_) fail_ed25519();
}

Ed25519Signature Ed25519Private::sign(std::string_view message) {
  // The key is named each time: newer versions refuse a second message without, and it costs about
  // a sixtieth of the signature.
  if (EVP_DigestSignInit(context_.get(), nullptr, nullptr, nullptr, key_.get()) != 1)
    fail_ed25519();
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  if (EVP_DigestSign(context_.get(), signature.data(), &size, unsigned_bytes(message),
                     message.size()) != 1 ||
      size != signature.size()) {
    fail_ed25519();
  }
  return signature;
}

std::array<std::uint8_t, ed25519_public_bytes> Ed25519Private::public_key() const {
  std::array<std::uint8_t, ed25519_public_bytes> bytes{};
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) != 1 || size != bytes.size()) {
    fail_ed25519();
  }
  return bytes;
}

Ed25519Public::Ed25519Public(std::span<const std::uint8_t, ed25519_public_bytes> bytes)
    : key_(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size())) {
  if (!key_) fail_ed25519();
}

bool Ed25519Public::verify(const Ed25519Signature& signature, std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) {
    fail_ed25519();
  }
  const bool right = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                      unsigned_bytes(message), message.size()) == 1;
  if (!right) ERR_clear_error();  // the host's thread: a wrong signature is no error of its own
  return right;
}

}  // namespace hookwright::signing
