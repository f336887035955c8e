#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"
#include "model/ascii.hpp"

namespace hookwright {
namespace {

constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

// Names that stay inside a host, a site or a test, whatever resolves them.
constexpr std::array<std::string_view, 15> inner_suffixes = {
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan",     ".home", ".corp",
    ".private",   ".arpa",  ".svc",         ".test",     ".invalid",  ".example", ".onion"};

// Ports from 1024 up where other services listen: the fetch standard's bad ports, then databases,
// caches and the doors of cluster managers.
constexpr std::array<std::uint16_t, 37> service_ports = {
    1719, 1720, 1723, 2049, 3659, 4045,  4190,  5060,  5061,  6000,  6566, 6665, 6666,
    6667, 6668, 6669, 6679, 6697, 10080, 2375,  2376,  2379,  2380,  3306, 3389, 5432,
    5984, 6379, 6443, 8500, 9200, 9300,  11211, 27017, 27018, 27019, 50070};

// What an error may show: neither a path nor a query, which often hold tokens, nor a password.
std::string url_origin_of(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(text.find_first_of("/?#\\", authority), text.size());
  std::string result(text.substr(0, end));
  if (result.find('@') != std::string::npos) return {};
  const std::string_view rest = text.substr(end);
  if (rest == "/") {
    result += rest;
  } else if (!rest.empty()) {
    result += "/...";
  }
  return result;
}

[[noreturn]] void refuse_url(std::string_view rule, std::string_view text) {
  throw ConfigError("endpoint.url", rule, url_origin_of(text));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool consists_of_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

// The value of two hexadecimal digits behind a '%'.
std::optional<unsigned> escaped_byte(std::string_view digits) {
  unsigned value = 0;
  if (digits.size() < 2) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (error != std::errc{} || end != digits.data() + 2) return std::nullopt;
  return value;
}

void check_bytes(std::string_view text) {
  if (text.empty()) refuse_url("must not be empty", text);
  if (text.size() > url_bytes_max) refuse_url("must have at most 2,048 bytes", text);
  for (const char c : text) {
    if (c < 0x21 || c > 0x7E) {
      refuse_url("must consist of visible ASCII (international names in their xn-- form)", text);
    }
    if (std::string_view("\\\"<>^`{|}").find(c) != std::string_view::npos) {
      refuse_url("must not contain any of \\ \" < > ^ ` { | }", text);
    }
    if (c == '#') refuse_url("must not contain a fragment (#)", text);
  }
}

// Takes "https://" or "http://" off the front; true for https.
bool take_scheme(std::string_view& rest, std::string_view text, const EgressPolicy& policy) {
  const std::size_t end = rest.find("://");
  const std::string scheme = ascii_lower(rest.substr(0, end == std::string_view::npos ? 0 : end));
  if (scheme != "https" && scheme != "http") refuse_url("must begin with https://", text);
  if (scheme == "http" && !policy.allow_http) refuse_url("must use https", text);
  rest.remove_prefix(end + 3);
  return scheme == "https";
}

std::uint16_t parse_port(std::string_view digits, std::string_view text) {
  unsigned value = 0;
  if (digits.empty() || digits.size() > 5 || digits[0] == '0' || !consists_of_digits(digits)) {
    refuse_url("must have a port between 1 and 65535, or none", text);
  }
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (value > 65535) refuse_url("must have a port between 1 and 65535, or none", text);
  return static_cast<std::uint16_t>(value);
}

void check_port(const Url& url, std::string_view text, const EgressPolicy& policy) {
  if (policy.allow_any_port) return;
  const auto is_in = [&url](const auto& ports) {
    return std::find(ports.begin(), ports.end(), url.port) != ports.end();
  };
  if (!policy.ports.empty()) {
    if (!is_in(policy.ports)) refuse_url("must have a port that the egress policy names", text);
    return;
  }
  if (url.port == (url.tls ? 443 : 80)) return;
  if (url.port < 1024 || is_in(service_ports)) {
    refuse_url("must not use a port of another service", text);
  }
}

std::string check_literal(const IpAddress& address, std::string_view text,
                          const EgressPolicy& policy) {
  if (!policy.allow_ip_literals) refuse_url("must have a host name, not an address", text);
  if (!policy.allows(address)) refuse_url("must have a public address", text);
  return address.text();
}

void check_host_label(std::string_view label, std::string_view text) {
  if (label.empty())
    refuse_url("must have a host name without empty labels or a trailing dot", text);
  if (label.size() > label_bytes_max) refuse_url("must have labels of at most 63 bytes", text);
  if (label.front() == '-' || label.back() == '-') {
    refuse_url("must have a host name whose labels neither begin nor end with a hyphen", text);
  }
  for (const char c : label) {
    if (!is_digit(c) && c != '-' && !(c >= 'a' && c <= 'z')) {
      refuse_url("must have a host name of letters, digits and hyphens", text);
    }
  }
}

// `name` is in lower case.
void check_name(std::string_view name, std::string_view text, const EgressPolicy& policy) {
  if (name.empty()) refuse_url("must have a host", text);
  if (name.size() > host_bytes_max) refuse_url("must have a host of at most 253 bytes", text);
  std::string_view rest = name;
  for (;;) {
    const std::size_t dot = rest.find('.');
    check_host_label(rest.substr(0, dot), text);
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // Where anything inside may be reached, the addresses alone decide.
  if (policy.allow_private_addresses || policy.allow_this_host || !policy.allow.empty()) return;
  if (name.find('.') == std::string_view::npos) {
    refuse_url("must have a host name of at least two labels", text);
  }
  for (const std::string_view suffix : inner_suffixes) {
    if (name.ends_with(suffix)) refuse_url("must have a public host name", text);
  }
}

// A last label that any parser might read as a number makes the whole host an IPv4 address, and
// then there is one way only to write it.
bool looks_like_v4(std::string_view host) {
  std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  if (last.empty() && !host.empty()) {
    host.remove_suffix(1);
    last = host.substr(host.rfind('.') + 1);
  }
  return !last.empty() && (consists_of_digits(last) || last.starts_with("0x"));
}

std::string check_host(std::string_view host, std::string_view text, const EgressPolicy& policy) {
  if (host.starts_with('[')) {
    const auto address = IpAddress::parse(host.substr(1, host.size() - 2));
    if (!address || !address->is_v6())
      refuse_url("must have a valid IPv6 address in brackets", text);
    return check_literal(*address, text, policy);
  }
  std::string name = ascii_lower(host);
  if (looks_like_v4(name)) {
    const auto address = IpAddress::parse(name);
    if (!address) refuse_url("must have a host name, or an IPv4 address as four numbers", text);
    return check_literal(*address, text, policy);
  }
  check_name(name, text, policy);
  return name;
}

void check_authority(std::string_view authority, std::string_view text, const EgressPolicy& policy,
                     Url& url) {
  if (authority.empty()) refuse_url("must have a host", text);
  if (authority.find('@') != std::string_view::npos) {
    refuse_url("must not contain a user name or password", text);
  }
  if (authority.find('%') != std::string_view::npos) {
    refuse_url("must not contain an escape (%) in its host", text);
  }
  std::size_t host_end = authority.find(':');
  if (authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) {
      refuse_url("must have a valid IPv6 address in brackets", text);
    }
    host_end = bracket + 1;
  }
  const std::string_view host = authority.substr(0, host_end);
  const std::string_view port = authority.substr(host.size());
  if (!port.empty() && port.front() != ':') {
    refuse_url("must have a port between 1 and 65535, or none", text);
  }
  url.port = port.empty() ? (url.tls ? 443 : 80) : parse_port(port.substr(1), text);
  url.host = check_host(host, text, policy);
  check_port(url, text, policy);
}

bool is_dot_segment(std::string_view segment) {
  std::size_t dots = 0;
  while (!segment.empty()) {
    const bool escaped = ascii_lower(segment.substr(0, 3)) == "%2e";
    if (!escaped && segment.front() != '.') return false;
    segment.remove_prefix(escaped ? 3 : 1);
    ++dots;
  }
  return dots == 1 || dots == 2;
}

void check_target(std::string_view target, std::string_view text) {
  for (std::size_t i = target.find('%'); i != std::string_view::npos; i = target.find('%', i + 1)) {
    const auto byte = escaped_byte(target.substr(i + 1));
    if (!byte) refuse_url("must have two hexadecimal digits after each %", text);
    if (*byte < 0x20 || *byte == 0x7F)
      refuse_url("must not contain an escaped control character", text);
  }
  std::string_view path = target.substr(0, target.find('?'));
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (is_dot_segment(segment)) refuse_url("must not contain the path segments . or ..", text);
    path.remove_prefix(segment.size());
  }
}

std::string origin(const Url& url) {
  std::string text = url.tls ? "https://" : "http://";
  const bool v6 = url.host.find(':') != std::string::npos;
  if (v6) text += '[';
  text += url.host;
  if (v6) text += ']';
  if (url.port != (url.tls ? 443 : 80)) text.append(":").append(std::to_string(url.port));
  return text;
}

}  // namespace

std::string Url::redacted() const {
  return origin(*this);
}

Url parse_url(std::string_view text, const EgressPolicy& policy) {
  check_bytes(text);
  std::string_view rest = text;
  Url url;
  url.tls = take_scheme(rest, text, policy);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  check_authority(authority, text, policy, url);

  const std::string_view target = rest.substr(authority.size());
  if (!target.starts_with('/')) url.target = '/';
  url.target += target;
  check_target(url.target, text);
  url.text = origin(url) + url.target;
  return url;
}

}  // namespace hookwright
