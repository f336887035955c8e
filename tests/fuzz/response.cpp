// Answers: bytes of a receiver, through a real socket and the real libcurl, into our callbacks.

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "hookwright/transports/curl.hpp"
#include "support/receiver.hpp"
#include "support/scripted_resolver.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Gone before the process is, with their threads, since those own memory of OpenSSL's.
  static std::string bytes;
  static const std::unique_ptr<testing::Receiver> receiver = [] {
    testing::ReceiverOptions options;
    options.reply = [](const testing::Received&) {
      return testing::Reply{bytes, testing::Reply::Then::close};
    };
    options.keep_requests = false;
    return std::make_unique<testing::Receiver>(std::move(options));
  }();
  static const std::unique_ptr<Transport> transport = [] {
    CurlTransportOptions options;
    options.egress = EgressPolicy::development();
    options.resolver = std::make_shared<testing::ScriptedResolver>();
    return make_curl_transport(std::move(options));
  }();
  static RequestId id = 0;

  bytes = std::string(fuzz::text(data, size));
  Request request;
  request.url = parse_url(receiver->url(), EgressPolicy::development());
  request.body = std::make_shared<const std::string>("{}");
  const SteadyTime now = std::chrono::steady_clock::now();
  request.deadline = now + std::chrono::seconds(2);
  transport->start(++id, std::move(request));
  std::vector<Completion> out;
  while (out.empty() && std::chrono::steady_clock::now() < now + std::chrono::seconds(10)) {
    transport->poll(now + std::chrono::seconds(10), out);
  }
  fuzz::require(out.size() == 1 && out[0].id == id, "a request ends once");
  fuzz::require((out[0].fault == Fault::none) == (out[0].status != 0), "a status or a fault");
  fuzz::require(out[0].status == 0 || (out[0].status >= 200 && out[0].status <= 999),
                "a status is final");
  fuzz::require(
      out[0].body.size() <= 4096 && out[0].retry_after.size() <= 128 && out[0].detail.size() <= 256,
      "all is bounded");
  fuzz::require(out[0].sends <= 2, "at most one POST and one more");
  fuzz::require(!is_ours(out[0].fault), "an answer is no fault of ours");
  return 0;
}
