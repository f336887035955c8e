#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "hookwright/egress.hpp"
#include "hookwright/export.hpp"
#include "hookwright/header.hpp"
#include "hookwright/testing/contract_violation.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"

namespace hookwright::testing {

// What awaits a request at a URL. A real transport needs a small HTTP server on loopback, with a
// path for each, and a port on which nobody listens; a simulated one pretends.
enum class Peer : std::uint8_t {
  echoes,     // 200, and the request's body as the answer's
  busy,       // 503, "Retry-After: 120"
  redirects,  // 307 to the URL of `echoes`
  gushes,     // 200, then a body without end
  breaks,     // 200 and "Content-Length: 100", then the connection breaks
  hangs,      // takes the request and never answers
  hangs_up,   // takes the request and closes the connection
  refuses,    // nobody listens
};

// Gives the suite transports of the kind that is to be held to the contract, and their peers.
// Derive from it; the suite uses one object for all its cases, from one thread.
class HOOKWRIGHT_EXPORT TransportUnderTest {
 public:
  virtual ~TransportUnderTest();

  // A new transport whose egress policy allows the peers.
  virtual std::unique_ptr<Transport> make() = 0;

  // Where this peer is, as parse_url() makes it.
  virtual Url url(Peer peer) = 0;

  // How many requests have reached this peer so far, from all transports.
  virtual std::size_t received(Peer peer) = 0;

  // The headers of the last one, in the spelling in which they arrived.
  virtual std::vector<Header> last_headers(Peer peer) = 0;

  // The time that deadlines are measured by. The default is the system's steady clock.
  virtual SteadyTime now();
};

// One promise of `hookwright/transport.hpp`, and what proves it.
struct TransportCase {
  std::string_view name{};
  void (*run)(TransportUnderTest&) = nullptr;
};

// Every case. No framework is needed; with Catch2 it reads
//
//   for (const TransportCase& one : transport_contract()) {
//     DYNAMIC_SECTION(one.name) { one.run(mine); }
//   }
//
// A case throws ContractViolation where the transport breaks a promise. It makes the transports it
// needs and takes less than a second. What the suite cannot see is left to the transport's own
// tests: TLS, addresses, what is on the wire.
[[nodiscard]] HOOKWRIGHT_EXPORT std::span<const TransportCase> transport_contract();

}  // namespace hookwright::testing
