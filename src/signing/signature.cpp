#include "signing/signature.hpp"

namespace hookwright::signing {

std::string signed_prefix(SignedContent content, std::string_view id, std::string_view timestamp) {
  std::string text;
  if (content == SignedContent::body) return text;
  text.reserve(id.size() + timestamp.size() + 2);
  text.append(id).append(1, '.').append(timestamp).append(1, '.');
  return text;
}

std::string write_signatures(const WireFormat& wire, std::span<HmacSha256> keys,
                             std::string_view id, std::string_view timestamp,
                             std::string_view body) {
  const std::string before = signed_prefix(wire.content, id, timestamp);
  std::string text;
  for (HmacSha256& key : keys) {
    if (!text.empty()) text += ' ';
    text += wire.signature_prefix;
    append_mac(key.sign({before, body}), wire.encoding, text);
  }
  return text;
}

}  // namespace hookwright::signing
