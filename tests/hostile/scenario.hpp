#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hookwright/retry.hpp"
#include "hookwright/transport.hpp"
#include "support/receiver.hpp"

// What receivers do to senders, and what a sender must make of it: the list of faults that the
// tests in this folder play, one after the other, all at once, fresh and on kept connections.
namespace hookwright::testing {

using Then = Reply::Then;

// What a completion must say. One table for all, so that a reader can judge it as a whole.
struct Expected {
  Fault fault = Fault::none;
  int status = 0;
  Decision decision = Decision::retry;
  // POSTs begun where the connection is fresh, and where it was kept: a kept one that dies before
  // the answer begins is replaced, once.
  std::size_t sends = 1;
  std::size_t sends_kept = 1;
  // Where libcurl's versions, and the transport without it, differ over what to take: this is as
  // good.
  std::optional<Fault> or_fault{};
};

struct Scenario {
  std::string name{};
  Expected expected{};
  Reply reply{};       // to the whole request
  bool early = false;  // the reply comes once the headers are there, the body is not read
  std::size_t body_bytes = 300;
  OnAccept on_accept = OnAccept::serve;  // anything else has no meaning on a kept connection
};

// The endings that an Expected can have. A table reads better with words.
Expected delivered(int status = 200);
Expected answered(int status);  // and not delivered
Expected times_out();           // sent, and no answer by the deadline
Expected delivered_or_protocol();
Expected protocol_or_timeout();
Expected delivered_or_reset();
Expected timeout_or_reset();
Expected breaks(Fault fault);   // once the answer has begun
Expected dies_before_answer();  // reset; a kept connection is replaced

// Over plain connections and over TLS.
std::vector<Scenario> answers();      // answers.cpp: what is said
std::vector<Scenario> connections();  // connections.cpp: how the connection behaves
std::string repeated(const std::string& text, std::size_t times);

}  // namespace hookwright::testing
