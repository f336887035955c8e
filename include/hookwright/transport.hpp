#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hookwright/egress.hpp"
#include "hookwright/export.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/header.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// Names a request while it is under way; chosen by the caller, unique among those.
using RequestId = std::uint64_t;

// One POST, ready to go.
struct Request {
  Url url{};
  std::vector<Header> headers{};              // all of them but Host and Content-Length, checked
  std::shared_ptr<const std::string> body{};  // exactly these bytes are sent; never null
  SteadyTime deadline{};  // by then the answer's last header has arrived, or the request has failed
  bool slow = false;      // the endpoint timed out last time: let it hold up no other
  bool untried = false;   // nothing has been heard from the endpoint yet: it may hang as well
};

// How one request ended. `address` and `detail` are for the operator only.
struct Completion {
  RequestId id = 0;
  Fault fault = Fault::none;
  int status = 0;             // of the final header block; 0 if none arrived
  std::string retry_after{};  // that header's value as received, at most 128 bytes; empty if absent
  std::string body{};         // the first bytes of the answer's body, as received; 4 KiB are kept
  Duration elapsed{};         // from start() to here
  std::string address{};      // the numeric address that the request went to, empty if to none
  std::string detail{};       // what happened in words, at most 256 bytes, without secrets
  std::size_t sends = 1;      // POSTs begun: 0 if none, 2 where a kept connection turned out dead
};

// Sends requests, asynchronously and bounded in every direction. hookwright comes with one on
// libcurl (`make_curl_transport`), and one that speaks HTTP/1.1 by itself (`make_http1_transport`);
// replace it for tests, or to send by other means, and run testing/transport_contract.hpp on yours.
//
// Threads: one transport serves one thread, which makes every call but wake(); wake() may come from
// any, until the destructor runs.
// Ownership: the transport owns a request from start() to its completion. The dispatcher owns the
// transport, and may destroy it while requests are under way: they end without a completion.
// Errors: never thrown from start() or poll(); each request ends in exactly one completion,
// whatever happens. A fault means that no usable answer came; a status means that one did, by the
// deadline, whatever became of its body afterwards. What start() throws all the same is taken as
// Fault::local and counted (Metrics::plugin_errors).
// Time and re-entrancy: deadlines are steady time. poll() is the only call that waits; it must
// return within about a millisecond of `until`, of wake(), or of the first completion. No call may
// call back into the dispatcher.
// What hookwright promises: how many requests are under way, in all and to one endpoint or host, is
// bounded by it, so a request that is handed over starts at once; ids are not reused while under
// way; start() is never called from poll().
class HOOKWRIGHT_EXPORT Transport {
 public:
  virtual ~Transport();

  // Takes a request. It goes out exactly once, to an address that the egress policy allows, and
  // follows no redirect. `Completion::sends` counts the one exception: a re-send where a kept
  // connection had died before a line of the answer. One whose deadline has passed already is a
  // Fault::timeout.
  //
  // The policy is the one that TransportFactory got; keeping to it is the transport's part, since
  // only it sees addresses. Ask EgressPolicy::allows() of the address that the socket goes to, and
  // not of another answer for the same name; give it this host's own addresses, which nobody else
  // knows. What the policy forbids is a Fault::blocked.
  virtual void start(RequestId id, Request&& request) = 0;

  // Moves requests on until one completes, `until` passes or wake() is called; appends what
  // completed to `out`, in any order. With an `until` that has passed it takes what is there.
  virtual void poll(SteadyTime until, std::vector<Completion>& out) = 0;

  // Ends a request; its completion (Fault::cancelled, or what had happened already) comes from the
  // next poll(). Does nothing for an id that is not under way.
  virtual void cancel(RequestId id) = 0;

  // Makes the current or the next poll() return early. Several wakes may become one.
  virtual void wake() = 0;
};

}  // namespace hookwright
