#pragma once

#include <cstddef>

#include "hookwright/transports/curl.hpp"
#include "transport/response.hpp"

namespace hookwright::transport {

// Throws ConfigError ("transport.idle_max" ...) for what cannot work.
void check(const CurlTransportOptions& options);

[[nodiscard]] ResponseLimits limits_of(const CurlTransportOptions& options);

// As many as the options say, and the limit on open files has room for.
[[nodiscard]] std::size_t connections_kept_max(const CurlTransportOptions& options);

// Makes room for all connections at once: see reserve_descriptors().
void reserve_descriptors_for(const CurlTransportOptions& options);

}  // namespace hookwright::transport
