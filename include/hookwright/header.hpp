#pragma once

#include <string>
#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

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

// Throws ConfigError ("endpoint.headers[...]") unless an endpoint may carry this header:
// well-formed, and none of those that hookwright or HTTP itself sets (Host, Content-*, Connection,
// Transfer-Encoding, webhook-*, the product's own ...).
HOOKWRIGHT_EXPORT void check_custom_header(const Header& header);

}  // namespace hookwright
