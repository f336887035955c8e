#include "hookwright/egress.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "hookwright/error.hpp"
#include "policy/address_kind.hpp"
#include "policy/embedded.hpp"

namespace hookwright {
namespace {

using Ranges = std::vector<AddressRange>;

bool is_in(const Ranges& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

// The IPv4 address that decides in place of this one: because it is the same (::ffff:0:0/96), or
// because the policy knows who translates it.
std::optional<IpAddress> stands_for(const EgressPolicy& policy, const IpAddress& address) {
  static const AddressRange well_known("64:ff9b::/96");
  if (const auto v4 = policy::mapped(address)) return v4;
  if (policy.allow_dns64 && well_known.contains(address)) {
    return policy::behind_nat64(address, well_known.prefix());
  }
  for (const AddressRange& range : policy.nat64) {
    if (range.contains(address)) return policy::behind_nat64(address, range.prefix());
  }
  return std::nullopt;
}

// Whether this holds for the address or for an IPv4 address inside it.
template <class Predicate>
bool any_form(const IpAddress& address, Predicate holds) {
  const policy::Embedded inside = policy::embedded(address);
  return holds(address) || std::any_of(inside.begin(), inside.end(), holds);
}

void check_ranges(const Ranges& ranges, std::string_view field) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (std::find(ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(i), ranges[i]) !=
        ranges.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw ConfigError(field, "names a range twice", ranges[i].text());
    }
  }
}

void check_allowed(const EgressPolicy& policy, const AddressRange& range) {
  const auto refuse = [&](std::string_view rule) {
    throw ConfigError("egress.allow", rule, range.text());
  };
  if (policy::lies_within(range, AddressKind::forbidden)) {
    refuse("cannot open link-local, metadata, multicast or unspecified addresses");
  }
  if (policy::lies_within(range, AddressKind::loopback) && !policy.allow_this_host) {
    refuse("cannot open loopback, which allow_this_host does");
  }
  if (std::any_of(policy.deny.begin(), policy.deny.end(),
                  [&](const AddressRange& denied) { return denied.contains(range); })) {
    refuse("is denied as a whole");
  }
}

void check_ports(const std::vector<std::uint16_t>& ports) {
  for (auto port = ports.begin(); port != ports.end(); ++port) {
    if (*port == 0) throw ConfigError("egress.ports", "must be between 1 and 65535", "0");
    if (std::find(ports.begin(), port, *port) != port) {
      throw ConfigError("egress.ports", "names a port twice", std::to_string(*port));
    }
  }
}

}  // namespace

EgressPolicy EgressPolicy::production() {
  return {};
}

EgressPolicy EgressPolicy::development() {
  EgressPolicy policy;
  policy.allow_http = true;
  policy.allow_private_addresses = true;
  policy.allow_this_host = true;
  policy.allow_ip_literals = true;
  policy.allow_any_port = true;
  return policy;
}

bool EgressPolicy::allows(const IpAddress& address, std::span<const IpAddress> own) const {
  if (const auto v4 = stands_for(*this, address)) {
    return !is_in(deny, address) && allows(*v4, own);
  }
  const AddressKind kind = classify(address);
  if (kind == AddressKind::forbidden) return false;
  const auto is_denied = [&](const IpAddress& form) { return is_in(deny, form); };
  if (any_form(address, is_denied)) return false;
  const auto is_ours = [&](const IpAddress& form) {
    return std::any_of(own.begin(), own.end(), [&](const IpAddress& each) {
      return each == form || policy::mapped(each) == form;
    });
  };
  if (kind == AddressKind::loopback || any_form(address, is_ours)) return allow_this_host;
  return kind == AddressKind::global || allow_private_addresses || is_in(allow, address);
}

void check(const EgressPolicy& policy) {
  check_ranges(policy.allow, "egress.allow");
  check_ranges(policy.deny, "egress.deny");
  check_ranges(policy.nat64, "egress.nat64");
  for (const AddressRange& range : policy.allow) check_allowed(policy, range);
  for (const AddressRange& range : policy.nat64) {
    if (!range.first().is_v6() || !policy::is_nat64_length(range.prefix())) {
      throw ConfigError("egress.nat64", "must be IPv6 with a prefix of 32, 40, 48, 56, 64 or 96",
                        range.text());
    }
  }
  check_ports(policy.ports);
}

}  // namespace hookwright
