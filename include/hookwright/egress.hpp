#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// A URL in canonical form: lower-case scheme and host, the default port dropped, at least "/" for a
// path.
struct Url {
  std::string text{};  // "https://example.com/hook?x=1"
  bool tls = true;     // https
  std::string host{};  // without brackets
  std::uint16_t port = 443;
  std::string target{};  // path and query, for example "/hook?x=1"

  // For logs and errors: scheme and host only, since paths and queries often hold tokens.
  [[nodiscard]] std::string redacted() const;
};

// Where requests may go.
struct EgressPolicy {
  bool allow_http = false;
  bool allow_private_addresses = false;
  bool allow_ip_literals = false;

  // https to public addresses only. The default.
  [[nodiscard]] HOOKWRIGHT_EXPORT static EgressPolicy production();
  // Loopback and http as well. Never for URLs that strangers choose.
  [[nodiscard]] HOOKWRIGHT_EXPORT static EgressPolicy development();
};

// Throws ConfigError("endpoint.url") saying which rule is broken.
[[nodiscard]] HOOKWRIGHT_EXPORT Url parse_url(std::string_view text, const EgressPolicy& policy);

}  // namespace hookwright
