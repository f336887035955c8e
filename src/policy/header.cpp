#include "policy/header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "hookwright/error.hpp"
#include "hookwright/header.hpp"
#include "hookwright/profile.hpp"
#include "model/ascii.hpp"

namespace hookwright {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t value_bytes_max = 1024;
constexpr std::size_t custom_headers_max = 20;
constexpr std::size_t custom_bytes_max = 8 * 1024;

// Lower case. Two framing headers that contradict each other reach the wire as they stand, so none
// of them may come from an endpoint.
constexpr std::array<std::string_view, 19> reserved_names = {"accept",
                                                             "accept-encoding",
                                                             "authorization",
                                                             "connection",
                                                             "cookie",
                                                             "date",
                                                             "expect",
                                                             "forwarded",
                                                             "host",
                                                             "http2-settings",
                                                             "keep-alive",
                                                             "set-cookie",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "user-agent",
                                                             "via",
                                                             "x-real-ip"};
constexpr std::array<std::string_view, 3> reserved_prefixes = {"content-", "proxy-",
                                                               "x-forwarded-"};

bool token_character(char c) {
  const char l = ascii_lower(c);
  if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool set_by(const WireFormat& wire, std::string_view name) {
  const std::array<std::string_view, 5> ours = {wire.signature_header, wire.event_header,
                                                wire.delivery_header, wire.id_header,
                                                wire.timestamp_header};
  return std::any_of(ours.begin(), ours.end(), [name](std::string_view header) {
    return policy::same_header_name(header, name);
  });
}

}  // namespace

namespace policy {

bool same_header_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return ascii_lower(left) == ascii_lower(right); });
}

bool header_name_starts_with(std::string_view name, std::string_view prefix) {
  return same_header_name(name.substr(0, prefix.size()), prefix);
}

bool reserved_header(std::string_view name) {
  return std::any_of(reserved_names.begin(), reserved_names.end(),
                     [name](std::string_view r) { return same_header_name(name, r); }) ||
         std::any_of(reserved_prefixes.begin(), reserved_prefixes.end(),
                     [name](std::string_view r) { return header_name_starts_with(name, r); });
}

}  // namespace policy

bool valid_header_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         std::all_of(name.begin(), name.end(), token_character);
}

bool valid_header_value(std::string_view value) {
  if (value.empty() || value.size() > value_bytes_max) return false;
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  if (blank(value.front()) || blank(value.back())) return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c == '\t' || (c >= 0x20 && c <= 0x7E); });
}

void check_custom_header(const Header& header, const WireFormat& wire) {
  if (!valid_header_name(header.name)) {
    throw ConfigError("endpoint.headers", "a name must be an HTTP token of 1 to 64 bytes",
                      header.name);
  }
  const std::string field = "endpoint.headers[" + header.name + "]";
  if (!valid_header_value(header.value)) {
    throw ConfigError(field,
                      "the value must be 1 to 1,024 bytes of visible ASCII, with blanks inside "
                      "only");
  }
  if (policy::reserved_header(header.name)) {
    throw ConfigError(field, "an endpoint may not set this header");
  }
  if (policy::header_name_starts_with(header.name, "webhook-") || set_by(wire, header.name)) {
    throw ConfigError(field, "this header is set by the endpoint's profile");
  }
}

void check_custom_headers(std::span<const Header> headers, const WireFormat& wire) {
  if (headers.size() > custom_headers_max) {
    throw ConfigError("endpoint.headers", "must be 20 at most", std::to_string(headers.size()));
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    check_custom_header(headers[i], wire);
    for (const Header& earlier : headers.first(i)) {
      if (policy::same_header_name(earlier.name, headers[i].name)) {
        throw ConfigError("endpoint.headers[" + headers[i].name + "]", "is given twice");
      }
    }
    bytes += headers[i].name.size() + headers[i].value.size();
  }
  if (bytes > custom_bytes_max) {
    throw ConfigError("endpoint.headers", "must be 8,192 bytes at most, names and values together",
                      std::to_string(bytes));
  }
}

}  // namespace hookwright
