#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/header.hpp"
#include "hookwright/id.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// One attempt, as a signer sees it. Everything is valid during the call only.
struct Outgoing {
  EventId event{};
  DeliveryId delivery{};
  std::string_view type{};  // the event's
  std::string_view body{};  // the exact bytes that will be sent
  TimePoint at{};           // this attempt's wall-clock time
};

// The keys of one endpoint, ready to sign.
//
// Threads: one at a time. Ownership: whoever prepared it. Errors: none once prepared; an exception
// is taken as our own fault and costs the delivery nothing. Time and re-entrancy: passed in; must
// not call back into the dispatcher. What hookwright promises: calls come from one thread only, one
// after the other.
class HOOKWRIGHT_EXPORT SigningKey {
 public:
  virtual ~SigningKey();

  // Appends the signature headers and those that carry ids and timestamps, all that the wire format
  // names.
  virtual void sign(const Outgoing& outgoing, std::vector<Header>& headers) = 0;
};

// Turns an endpoint's secrets into signatures. Replace it to keep keys elsewhere, in a KMS for
// example.
//
// Threads: prepare() may be called from several at once. Ownership: the dispatcher owns the signer,
// and each key. Errors: prepare() throws ConfigError for a secret that the format's key rule can't
// use ("endpoint.secret"), at registration, on the caller's thread. Time and re-entrancy: none;
// must not call back into the dispatcher. What hookwright promises: every key is gone before the
// signer is.
class HOOKWRIGHT_EXPORT Signer {
 public:
  virtual ~Signer();

  // `secrets`: newest first, at least one. Where the format has several_signatures each of them
  // signs, newest first, separated by one blank; elsewhere the newest alone, since receivers of the
  // three products compare the whole header.
  //
  // `standard_secret`: a separate secret for the Standard Webhooks headers, or null. Those ride
  // along beside a format that signs the body alone, unless it says otherwise
  // (standard_headers_too):
  //   - with a standard_secret ("whsec_" or "whsk_"), signed with that one only;
  //   - else where the newest of `secrets` is "whsec_" and canonical base64 of 24 to 64 bytes,
  //     signed with every one that is.
  // A standard_secret of another form is an error ("endpoint.standard_secret").
  [[nodiscard]] virtual std::unique_ptr<SigningKey> prepare(const WireFormat& wire,
                                                            std::span<const Secret> secrets,
                                                            const Secret* standard_secret) = 0;
};

// HMAC-SHA256 and, for secrets "whsk_..." where the format has an ed25519_prefix, ed25519, both by
// OpenSSL. A key keeps its OpenSSL contexts from one signature to the next, which makes an HMAC
// four times as fast and costs about a kilobyte for each secret. An ed25519 signature takes about
// 75 microseconds, a hundred times as long as an HMAC of a short body (measured).
[[nodiscard]] HOOKWRIGHT_EXPORT std::unique_ptr<Signer> make_openssl_signer();

}  // namespace hookwright
