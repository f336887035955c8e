#pragma once

#include <memory>

#include "hookwright/export.hpp"
#include "hookwright/transport.hpp"
#include "hookwright/transports/curl.hpp"

namespace hookwright {

// A transport that speaks HTTP/1.1 by itself, over sockets and OpenSSL: for hosts that send
// thousands of events a second. What a delivery costs the processor falls to about half, and does
// not depend on how many endpoints have a connection. It takes the options of the one on libcurl,
// keeps the same promises, and is held to the same tests; ConfigError("transport.http2") if they
// ask for HTTP/2, which only that one speaks.
//
// It differs from it where libcurl has reasons of its own, or versions of it differ (all Ours):
//   - Connections to slow endpoints, and to those that had not been heard from, are kept as well.
//   - An answer with two lengths, an encoding other than chunked, a header without a name or a
//     control character in one is a Fault::protocol; so is what is neither HTTP/1.0 nor HTTP/1.1.
//   - A connection carries another request only after an answer that left no doubt where it ended.
//   - A receiver that wants to renegotiate TLS is refused.
//
// On Linux it waits by epoll, elsewhere by libcurl's poll, which costs more the more connections
// are kept. One per thread; a process may have several. To use it:
//
//   options.transport = [resolver = make_system_resolver()](const EgressPolicy& egress) {
//     return make_http1_transport({.egress = egress, .resolver = resolver});
//   };
[[nodiscard]] HOOKWRIGHT_EXPORT std::unique_ptr<Transport> make_http1_transport(
    CurlTransportOptions options = {});

}  // namespace hookwright
