#pragma once

#include <stdexcept>
#include <string>

#include "hookwright/address.hpp"

inline hookwright::IpAddress address(const std::string& text) {
  const auto parsed = hookwright::IpAddress::parse(text);
  if (!parsed) throw std::invalid_argument("not an IP address: " + text);
  return *parsed;
}
