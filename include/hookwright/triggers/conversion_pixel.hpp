#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/latch.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/time.hpp"

namespace hookwright::triggers {

// "Passes through a pixel-tagged landing page" (HyperSnap), in four steps:
//
//   1. The redirect of a click sends the visitor to tag(destination, tokens.issue(click, now)).
//   2. The landing page asks for the pixel with the token that its own address carries.
//   3. The host answers with pixel_gif() in any case, and asks tokens.check(token, now).
//   4. If that gives a click, it publishes LinkClickConverted with PublishOptions::latch set to
//      once_per_click(click, now): however often the page is shown, and over restarts, once.
//
// The token says which click it was, and until when it counts; it holds no secret and nothing of
// the visitor. Whoever has it can make that one click a conversion, once, and nothing else. (Ours:
// all of it, the seed describes no pixel.)
struct TokenClick {
  std::string click{};  // as it was given to issue()
  TimePoint expires{};  // to the second
};

struct ClickTokenOptions {
  Duration lifetime = std::chrono::hours(24 * 30);  // 1 s to 366 days
};

// Threads: all calls, several at once. Ownership: keeps what it needs of the secrets. Errors: the
// constructor throws ConfigError ("click_tokens.secret", "click_tokens.lifetime"), issue() for a
// click that is none ("click_tokens.click"). check() answers with a value, whatever was sent. Time:
// passed in.
class HOOKWRIGHT_EXPORT ClickTokens {
 public:
  // Newest first, at least one, each of at least 16 bytes: the newest signs, all of them check.
  explicit ClickTokens(const std::vector<Secret>& secrets, ClickTokenOptions options = {});
  ~ClickTokens();
  ClickTokens(ClickTokens&&) noexcept;
  ClickTokens& operator=(ClickTokens&&) noexcept;

  // `click`: the host's name for it, unique for ever in the tenant; 1 to 128 bytes. The token is
  // base64url, and safe in any part of a URL.
  [[nodiscard]] std::string issue(std::string_view click, TimePoint now) const;

  // The click of a token that one of the secrets has signed and that has not expired.
  [[nodiscard]] std::optional<TokenClick> check(std::string_view token, TimePoint now) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

// The destination with the token as one more query parameter, in front of a fragment.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string tag(std::string_view destination,
                                                std::string_view token,
                                                std::string_view parameter = "hw_click");

// Closed by the first conversion of this click, and forgotten a day after its token has expired.
[[nodiscard]] HOOKWRIGHT_EXPORT Latch once_per_click(const TokenClick& click, TimePoint now);

// A GIF of one transparent pixel, 43 bytes. Send it as image/gif with "Cache-Control: no-store", or
// a browser may not ask again.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view pixel_gif();

}  // namespace hookwright::triggers
