#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

struct WireFormat;

// One HTTP header field of a request.
struct Header {
  std::string name{};
  std::string value{};
  friend bool operator==(const Header&, const Header&) = default;
};

// RFC 9110 token, 1 to 64 bytes.
[[nodiscard]] HOOKWRIGHT_EXPORT bool valid_header_name(std::string_view name);

// Visible ASCII, blanks and tabs inside only, 1 to 1,024 bytes: nothing that could start another
// header on the wire.
[[nodiscard]] HOOKWRIGHT_EXPORT bool valid_header_value(std::string_view value);

// Throws ConfigError ("endpoint.headers[<name>]") unless an endpoint whose profile has this wire
// format may carry the header. It must be well-formed and none of those that
//   - frame or route the request: Host, Content-*, Transfer-Encoding, Connection, TE, Trailer,
//     Upgrade, Expect, Keep-Alive, Proxy-*, Via, Forwarded, X-Forwarded-*, X-Real-IP, Accept,
//     Accept-Encoding, Date, User-Agent;
//   - carry credentials: Authorization, Cookie. A custom header is stored and shown with the
//     endpoint in the clear, which a password must not be. (Ours.)
//   - a receiver trusts: every webhook-*, and those that the wire format names.
// Names are compared without regard to case. The value is never part of the message.
HOOKWRIGHT_EXPORT void check_custom_header(const Header& header, const WireFormat& wire);

// The same for all headers of an endpoint, and for them together: 20 at most, no name twice, 8 KiB
// of names and values at most (Ours).
HOOKWRIGHT_EXPORT void check_custom_headers(std::span<const Header> headers,
                                            const WireFormat& wire);

}  // namespace hookwright
