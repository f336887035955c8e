#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "engine/messages.hpp"

namespace hookwright::engine {
namespace {

// Fetched once: SHA256() looks it up for each event.
const EVP_MD* sha256() {
  static EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest;
}

}  // namespace

DeliveryId delivery_id(const EventId& event, const EndpointId& endpoint) {
  std::array<std::uint8_t, 32> both{};
  std::copy(event.bytes.begin(), event.bytes.end(), both.begin());
  std::copy(endpoint.bytes.begin(), endpoint.bytes.end(), both.begin() + 16);
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  if (EVP_Digest(both.data(), both.size(), hash.data(), nullptr, sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL can't compute SHA-256");
  DeliveryId id;
  constexpr std::size_t time_bytes = 6;
  std::copy_n(event.bytes.begin(), time_bytes, id.bytes.begin());
  std::copy_n(hash.begin(), id.bytes.size() - time_bytes, id.bytes.begin() + time_bytes);
  id.bytes[6] = static_cast<std::uint8_t>(0x80U | (id.bytes[6] & 0x0FU));  // UUID version 8: ours
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3FU));
  return id;
}

}  // namespace hookwright::engine
