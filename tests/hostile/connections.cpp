#include "hostile/scenario.hpp"

namespace hookwright::testing {
namespace {

const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n";
constexpr std::size_t large_body = 8'000'000;  // more than the buffers of a connection take

Scenario acts(std::string name, Expected expected, Reply reply) {
  return {.name = std::move(name), .expected = expected, .reply = std::move(reply)};
}

Scenario at_once(std::string name, Expected expected, OnAccept on_accept,
                 std::size_t body_bytes = 300) {
  return {.name = std::move(name),
          .expected = expected,
          .body_bytes = body_bytes,
          .on_accept = on_accept};
}

Scenario early(std::string name, Expected expected, Reply reply, std::size_t body_bytes) {
  return {.name = std::move(name),
          .expected = expected,
          .reply = std::move(reply),
          .early = true,
          .body_bytes = body_bytes};
}

}  // namespace

std::vector<Scenario> connections() {
  std::vector<Scenario> all;
  const std::string whole = answer(200, "ok").bytes;

  for (const auto& [word, then] : {std::pair("closed", Then::close), std::pair("cut", Then::cut),
                                   std::pair("reset", Then::reset)}) {
    const std::string name = word;
    all.push_back(acts(name + " after the request", dies_before_answer(), {"", then}));
    // No line of the answer has come, which is what libcurl can tell.
    all.push_back(acts(name + " within the status line", dies_before_answer(), {"HTTP/1", then}));
    all.push_back(
        acts(name + " after the status line", breaks(Fault::reset), {"HTTP/1.1 200 OK\r\n", then}));
    all.push_back(acts(name + " within the headers", breaks(Fault::reset), {head, then}));
    all.push_back(acts(name + " after an interim answer", breaks(Fault::reset),
                       {"HTTP/1.1 102 Wait\r\n\r\n", then}));
    all.push_back(acts(name + " after the headers", delivered(), {head + "\r\n", then}));
    all.push_back(acts(name + " within the body", delivered(), {head + "\r\nhalf", then}));
    all.push_back(acts(name + " after the answer", delivered(), {whole, then}));
    all.push_back(
        early(name + " before a large body", dies_before_answer(), {"", then}, large_body));
  }

  all.push_back(acts("never answers", times_out(), {"", Then::stall}));
  all.push_back(acts("stalls within the status line", times_out(), {"HTTP/1.1 2", Then::stall}));
  all.push_back(acts("stalls within the headers", times_out(), {head, Then::stall}));
  all.push_back(acts("stalls after the headers", delivered(), {head + "\r\n", Then::stall}));
  all.push_back(acts("stalls within the body", delivered(), {head + "\r\nhalf", Then::stall}));
  all.push_back(acts("drips the status line", times_out(), {"HTTP/1.1 200 O", Then::drip}));
  all.push_back(acts("drips a header", times_out(), {head + "X-A: ", Then::drip}));
  // What comes after the deadline is nobody's answer any more.
  all.push_back(acts(
      "answers too late", times_out(),
      {"", Then::drip,
       "HTTP/1.1 200 OK\r\nX-A: " + std::string(3'000, 'a') + "\r\nContent-Length: 2\r\n\r\nok"}));
  all.push_back(acts("drips the body", delivered(), {head + "\r\n", Then::drip}));
  all.push_back(early("takes the headers and no body", times_out(), {"", Then::stall}, large_body));
  all.push_back(early("answers before the body, and closes", answered(413),
                      {answer(413, "no", "Connection: close\r\n").bytes, Then::stall}, large_body));
  all.push_back(early("accepts before the body", delivered(202),
                      {answer(202, "", "Connection: close\r\n").bytes, Then::stall}, large_body));

  all.push_back(at_once("accepts and never reads", times_out(), OnAccept::stall));
  all.push_back(
      at_once("accepts and never reads a large body", times_out(), OnAccept::stall, large_body));
  all.push_back(at_once("reads a byte now and then", times_out(), OnAccept::sip, large_body));
  return all;
}

}  // namespace hookwright::testing
