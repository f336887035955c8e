#include "transport/placeholder.hpp"

#include <openssl/rand.h>

#include <bit>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace hookwright::transport {
namespace {

using Key = std::array<std::uint64_t, 2>;

Key draw_key() {
  std::array<unsigned char, sizeof(Key)> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes");
  }
  return std::bit_cast<Key>(bytes);
}

const Key& process_key() {
  static const Key key = draw_key();
  return key;
}

struct Sip {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void rounds(int count) {
    for (; count > 0; --count) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
};

// Up to eight bytes, the first one lowest.
std::uint64_t load(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    word = word << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  return word;
}

}  // namespace

std::uint64_t siphash(const Key& key, std::string_view bytes) {
  Sip sip{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
          key[1] ^ 0x7465646279746573U};
  const std::uint64_t size = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) sip.take(load(bytes.substr(0, 8)));
  sip.take(load(bytes) | size << 56U);
  sip.v2 ^= 0xFFU;
  sip.rounds(4);
  return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

Placeholders::Placeholders() : key_(process_key()) {}

IpAddress Placeholders::make(std::uint64_t generation, std::string_view host, std::uint16_t port,
                             const IpAddress& vetted) const {
  std::string bytes;
  bytes.reserve(host.size() + 27);
  const auto put = [&bytes](std::uint64_t value, unsigned size) {
    for (; size > 0; --size, value >>= 8U) bytes += static_cast<char>(value & 0xFFU);
  };
  put(generation, 8);
  put(port, 2);
  put(vetted.is_v6() ? 1 : 0, 1);
  for (const std::uint8_t byte : vetted.bytes()) put(byte, 1);
  bytes += host;  // last, since it alone has no fixed size

  const std::uint64_t hash = siphash(key_, bytes);
  IpAddress::V6 address{0x01, 0x00};
  for (std::size_t i = 0; i < 8; ++i) {
    address[15 - i] = static_cast<std::uint8_t>(hash >> (8 * i) & 0xFFU);
  }
  return IpAddress(address);
}

std::uint64_t Placeholders::hash_of(const IpAddress& placeholder) {
  std::uint64_t hash = 0;
  for (std::size_t i = 8; i < 16; ++i) hash = hash << 8U | placeholder.bytes()[i];
  return hash;
}

}  // namespace hookwright::transport
