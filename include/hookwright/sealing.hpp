#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/secret.hpp"

namespace hookwright {

// A key that endpoints' secrets are sealed with. It comes from where the host keeps such things (a
// key service, a file that only the server may read), and never from the store.
struct SealingKey {
  std::string id{};  // [A-Za-z0-9_.-], 1 to 32 bytes; written with what it has sealed
  Secret key;        // the base64 of 32 bytes, as Sealing::generate_key() makes them
};

// How secrets lie in the store: under AES-256-GCM, each with a nonce of its own (96 random bits),
// bound to the key's id and to the tenant and endpoint they belong to, so that a row copied to
// another endpoint opens nothing. Or in the clear, where that is asked for by name.
//
// To change the key, put the new one first and keep the old ones behind it: the first seals, all of
// them open. An endpoint is sealed anew whenever it is changed, by Endpoints::update() for example;
// an old key may go when no record names it any more. The same holds for secrets that were stored
// in the clear: they are read as they are, and sealed with the next change.
//
// Threads: a value that never changes; copies share the keys, which are wiped with the last one.
class HOOKWRIGHT_EXPORT Sealing {
 public:
  // Throws ConfigError ("sealing.keys", "sealing.key[<id>]") for no key, more than 32, an id that
  // is malformed or used twice, and a key that is not the base64 of 32 bytes.
  explicit Sealing(std::vector<SealingKey> keys);

  // In the clear: whoever reads the file reads the secrets. For trying things out, and for stores
  // that are encrypted by other means.
  [[nodiscard]] static Sealing none();

  // A new key. Throws std::runtime_error if the operating system has no randomness to give.
  [[nodiscard]] static Secret generate_key();

  [[nodiscard]] bool is_none() const { return keys_ == nullptr; }

  // For hosts that seal secrets of their own in the same way. `context` is what the secret belongs
  // to; it must be the same to open it. seal() throws std::logic_error without a key, and
  // std::runtime_error without randomness; open() returns nothing for what was not sealed with one
  // of these keys for this context, or has been damaged.
  [[nodiscard]] std::string seal(const Secret& secret, std::string_view context) const;
  [[nodiscard]] std::optional<Secret> open(std::string_view sealed, std::string_view context) const;

  // The id of the key that this was sealed with; empty if it is not sealed.
  [[nodiscard]] static std::string key_id(std::string_view sealed);
  [[nodiscard]] bool knows(std::string_view id) const;

 private:
  class Keys;
  Sealing() = default;
  std::shared_ptr<const Keys> keys_{};
};

}  // namespace hookwright
