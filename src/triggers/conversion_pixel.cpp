#include "hookwright/triggers/conversion_pixel.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "hookwright/error.hpp"
#include "signing/base64.hpp"
#include "signing/hmac.hpp"

namespace hookwright::triggers {
namespace {

constexpr std::string_view purpose = "hookwright click token 1";  // no other signature is one
constexpr std::size_t secret_bytes_min = 16;
constexpr std::size_t click_bytes_max = 128;
constexpr std::size_t time_bytes = 5;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t token_bytes_max = time_bytes + click_bytes_max + tag_bytes;
constexpr Duration lifetime_max = std::chrono::hours(24 * 366);

// A token's bytes: when it expires (seconds, big-endian), the click, and half an HMAC of both.
std::string head_of(std::uint64_t expires, std::string_view click) {
  std::string bytes;
  for (std::size_t i = time_bytes; i-- > 0;) bytes += static_cast<char>(expires >> (8 * i) & 0xFF);
  return bytes.append(click);
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  signing::append_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, text);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> from_base64url(std::string_view token) {
  if (token.size() > signing::base64_size(token_bytes_max)) return std::nullopt;
  std::string text(token);
  if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  std::array<std::uint8_t, token_bytes_max + 3> bytes{};
  const std::optional<std::size_t> size = signing::read_base64(text, bytes);
  if (!size) return std::nullopt;
  return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*size));
}

}  // namespace

struct ClickTokens::State {
  std::vector<signing::HmacSha256> keys{};
  Duration lifetime{};

  [[nodiscard]] static signing::Mac sign(const signing::HmacSha256& key, std::string_view head) {
    signing::HmacSha256 copy = key;  // other threads sign with the same key
    return copy.sign({purpose, head});
  }
};

ClickTokens::ClickTokens(const std::vector<Secret>& secrets, ClickTokenOptions options) {
  if (secrets.empty()) throw ConfigError("click_tokens.secret", "must be given");
  if (options.lifetime < std::chrono::seconds(1) || options.lifetime > lifetime_max) {
    throw ConfigError("click_tokens.lifetime", "must be 1 s to 366 days",
                      std::to_string(options.lifetime.count()) + " ms");
  }
  auto state = std::make_unique<State>();
  for (const Secret& secret : secrets) {
    if (secret.reveal().size() < secret_bytes_min) {
      throw ConfigError("click_tokens.secret", "must be 16 bytes at least");
    }
    state->keys.emplace_back(secret.reveal());
  }
  state->lifetime = options.lifetime;
  state_ = std::move(state);
}

ClickTokens::~ClickTokens() = default;
ClickTokens::ClickTokens(ClickTokens&&) noexcept = default;
ClickTokens& ClickTokens::operator=(ClickTokens&&) noexcept = default;

std::string ClickTokens::issue(std::string_view click, TimePoint now) const {
  if (click.empty() || click.size() > click_bytes_max) {
    throw ConfigError("click_tokens.click", "must be 1 to 128 bytes",
                      std::to_string(click.size()) + " bytes");
  }
  const auto expires = std::chrono::ceil<std::chrono::seconds>(now + state_->lifetime);
  const auto seconds = std::max(expires.time_since_epoch().count(), std::chrono::seconds::rep{0});
  std::string bytes = head_of(static_cast<std::uint64_t>(seconds), click);
  const signing::Mac mac = State::sign(state_->keys.front(), bytes);
  bytes.append(mac.begin(), mac.begin() + tag_bytes);
  return to_base64url(bytes);
}

std::optional<TokenClick> ClickTokens::check(std::string_view token, TimePoint now) const {
  const std::optional<std::string> bytes = from_base64url(token);
  if (!bytes || bytes->size() <= time_bytes + tag_bytes || bytes->size() > token_bytes_max) {
    return std::nullopt;
  }
  const std::string_view head = std::string_view(*bytes).substr(0, bytes->size() - tag_bytes);
  bool genuine = false;
  for (const signing::HmacSha256& key : state_->keys) {
    signing::Mac right = State::sign(key, head);
    signing::Mac given = right;  // the halves that no token carries are the same
    std::copy(bytes->end() - tag_bytes, bytes->end(), given.begin());
    const bool same = signing::same_mac(right, given);  // on its own: `||` would skip it
    genuine = genuine || same;
  }
  if (!genuine) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : head.substr(0, time_bytes)) {
    seconds = seconds << 8 | static_cast<std::uint8_t>(c);
  }
  const TimePoint expires{std::chrono::seconds(seconds)};
  if (now >= expires) return std::nullopt;
  return TokenClick{.click = std::string(head.substr(time_bytes)), .expires = expires};
}

std::string tag(std::string_view destination, std::string_view token, std::string_view parameter) {
  const std::string_view before = destination.substr(0, destination.find('#'));
  const std::size_t mark = before.find('?');
  std::string url(before);
  if (mark == std::string_view::npos) {
    url += '?';
  } else if (!before.ends_with('?') && !before.ends_with('&')) {
    url += '&';
  }
  url.append(parameter).append(1, '=').append(token).append(destination.substr(before.size()));
  return url;
}

Latch once_per_click(const TokenClick& click, TimePoint now) {
  constexpr Duration margin = std::chrono::hours(24);  // clocks differ
  const Duration left = std::clamp(Duration(click.expires - now), Duration::zero(), lifetime_max);
  return {.key = "conversion/" + click.click, .keep = left + margin};
}

std::string_view pixel_gif() {
  // GIF89a, 1x1, two colours of which the first is transparent.
  static constexpr char bytes[] =
      "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF"
      "!\xF9\x04\x01\x00\x00\x00\x00"
      ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02"
      "D\x01\x00;";
  return {bytes, sizeof bytes - 1};
}

}  // namespace hookwright::triggers
