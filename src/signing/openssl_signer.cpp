#include <chrono>
#include <string>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/signer.hpp"
#include "signing/key.hpp"
#include "signing/signature.hpp"

namespace hookwright {
namespace {

constexpr std::string_view standard_secret_field = "endpoint.standard_secret";

// The three names and the form of the headers that ride along.
const WireFormat& standard_wire() {
  static const WireFormat wire = profiles::standard_webhooks().wire;
  return wire;
}

// What all headers of one attempt are made from.
struct Texts {
  std::string event;
  std::string timestamp;
};

Texts texts_of(const Outgoing& outgoing) {
  const auto at = std::chrono::floor<std::chrono::seconds>(outgoing.at).time_since_epoch();
  return Texts{outgoing.event.text(), std::to_string(at.count())};
}

// One wire format and the keys that sign in it, newest first.
class WireSigner {
 public:
  WireSigner(const WireFormat& wire, std::vector<signing::Key> keys)
      : wire_(wire), keys_(std::move(keys)) {}

  void sign(const Outgoing& outgoing, const Texts& texts, std::vector<Header>& headers) {
    add(wire_.event_header, std::string(outgoing.type), headers);
    if (!wire_.delivery_header.empty()) {
      add(wire_.delivery_header, outgoing.delivery.text(), headers);
    }
    add(wire_.id_header, texts.event, headers);
    add(wire_.timestamp_header, texts.timestamp, headers);
    add(wire_.signature_header,
        signing::write_signatures(wire_, keys_, texts.event, texts.timestamp, outgoing.body),
        headers);
  }

 private:
  static void add(const std::string& name, std::string value, std::vector<Header>& headers) {
    if (!name.empty()) headers.push_back(Header{name, std::move(value)});
  }

  WireFormat wire_;
  std::vector<signing::Key> keys_;
};

class OpenSslSigningKey final : public SigningKey {
 public:
  explicit OpenSslSigningKey(std::vector<WireSigner> signers) : signers_(std::move(signers)) {}

  void sign(const Outgoing& outgoing, std::vector<Header>& headers) override {
    const Texts texts = texts_of(outgoing);
    for (WireSigner& signer : signers_) signer.sign(outgoing, texts, headers);
  }

 private:
  std::vector<WireSigner> signers_;
};

std::vector<signing::Key> own_keys(const WireFormat& wire, std::span<const Secret> secrets) {
  std::vector<signing::Key> keys;
  for (const Secret& secret : secrets) {
    // The older ones are checked even where they don't sign: a bad record is told at registration.
    signing::Key key = signing::make_key(secret, wire, "endpoint.secret");
    if (keys.empty() || wire.several_signatures) keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<signing::Key> riding_keys(std::span<const Secret> secrets,
                                      const Secret* standard_secret) {
  std::vector<signing::Key> keys;
  if (standard_secret != nullptr) {
    keys.push_back(signing::make_key(*standard_secret, standard_wire(), standard_secret_field));
    return keys;
  }
  if (!signing::fits_standard_webhooks(secrets.front())) return keys;
  for (const Secret& secret : secrets) {
    if (!signing::fits_standard_webhooks(secret)) continue;
    keys.push_back(signing::make_key(secret, standard_wire(), "endpoint.secret"));
  }
  return keys;
}

void check_standard_secret(const Secret& secret) {
  if (secret.reveal().starts_with(signing::ed25519_secret_prefix)) {
    (void)signing::make_ed25519(secret, standard_secret_field);
  } else if (!signing::fits_standard_webhooks(secret)) {
    throw ConfigError(standard_secret_field,
                      "must be whsec_ and the padded base64 of 24 to 64 bytes");
  }
}

class OpenSslSigner final : public Signer {
 public:
  std::unique_ptr<SigningKey> prepare(const WireFormat& wire, std::span<const Secret> secrets,
                                      const Secret* standard_secret) override {
    if (secrets.empty()) throw ConfigError("endpoint.secret", "must be given");
    if (standard_secret != nullptr) check_standard_secret(*standard_secret);
    std::vector<WireSigner> signers;
    signers.emplace_back(wire, own_keys(wire, secrets));
    if (wire.standard_headers_too && wire.content == SignedContent::body) {
      std::vector<signing::Key> keys = riding_keys(secrets, standard_secret);
      if (!keys.empty()) signers.emplace_back(standard_wire(), std::move(keys));
    }
    return std::make_unique<OpenSslSigningKey>(std::move(signers));
  }
};

}  // namespace

SigningKey::~SigningKey() = default;
Signer::~Signer() = default;

std::unique_ptr<Signer> make_openssl_signer() {
  return std::make_unique<OpenSslSigner>();
}

}  // namespace hookwright
