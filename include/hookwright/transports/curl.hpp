#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "hookwright/egress.hpp"
#include "hookwright/export.hpp"
#include "hookwright/resolver.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"

namespace hookwright {

struct CurlTransportOptions {
  // Where requests may go. Fixed for the transport's life, so that no kept connection can outlive a
  // change of mind: make a new transport for a new policy. Unless it allows this host, the
  // addresses of this host's interfaces are asked for every few seconds, and what was opened before
  // they changed is not used again.
  EgressPolicy egress = EgressPolicy::production();

  // Shared with other transports, so that they share one cache and one pool of threads. Null: one
  // of its own, make_system_resolver().
  std::shared_ptr<Resolver> resolver{};

  // Trusted certificates, a PEM file. Empty: the system's. There is no way to switch verification
  // off; to test with a private authority, name its certificate here.
  std::string ca_file{};

  // Connections kept open for later requests, 1 to 100,000; lowered to half of the process's
  // limit on open files. More active endpoints than this cost a new connection per request.
  // From 512 on they are kept in pools of a few hundred, each for its share of the endpoints, and
  // one pool may be full a little before the others.
  std::size_t connections_max = 1'000;
  Duration idle_max{30'000};    // then a kept connection is not used again
  Duration connect_max{3'000};  // TCP and TLS together; never more than half of the time left
  // For the body, from the answer's last header on, a second more or less; what is missing then is
  // not waited for. The answer counts by its headers, and a slot is not held for the rest.
  Duration body_max{1'000};
  std::size_t response_header_bytes_max = 64 * 1024;
  std::size_t response_header_lines_max = 200;
  std::size_t response_body_bytes_max = 64 * 1024;  // more is not read; the connection is closed
  std::size_t excerpt_bytes_max = 4 * 1024;         // of the body, for Completion::body

  // HTTP/2 with endpoints that offer it (ALPN); else it is never offered. HTTP/1.1 is faster for
  // this work and has fewer surprises, which is why it is the default and HTTP/2 is for receivers
  // one knows: a stream that is refused (REFUSED_STREAM, HTTP_1_1_REQUIRED) is sent once more and
  // counted; an answer that arrives together with the end of its stream or connection may be lost,
  // and the attempt counts as failed; and libcurl takes whatever a connection is flooded with in
  // one go, which can hold up a thread's other requests for a second or more.
  bool http2 = false;
};

// A transport on libcurl (7.68 or newer): HTTP/1.1 over kept connections, TLS 1.2 at least and
// verified, no redirects, no proxy, nothing from the environment, no decompression, every dimension
// of an answer bounded. Names are resolved by `resolver`, never by libcurl, and each connection
// goes to an address that was vetted. Slow endpoints are kept apart from the others. One per
// thread; a process may have several. The first one initialises libcurl, which before 7.84 must
// happen while no other thread uses it. Before 7.87 libcurl's OpenSSL may raise SIGPIPE in the
// thread that drives it: block it there (a dispatcher's own threads do). Throws ConfigError
// ("transport.ca_file" ...) for options that cannot work and for a libcurl that is unfit: it has no
// IPv6 or TLS, or known bugs.
//
// A dispatcher takes it when Options::transport is empty, with the defaults above and one resolver
// for all delivery threads. To change something:
//
//   CurlTransportOptions mine{.resolver = make_system_resolver(), .ca_file = "authority.pem"};
//   options.transport = [mine](const EgressPolicy& egress) mutable {
//     mine.egress = egress;
//     return make_curl_transport(mine);
//   };
[[nodiscard]] HOOKWRIGHT_EXPORT std::unique_ptr<Transport> make_curl_transport(
    CurlTransportOptions options = {});

}  // namespace hookwright
