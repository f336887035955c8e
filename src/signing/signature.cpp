#include "signing/signature.hpp"

#include "signing/base64.hpp"

namespace hookwright::signing {
namespace {

// 0 to 15, or 16 for what is no hexadecimal digit.
unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = hex_digit(text[2 * i]);
    const unsigned low = hex_digit(text[2 * i + 1]);
    if (high > 15 || low > 15) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return true;
}

}  // namespace

std::string signed_prefix(SignedContent content, std::string_view id, std::string_view timestamp) {
  std::string text;
  if (content == SignedContent::body) return text;
  text.reserve(id.size() + timestamp.size() + 2);
  text.append(id).append(1, '.').append(timestamp).append(1, '.');
  return text;
}

std::string write_signatures(const WireFormat& wire, std::span<Key> keys, std::string_view id,
                             std::string_view timestamp, std::string_view body) {
  const std::string before = signed_prefix(wire.content, id, timestamp);
  std::string whole;  // for ed25519 alone; an HMAC takes the two parts as they lie
  std::string text;
  for (Key& key : keys) {
    if (!text.empty()) text += ' ';
    if (auto* const hmac = std::get_if<HmacSha256>(&key)) {
      text += wire.signature_prefix;
      append_signature(hmac->sign({before, body}), wire.encoding, text);
    } else {
      if (whole.empty()) whole.append(before).append(body);
      text += wire.ed25519_prefix;
      append_signature(std::get<Ed25519Private>(key).sign(whole), wire.encoding, text);
    }
  }
  return text;
}

void append_signature(std::span<const std::uint8_t> bytes, SignatureEncoding encoding,
                      std::string& out) {
  if (encoding == SignatureEncoding::base64) {
    append_base64(bytes, out);
    return;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t before = out.size();
  out.resize(before + 2 * bytes.size());
  char* to = out.data() + before;
  for (const std::uint8_t byte : bytes) {
    *to++ = digits[byte >> 4U];
    *to++ = digits[byte & 0xFU];
  }
}

bool read_signature(std::string_view text, SignatureEncoding encoding,
                    std::span<std::uint8_t> bytes) {
  if (encoding == SignatureEncoding::hex) return read_hex(text, bytes);
  return text.size() == base64_size(bytes.size()) && read_base64(text, bytes) == bytes.size();
}

}  // namespace hookwright::signing
