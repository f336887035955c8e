#pragma once

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/transports/curl.hpp"
#include "hookwright/transports/http1.hpp"
#include "support/receiver.hpp"
#include "support/scripted_resolver.hpp"

// What the transport's tests share: a transport whose names the test makes up, and ways to send.
namespace hookwright::testing {

using namespace std::chrono_literals;

inline SteadyTime in(Duration time) {
  return std::chrono::steady_clock::now() + time;
}

// How long to wait for what comes at once: no test ends by it, on a busy machine and under a
// sanitizer either.
inline constexpr Duration ample = 60s;

// An address of this machine whose ports no test that runs at the same time uses; 2 to 254.
inline std::string local(int n) {
  static const std::string own = [] {
    const unsigned drawn = std::random_device{}();
    return "127." + std::to_string(1 + drawn % 250) + '.' + std::to_string(drawn / 250 % 250) + '.';
  }();
  return own + std::to_string(n);
}

inline ReceiverOptions on_address(const std::string& address, std::uint16_t port = 0) {
  ReceiverOptions options;
  options.address = address;
  options.port = port;
  return options;
}

inline Request post(const std::string& url, std::string body = R"({"id":1})",
                    Duration deadline = ample) {
  Request request;
  request.url = parse_url(url, EgressPolicy::development());
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::make_shared<const std::string>(std::move(body));
  request.deadline = in(deadline);
  return request;
}

// Polls until so many have completed, and gives up in the end.
inline std::vector<Completion> poll_for(Transport& transport, std::size_t count) {
  std::vector<Completion> out;
  const SteadyTime patience = in(2 * ample);
  while (out.size() < count && std::chrono::steady_clock::now() < patience) {
    transport.poll(patience, out);
  }
  CHECK(out.size() == count);
  out.resize(count);
  return out;
}

// Sends one request and waits for its end.
inline Completion send(Transport& transport, Request request) {
  static RequestId id = 1000;
  transport.start(++id, std::move(request));
  const Completion completion = poll_for(transport, 1)[0];
  CHECK(completion.id == id);
  CAPTURE(completion.detail);
  CHECK((completion.fault == Fault::none) == (completion.status != 0));
  return completion;
}

// The tests that use make_transport() are run twice: on libcurl, and without it.
inline bool on_libcurl() {
  const char* const wanted = std::getenv("HOOKWRIGHT_TEST_TRANSPORT");
  return wanted == nullptr || std::string_view(wanted) != "http1";
}

inline std::unique_ptr<Transport> make_transport(CurlTransportOptions options) {
  return on_libcurl() ? make_curl_transport(std::move(options))
                      : make_http1_transport(std::move(options));
}

// A transport under the development policy; "hook.test" is 127.0.0.1.
struct Sender {
  explicit Sender(CurlTransportOptions options = {}) {
    resolver->set("hook.test", {"127.0.0.1"});
    options.egress = EgressPolicy::development();
    options.resolver = resolver;
    options.connect_max = ample;
    transport = make_transport(std::move(options));
  }

  Completion send(Request request) { return testing::send(*transport, std::move(request)); }

  std::shared_ptr<ScriptedResolver> resolver = std::make_shared<ScriptedResolver>();
  std::unique_ptr<Transport> transport{};
};

}  // namespace hookwright::testing
