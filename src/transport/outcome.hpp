#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "hookwright/fault.hpp"

namespace hookwright::transport {

// What libcurl's result means when no final header block has arrived. Not for transfers that we
// stopped ourselves.
Fault fault_of(CURLcode code);

// libcurl's words, fit for an operator: bounded, printable, and with the real address where libcurl
// speaks of the one that stood in for it.
std::string describe(CURLcode code, std::string_view error_text, std::string_view placeholder,
                     std::string_view address);

}  // namespace hookwright::transport
