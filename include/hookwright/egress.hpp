#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hookwright/address.hpp"
#include "hookwright/export.hpp"

namespace hookwright {

// A URL in canonical form: lower-case scheme and host, the default port dropped, at least "/" for a
// path. Made by parse_url().
struct HOOKWRIGHT_EXPORT Url {
  std::string text{};  // "https://example.com/hook?x=1"
  bool tls = true;     // https
  std::string host{};  // without brackets
  std::uint16_t port = 443;
  std::string target{};  // path and query, for example "/hook?x=1"

  // For logs and errors: scheme, host and port only, since paths and queries often hold tokens.
  [[nodiscard]] std::string redacted() const;

  friend bool operator==(const Url&, const Url&) = default;
};

// Where requests may go. A URL is checked when an endpoint is registered and again for each
// request, an address when its name has been resolved, when the socket is opened and when a kept
// connection is used again.
struct HOOKWRIGHT_EXPORT EgressPolicy {
  bool allow_http = false;

  // Addresses that are not public, and names that usually mean such (one label, "localhost",
  // ".internal" ...). Cloud metadata services, multicast and the unspecified address stay
  // forbidden.
  bool allow_private_addresses = false;

  bool allow_ip_literals = false;  // "https://192.0.2.1/"; the address must be allowed as well

  // Any port. Otherwise 443, 80 for http, and those from 1024 up that no well-known service of
  // another kind uses.
  bool allow_any_port = false;

  // https to public addresses only. The default.
  [[nodiscard]] static EgressPolicy production();

  // All of it: http, loopback, private addresses, literals, any port. For a developer's own machine
  // and for tests; never for URLs that strangers choose.
  [[nodiscard]] static EgressPolicy development();

  [[nodiscard]] bool allows(const IpAddress& address) const;

  friend bool operator==(const EgressPolicy&, const EgressPolicy&) = default;
};

// Throws ConfigError("endpoint.url") saying which rule is broken. The rules are stricter than RFC
// 3986 on purpose, so that all parsers which may see the URL agree on its host and port: visible
// ASCII only (international names as A-labels), no user, no fragment, no escapes in the authority,
// no trailing dot, no dot segments, no encoded control characters, at most 2,048 bytes.
[[nodiscard]] HOOKWRIGHT_EXPORT Url parse_url(std::string_view text, const EgressPolicy& policy);

}  // namespace hookwright
