#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/header.hpp"
#include "hookwright/id.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/signer.hpp"
#include "hookwright/time.hpp"

namespace signing_test {

// Both decode as Standard Webhooks secrets, to 24 and 64 bytes.
inline constexpr std::string_view standard_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
inline constexpr std::string_view standard_text_long =
    "whsec_"
    "TUdfVE5UMnZlci1TeWxOYXQtX1ZlTW1kLTRtMFdhYmEwanIxdHJvenRCbmlTQ2hFdzBnbHhFbWdFaTJLdzQwSA==";
// A customer's own, which is no base64: '_' is not in the alphabet.
inline constexpr std::string_view plain_text = "whsec_your_signing_secret";

inline constexpr std::string_view snipy_body =
    R"({"event":"link.created","timestamp":"2026-03-04T12:00:00Z","data":{"id":456,"alias":"my-link",)"
    R"("shorturl":"https://snipy.to/my-link","longurl":"https://example.com/page","userId":42}})";
inline constexpr std::string_view snapglyph_body =
    R"({"event":"qr.created","timestamp":"2024-01-15T10:30:00Z","data":{"id":"qr_abc123",)"
    R"("name":"Product Page","url":"https://example.com/product","tracking":true,)"
    R"("createdAt":"2024-01-15T10:30:00Z"}})";

// The time of the Standard Webhooks vectors, and a bit: timestamps are whole seconds.
inline constexpr hookwright::TimePoint vector_time{std::chrono::milliseconds(1614265330999)};

inline std::vector<hookwright::Secret> secrets(std::initializer_list<std::string_view> texts) {
  std::vector<hookwright::Secret> result;
  for (const std::string_view text : texts) result.emplace_back(text);
  return result;
}

inline hookwright::Outgoing outgoing(std::string_view body) {
  hookwright::IdGenerator ids(7);
  hookwright::Outgoing result;
  result.event = ids.next<hookwright::EventId>(vector_time);
  result.delivery = ids.next<hookwright::DeliveryId>(vector_time);
  result.type = "link.created";
  result.body = body;
  result.at = vector_time;
  return result;
}

inline std::vector<hookwright::Header> sign(
    const hookwright::WireFormat& wire, const std::vector<hookwright::Secret>& secrets,
    std::string_view body, const std::optional<hookwright::Secret>& standard = std::nullopt) {
  const auto signer = hookwright::make_openssl_signer();
  const auto key = signer->prepare(wire, secrets, standard ? &*standard : nullptr);
  std::vector<hookwright::Header> headers;
  key->sign(outgoing(body), headers);
  return headers;
}

// The header of exactly this name, in exactly this spelling; "(none)" if there is none, so that a
// failing test shows what was missing.
inline std::string value_of(const std::vector<hookwright::Header>& headers, std::string_view name) {
  for (const hookwright::Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return "(none)";
}

inline std::vector<std::string> names_of(const std::vector<hookwright::Header>& headers) {
  std::vector<std::string> names;
  for (const hookwright::Header& header : headers) names.push_back(header.name);
  return names;
}

}  // namespace signing_test
