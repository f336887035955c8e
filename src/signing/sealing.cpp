#include "hookwright/sealing.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "hookwright/error.hpp"
#include "signing/base64.hpp"
#include "signing/wipe.hpp"

namespace hookwright {
namespace {

// A sealed secret: the version, the length of the key's id, the id, the nonce, the secret under the
// key, the tag. On disk: never change it, add a version.
constexpr char version = 1;
constexpr std::size_t id_bytes_max = 32;
constexpr std::size_t keys_max = 32;
constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t hidden_bytes_max = 1024;

using KeyBytes = std::array<std::uint8_t, key_bytes>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

bool valid_id(std::string_view id) {
  return !id.empty() && id.size() <= id_bytes_max && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '-';
  });
}

const std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::uint8_t* octets(char* text) {
  return reinterpret_cast<std::uint8_t*>(text);
}

// What is authenticated beside the secret: the version and the key's id, then the context.
std::string bound_to(std::string_view id, std::string_view context) {
  std::string bytes;
  bytes.reserve(2 + id.size() + context.size());
  bytes.push_back(version);
  bytes.push_back(static_cast<char>(id.size()));
  bytes.append(id).append(context);
  return bytes;
}

// The parts of a sealed secret, as they lie in it.
struct Parts {
  std::string_view id{};
  std::string_view nonce{};
  std::string_view hidden{};
  std::string_view tag{};
};

std::optional<Parts> take_apart(std::string_view sealed) {
  if (sealed.size() < 2 || sealed[0] != version) return std::nullopt;
  const std::size_t id = static_cast<std::uint8_t>(sealed[1]);
  if (id > id_bytes_max || sealed.size() <= 2 + id + nonce_bytes + tag_bytes) return std::nullopt;
  Parts parts;
  parts.id = sealed.substr(2, id);
  if (!valid_id(parts.id)) return std::nullopt;
  parts.nonce = sealed.substr(2 + id, nonce_bytes);
  parts.hidden = sealed.substr(2 + id + nonce_bytes);
  parts.tag = parts.hidden.substr(parts.hidden.size() - tag_bytes);
  parts.hidden.remove_suffix(tag_bytes);
  if (parts.hidden.size() > hidden_bytes_max) return std::nullopt;
  return parts;
}

}  // namespace

class Sealing::Keys {
 public:
  struct Key {
    std::string id{};
    KeyBytes bytes{};
  };

  explicit Keys(const std::vector<SealingKey>& keys) : keys_(keys.size()) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      keys_[i].id = keys[i].id;
      const std::optional<std::size_t> size =
          signing::read_base64(keys[i].key.reveal(), keys_[i].bytes);
      if (size != key_bytes) {
        wipe();
        throw ConfigError("sealing.key[" + keys[i].id + "]", "must be the base64 of 32 bytes");
      }
    }
  }
  ~Keys() { wipe(); }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  [[nodiscard]] const Key& first() const { return keys_.front(); }
  [[nodiscard]] const Key* find(std::string_view id) const {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
    return found == keys_.end() ? nullptr : &*found;
  }

 private:
  void wipe() {
    for (Key& key : keys_) signing::wipe(key.bytes.data(), key.bytes.size());
  }

  std::vector<Key> keys_;  // never grows: copies would not be wiped
};

Sealing::Sealing(std::vector<SealingKey> keys) {
  if (keys.empty() || keys.size() > keys_max) {
    throw ConfigError("sealing.keys", "must be 1 to 32 keys", std::to_string(keys.size()));
  }
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (!valid_id(key->id)) {
      throw ConfigError("sealing.keys", "an id must be 1 to 32 bytes of A-Z, a-z, 0-9, _, . and -",
                        std::string_view(key->id).substr(0, id_bytes_max));
    }
    const bool twice = std::any_of(keys.begin(), key,
                                   [&](const SealingKey& other) { return other.id == key->id; });
    if (twice) throw ConfigError("sealing.keys", "has an id twice", key->id);
  }
  keys_ = std::make_shared<const Keys>(keys);
}

Sealing Sealing::none() {
  return {};
}

Secret Sealing::generate_key() {
  KeyBytes key{};
  std::array<char, signing::base64_size(key_bytes) + 1> text{};
  const signing::WipeAtExit wipe_key(key);
  const signing::WipeAtExit wipe_text(text);
  if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("no random bytes for a key");
  }
  signing::write_base64(key, text);
  return Secret(std::string_view(text.data(), text.size() - 1));
}

std::string Sealing::seal(const Secret& secret, std::string_view context) const {
  if (!keys_) throw std::logic_error("there is no key to seal with");
  const Keys::Key& key = keys_->first();
  const std::string_view text = secret.reveal();
  const std::string bound = bound_to(key.id, context);

  std::string sealed = bound.substr(0, 2 + key.id.size());
  const std::size_t nonce_at = sealed.size();
  sealed.resize(nonce_at + nonce_bytes + text.size() + tag_bytes);
  std::uint8_t* const nonce = octets(sealed.data() + nonce_at);
  std::uint8_t* const hidden = nonce + nonce_bytes;
  if (RAND_bytes(nonce, nonce_bytes) != 1) throw std::runtime_error("no random bytes for a nonce");

  const Context cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool done =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, octets(bound),
                        static_cast<int>(bound.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), hidden, &size, octets(text), static_cast<int>(text.size())) ==
          1 &&
      EVP_EncryptFinal_ex(cipher.get(), hidden + text.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, hidden + text.size()) == 1;
  if (!done) throw std::runtime_error("OpenSSL cannot seal");
  return sealed;
}

std::optional<Secret> Sealing::open(std::string_view sealed, std::string_view context) const {
  const std::optional<Parts> parts = take_apart(sealed);
  const Keys::Key* const key = parts && keys_ ? keys_->find(parts->id) : nullptr;
  if (key == nullptr) return std::nullopt;
  const std::string bound = bound_to(key->id, context);

  std::array<char, hidden_bytes_max> text{};
  const signing::WipeAtExit wipe_text(text);
  std::array<char, tag_bytes> tag{};
  std::copy(parts->tag.begin(), parts->tag.end(), tag.begin());
  const Context cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool genuine =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->bytes.data(),
                         octets(parts->nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, octets(bound),
                        static_cast<int>(bound.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), octets(text.data()), &size, octets(parts->hidden),
                        static_cast<int>(parts->hidden.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), octets(text.data()) + size, &size) == 1;
  if (!genuine) return std::nullopt;
  return Secret(std::string_view(text.data(), parts->hidden.size()));
}

std::string Sealing::key_id(std::string_view sealed) {
  const std::optional<Parts> parts = take_apart(sealed);
  return parts ? std::string(parts->id) : std::string();
}

bool Sealing::knows(std::string_view id) const {
  return keys_ && keys_->find(id) != nullptr;
}

}  // namespace hookwright
