#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/address.hpp"
#include "hookwright/export.hpp"

namespace hookwright {

// A URL in canonical form: lower-case scheme and host, the default port dropped, at least "/" for a
// path. Made by parse_url().
struct HOOKWRIGHT_EXPORT Url {
  std::string text{};  // "https://example.com/hook?x=1"
  bool tls = true;     // https
  std::string host{};  // an IPv6 address without the brackets that `text` has around it
  std::uint16_t port = 443;
  std::string target{};  // path and query, for example "/hook?x=1"

  // For logs and errors: scheme, host and port only, since paths and queries often hold tokens.
  [[nodiscard]] std::string redacted() const;

  friend bool operator==(const Url&, const Url&) = default;
};

// Where requests may go. A value. A URL is checked against it when an endpoint is registered, when
// it is loaded and for each request; every address when its name has been resolved, when the socket
// is opened, and when a kept connection is used again.
//
// An address passes these in turn, and the first that applies decides:
//   1. forbidden (see AddressKind): refused. Nothing opens cloud metadata services.
//   2. `deny`: refused.
//   3. this host: refused, unless allow_this_host.
//   4. `allow`: allowed.
//   5. global: allowed. Special: refused, unless allow_private_addresses.
// IPv4 addresses inside an IPv6 address pass 1 to 3 as well.
//
// A dispatcher keeps the policy that it was made with. For another one, shut it down and make a new
// one on the same store: what is due waits there meanwhile, and no connection outlives the policy
// it was opened under. Each use of a kept connection is checked all the same, since this host's own
// addresses change at any time.
struct HOOKWRIGHT_EXPORT EgressPolicy {
  bool allow_http = false;

  // Addresses that are not public but not this host either, and names that usually mean such (one
  // label, ".internal" ...).
  bool allow_private_addresses = false;

  // Loopback, and the addresses of this host's network interfaces, which are asked for every few
  // seconds. Addresses that a router or balancer forwards to this host are not known to it: name
  // those in `deny`.
  bool allow_this_host = false;

  bool allow_ip_literals = false;  // "https://192.0.2.1/"; the address must be allowed as well

  // Any port. Otherwise `ports`, and where that is empty 443, 80 for http, and those from 1024 up
  // that no well-known service of another kind uses.
  bool allow_any_port = false;
  std::vector<std::uint16_t> ports{};

  // A name that has allowed addresses and others is used with the allowed ones. Otherwise it is
  // refused as a whole: that is how a name looks which may be moved inside at any moment.
  bool allow_mixed_answers = false;

  // 64:ff9b::/96 is judged by the IPv4 address in it, for hosts that have IPv6 alone and reach IPv4
  // by way of DNS64 and NAT64. `nat64` are a network's own prefixes for that; their lengths are
  // those of RFC 6052: 32, 40, 48, 56, 64 or 96.
  bool allow_dns64 = false;
  std::vector<AddressRange> nat64{};

  std::vector<AddressRange> allow{};  // AddressRange("10.20.0.0/16"); names as for private ones
  std::vector<AddressRange> deny{};

  // https to public addresses only. The default.
  [[nodiscard]] static EgressPolicy production();

  // http, this host, private addresses, literals, any port. For a developer's own machine and for
  // tests; never for URLs that strangers choose.
  [[nodiscard]] static EgressPolicy development();

  // Whether a request may go to this address. For transports; URLs go through parse_url(). `own`:
  // the addresses of this host's interfaces, as far as the caller knows them. Pure; any thread.
  [[nodiscard]] bool allows(const IpAddress& address, std::span<const IpAddress> own = {}) const;

  friend bool operator==(const EgressPolicy&, const EgressPolicy&) = default;
};

// Throws ConfigError ("egress.allow" ...) for what can only be a mistake: a range or port given
// twice, port 0, a range in `allow` that nothing can open, a `nat64` prefix of another length.
// Called by the dispatcher and by make_curl_transport().
HOOKWRIGHT_EXPORT void check(const EgressPolicy& policy);

// The URL in canonical form, if the policy lets requests go there as far as its text tells; else
// throws ConfigError("endpoint.url") saying which rule is broken. The rules are stricter than RFC
// 3986 on purpose, so that all parsers which may see the URL agree on its host and port: visible
// ASCII only (international names as A-labels), no user, no fragment, no escapes in the authority,
// no trailing dot, no dot segments, no encoded control characters, at most 2,048 bytes.
[[nodiscard]] HOOKWRIGHT_EXPORT Url parse_url(std::string_view text, const EgressPolicy& policy);

}  // namespace hookwright
