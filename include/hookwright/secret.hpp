#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// The text of a signing secret, as the customer knows it ("whsec_..." included), kept where it
// can't be shown by accident: it has no stream or format operator, no conversion to text and no
// comparison with text. The one way to read it is reveal(), named so that a search finds every
// place that does.
//
// Ownership: the bytes lie in one block of the heap that is never copied; copies of a Secret share
// it. It is overwritten when the last of them is destroyed or assigned to.
// Threads: as std::string; copies may be used and destroyed from different threads.
// Errors: ConfigError("secret", ...) for a text that is no secret. It never holds the text.
//
// What a secret must look like to be used as a key is the profile's affair (KeyRule):
// make_openssl_signer says "endpoint.secret" of one that does not fit.
class HOOKWRIGHT_EXPORT Secret {
 public:
  // 1 to 1,024 bytes of any kind (Ours). `text` itself is the caller's to wipe.
  explicit Secret(std::string_view text);

  // "whsec_" and the base64 of 32 bytes from OpenSSL's generator: fits every profile, Standard
  // Webhooks included. Throws std::runtime_error if the operating system has no randomness to give.
  [[nodiscard]] static Secret generate();

  // "whsk_" and the base64 of a new ed25519 key, 32 bytes of seed and 32 of public key: signs "v1a"
  // where the profile's format has it. (The layout is Svix's; the specification gives none.) Throws
  // as generate() does.
  [[nodiscard]] static Secret generate_ed25519();

  // The public half of a secret "whsk_...", as "whpk_..."; receivers verify with it, and anyone may
  // see it. Nothing for a secret of another form, which has no public half.
  [[nodiscard]] std::optional<std::string> public_key() const;

  Secret(const Secret&);
  Secret& operator=(const Secret&);
  Secret(Secret&&) noexcept;  // leaves a Secret that reveals nothing and is refused as a key
  Secret& operator=(Secret&&) noexcept;
  ~Secret();

  // The text, valid until this Secret is destroyed or assigned to. Do not keep it, log it or put it
  // into a string that is not wiped.
  [[nodiscard]] std::string_view reveal() const noexcept;

  // True if it does not look random: short, or of few different characters, or of words only. An
  // estimate, for a word of warning; Snipy's "whsec_your_signing_secret" looks weak, and works.
  [[nodiscard]] bool looks_weak() const noexcept;

  // In a time that depends on the lengths only.
  bool operator==(const Secret& other) const noexcept;

  // A secret is not printed. Where it must be shown, once, to the one who owns it, use reveal().
  template <class Stream>
  friend void operator<<(Stream&&, const Secret&) = delete;

 private:
  class Text;
  std::shared_ptr<const Text> text_;
};

}  // namespace hookwright
