#include "signing/base64.hpp"

#include <openssl/evp.h>

#include <array>
#include <cassert>

namespace hookwright::signing {
namespace {

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> digits{};
  for (std::uint8_t& digit : digits) digit = no_digit;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr std::array<std::uint8_t, 256> digit_of = make_digits();

}  // namespace

void write_base64(std::span<const std::uint8_t> bytes, std::span<char> out) {
  assert(out.size() > base64_size(bytes.size()));
  // EVP_EncodeBlock writes unsigned characters, which may alias anything.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
}

void append_base64(std::span<const std::uint8_t> bytes, std::string& out) {
  const std::size_t before = out.size();
  const std::size_t size = base64_size(bytes.size());
  out.resize(before + size + 1);
  write_base64(bytes, std::span(out).subspan(before));
  out.resize(before + size);
}

std::optional<std::size_t> read_base64(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t size = text.size() / 4 * 3 - padding;
  if (size > out.size()) return std::nullopt;

  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  std::size_t written = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::uint8_t digit = digit_of[static_cast<unsigned char>(c)];
    if (digit == no_digit) return std::nullopt;
    bits = (bits << 6U) | digit;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out[written++] = static_cast<std::uint8_t>(bits >> bit_count);
    bits &= (1U << bit_count) - 1U;
  }
  if (bits != 0) return std::nullopt;
  return size;
}

}  // namespace hookwright::signing
