#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/header.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// What became of a verification. True in a condition only if the request is genuine.
class Verification {
 public:
  enum class Reason : std::uint8_t {
    ok,
    missing_header,   // no signature, or no id or timestamp where they are signed
    malformed,        // no signature of the expected form, an id or timestamp that can't be one, or
                      // one of these headers twice
    wrong_signature,  // another secret, another body, id or timestamp, or a forgery
    too_old,          // the timestamp is further back than the tolerance
    too_new,          // ... or further ahead
  };
  using enum Reason;

  // Implicit: a reason is a verification.
  constexpr Verification(Reason reason) noexcept : reason_(reason) {}

  constexpr explicit operator bool() const noexcept { return reason_ == ok; }
  [[nodiscard]] constexpr Reason reason() const noexcept { return reason_; }
  friend constexpr bool operator==(Verification, Verification) = default;

  // The enumerator's name, for a log. Do not tell the sender: "no" is all that it needs to know.
  [[nodiscard]] HOOKWRIGHT_EXPORT std::string_view text() const noexcept;

 private:
  Reason reason_;
};

struct VerifierOptions {
  // How far a signed timestamp may lie from `now`, either way; 0 to 366 days. Standard Webhooks'
  // five minutes.
  Duration tolerance = std::chrono::minutes(5);
};

// The value of the header with this name, which is in the wire format's spelling; empty if there is
// none. Look it up without regard to case.
using HeaderLookup = std::function<std::string(std::string_view name)>;

// Checks that a request comes from who knows the secret: for receivers, and for tests of senders.
//
//   const Verifier verifier(profiles::snipy().wire, {Secret(text)});
//   if (!verifier.verify(headers, body, now)) return 401;
//
// A product's own header and the Standard Webhooks headers that ride along are two formats: verify
// the latter with profiles::standard_webhooks().wire. Only they are proof against replay by
// themselves, since they sign an id and a time. A format that signs the body alone says nothing
// about when: keep a SeenDeliveries beside it, and know that its delivery id isn't signed either.
//
// A secret "whsk_..." or "whpk_..." checks ed25519 signatures where the format has them (Standard
// Webhooks' v1a), any other secret its HMACs; a receiver of v1a needs the public "whpk_..." only.
// Of one request at most eight ed25519 signatures are tried, since each takes a fifth of a
// millisecond. (Ours: a sender that rotates has two.)
//
// `body` is the bytes as received, never parsed and written again.
//
// Threads: verify() may be called from several at once. Ownership: keeps what it needs of format
// and secrets. Time and re-entrancy: `now` is passed in; nothing calls back but the lookup. Errors:
// the constructor throws ConfigError ("verifier.secret" ...) for a format without a signature, no
// secret at all, or one that the format's key rule can't use. verify() answers with a value,
// whatever was sent. What hookwright promises: HMACs are compared in constant time, and every
// secret is tried against every one of them whether or not one has matched. Signature versions that
// are unknown, or that no secret is for, are skipped.
class HOOKWRIGHT_EXPORT Verifier {
 public:
  // Several secrets while one is being replaced: any of them will do.
  Verifier(WireFormat wire, const std::vector<Secret>& secrets, VerifierOptions options = {});
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  // With all headers of the request, in any order and case.
  [[nodiscard]] Verification verify(std::span<const Header> headers, std::string_view body,
                                    TimePoint now) const;

  // With whatever the server offers to look one up.
  [[nodiscard]] Verification verify(const HeaderLookup& header, std::string_view body,
                                    TimePoint now) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace hookwright
