#pragma once

#include <memory>

#include "hookwright/export.hpp"
#include "hookwright/transport.hpp"
#include "hookwright/transports/curl.hpp"

namespace hookwright {

// A transport that speaks HTTP/1.1 by itself, over plain sockets and OpenSSL: for hosts that send
// thousands of events a second.
[[nodiscard]] HOOKWRIGHT_EXPORT std::unique_ptr<Transport> make_http1_transport(
    CurlTransportOptions options = {});

}  // namespace hookwright
