#include "hookwright/verifier.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "hookwright/error.hpp"
#include "policy/header.hpp"
#include "signing/key.hpp"
#include "signing/signature.hpp"

namespace hookwright {
namespace {

constexpr std::size_t timestamp_digits_max = 11;  // the year 5138; more could overflow milliseconds
constexpr std::size_t ed25519_tries_max = 8;
constexpr Duration tolerance_max = std::chrono::hours(24 * 366);

// Digits and nothing else, as every sender writes it.
std::optional<TimePoint> read_timestamp(std::string_view text) {
  if (text.empty() || text.size() > timestamp_digits_max) return std::nullopt;
  std::uint64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || stop != end) return std::nullopt;
  return TimePoint(std::chrono::seconds(seconds));
}

}  // namespace

std::string_view Verification::text() const noexcept {
  switch (reason_) {
    case ok:
      return "ok";
    case missing_header:
      return "missing_header";
    case malformed:
      return "malformed";
    case wrong_signature:
      return "wrong_signature";
    case too_old:
      return "too_old";
    case too_new:
      return "too_new";
  }
  return "unknown";
}

struct Verifier::State {
  WireFormat wire{};
  Duration tolerance{};
  std::vector<signing::HmacSha256> hmac_keys{};
  std::vector<signing::Ed25519Public> ed25519_keys{};

  [[nodiscard]] Verification verify(std::string_view signatures, std::string_view id,
                                    std::string_view timestamp, std::string_view body,
                                    TimePoint now) const;
  [[nodiscard]] std::vector<signing::Mac> expected(std::string_view before,
                                                   std::string_view body) const;
  [[nodiscard]] bool signed_by_ed25519(const signing::Ed25519Signature& signature,
                                       std::string_view message) const;
  [[nodiscard]] bool read_after(std::string_view prefix, std::string_view token,
                                std::span<std::uint8_t> signature) const;
  [[nodiscard]] Verification compare(std::string_view signatures, std::string_view before,
                                     std::string_view body) const;
};

Verification Verifier::State::verify(std::string_view signatures, std::string_view id,
                                     std::string_view timestamp, std::string_view body,
                                     TimePoint now) const {
  if (signatures.empty()) return Verification::missing_header;
  if (wire.content == SignedContent::id_timestamp_body) {
    if (id.empty() || timestamp.empty()) return Verification::missing_header;
    // With a dot in the id, one signature would stand for several triples of id, time and body.
    if (id.find('.') != std::string_view::npos) return Verification::malformed;
    const std::optional<TimePoint> at = read_timestamp(timestamp);
    if (!at) return Verification::malformed;
    if (*at < now - tolerance) return Verification::too_old;
    if (*at > now + tolerance) return Verification::too_new;
  }
  return compare(signatures, signing::signed_prefix(wire.content, id, timestamp), body);
}

std::vector<signing::Mac> Verifier::State::expected(std::string_view before,
                                                    std::string_view body) const {
  std::vector<signing::Mac> macs;
  macs.reserve(hmac_keys.size());
  for (const signing::HmacSha256& key : hmac_keys) {
    signing::HmacSha256 copy = key;  // other threads verify with the same key
    macs.push_back(copy.sign({before, body}));
  }
  return macs;
}

// Nothing here is secret, so the first key that fits ends it.
bool Verifier::State::signed_by_ed25519(const signing::Ed25519Signature& signature,
                                        std::string_view message) const {
  return std::any_of(ed25519_keys.begin(), ed25519_keys.end(),
                     [&](const auto& key) { return key.verify(signature, message); });
}

Verification Verifier::State::compare(std::string_view signatures, std::string_view before,
                                      std::string_view body) const {
  const std::vector<signing::Mac> macs = expected(before, body);
  std::string whole;
  std::size_t ed25519_tried = 0;
  bool read_any = false;
  bool matched = false;
  while (!signatures.empty()) {
    const std::string_view token = signatures.substr(0, signatures.find(' '));
    signatures.remove_prefix(std::min(token.size() + 1, signatures.size()));
    signing::Mac mac{};
    signing::Ed25519Signature signature{};
    if (!macs.empty() && read_after(wire.signature_prefix, token, mac)) {
      read_any = true;
      for (const signing::Mac& right : macs) {
        const bool same = signing::same_mac(mac, right);  // on its own: `||` would skip it
        matched = matched || same;
      }
    } else if (!ed25519_keys.empty() && read_after(wire.ed25519_prefix, token, signature)) {
      read_any = true;
      if (matched || ++ed25519_tried > ed25519_tries_max) continue;
      if (whole.empty()) whole.append(before).append(body);
      matched = signed_by_ed25519(signature, whole);
    }
  }
  if (matched) return Verification::ok;
  return read_any ? Verification::wrong_signature : Verification::malformed;
}

// Whether the token is the prefix and a whole signature behind it.
bool Verifier::State::read_after(std::string_view prefix, std::string_view token,
                                 std::span<std::uint8_t> signature) const {
  return token.starts_with(prefix) &&
         signing::read_signature(token.substr(prefix.size()), wire.encoding, signature);
}

Verifier::Verifier(WireFormat wire, const std::vector<Secret>& secrets, VerifierOptions options) {
  if (wire.signature_header.empty())
    throw ConfigError("verifier.signature_header", "must be given");
  if (wire.content == SignedContent::id_timestamp_body &&
      (wire.id_header.empty() || wire.timestamp_header.empty())) {
    throw ConfigError("verifier.id_header",
                      "must be given, as must timestamp_header: both are signed");
  }
  if (secrets.empty()) throw ConfigError("verifier.secret", "must be given");
  if (options.tolerance < Duration::zero() || options.tolerance > tolerance_max) {
    throw ConfigError("verifier.tolerance", "must be 0 to 366 days",
                      std::to_string(options.tolerance.count()) + " ms");
  }
  auto state = std::make_unique<State>();
  for (const Secret& secret : secrets) {
    signing::CheckKey key = signing::make_check_key(secret, wire, "verifier.secret");
    if (auto* const hmac = std::get_if<signing::HmacSha256>(&key)) {
      state->hmac_keys.push_back(std::move(*hmac));
    } else {
      state->ed25519_keys.push_back(std::move(std::get<signing::Ed25519Public>(key)));
    }
  }
  state->wire = std::move(wire);
  state->tolerance = options.tolerance;
  state_ = std::move(state);
}

Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

Verification Verifier::verify(std::span<const Header> headers, std::string_view body,
                              TimePoint now) const {
  bool twice = false;
  const auto find = [&](std::string_view name) {
    std::string_view value;
    bool found = false;
    for (const Header& header : headers) {
      if (name.empty() || !policy::same_header_name(header.name, name)) continue;
      twice = twice || found;
      found = true;
      value = header.value;
    }
    return value;
  };
  const std::string_view signatures = find(state_->wire.signature_header);
  const bool id_is_signed = state_->wire.content == SignedContent::id_timestamp_body;
  const std::string_view id = id_is_signed ? find(state_->wire.id_header) : "";
  const std::string_view timestamp = id_is_signed ? find(state_->wire.timestamp_header) : "";
  if (twice) return Verification::malformed;
  return state_->verify(signatures, id, timestamp, body, now);
}

Verification Verifier::verify(const HeaderLookup& header, std::string_view body,
                              TimePoint now) const {
  const std::string signatures = header(state_->wire.signature_header);
  std::string id;
  std::string timestamp;
  if (state_->wire.content == SignedContent::id_timestamp_body) {
    id = header(state_->wire.id_header);
    timestamp = header(state_->wire.timestamp_header);
  }
  return state_->verify(signatures, id, timestamp, body, now);
}

}  // namespace hookwright
