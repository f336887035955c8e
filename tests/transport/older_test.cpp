// The ways of older versions of libcurl, and of other TLS libraries, gone with this one.

#include <memory>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "support/certificates.hpp"
#include "transport/curl_transport.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

// A libcurl that doesn't ask before requests, whose socket callbacks aren't to be trusted and whose
// TLS library isn't ours.
struct OlderSender {
  explicit OlderSender(const std::string& ca_file = {}) {
    transport::Library older = transport::library();
    older.asks_before_requests = false;
    older.sockets_are_tracked = false;
    older.openssl_is_ours = false;
    older.needs_session_share = true;
    resolver->set("hook.test", {"127.0.0.1"});
    CurlTransportOptions options;
    options.egress = EgressPolicy::development();
    options.resolver = resolver;
    options.ca_file = ca_file;
    transport = std::make_unique<transport::CurlTransport>(options, older);
  }

  Completion send(Request request) { return testing::send(*transport, std::move(request)); }

  std::shared_ptr<ScriptedResolver> resolver = std::make_shared<ScriptedResolver>();
  std::unique_ptr<Transport> transport{};
};

}  // namespace

TEST_CASE("older: a body of any size arrives whole, once") {
  const std::size_t size =
      GENERATE(as<std::size_t>{}, 0, 1, 16'384, 16'385, 100 * 1024, 3 * 1024 * 1024);
  Receiver receiver;
  OlderSender sender;
  const std::string body(size, 'x');
  for (int i = 0; i < 3; ++i) {
    const Completion completion = sender.send(post(receiver.url(), body));
    CHECK(completion.status == 200);
    CHECK(completion.sends == 1);
  }
  REQUIRE(receiver.requests().size() == 3);
  for (const Received& request : receiver.requests()) CHECK(request.body == body);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("older: a kept connection that died is replaced, and the second POST counted") {
  const auto then = GENERATE(Reply::Then::close, Reply::Then::reset);
  ReceiverOptions options;
  options.reply = [then](const Received& request) {
    return request.on_connection == 1 ? answer(200) : Reply{"", then};
  };
  Receiver receiver(std::move(options));
  OlderSender sender;
  std::size_t sends = 0;
  for (int i = 0; i < 12; ++i) {
    const Completion completion = sender.send(post(receiver.url(), std::string(1000, 'x')));
    CHECK(completion.status == 200);
    sends += completion.sends;
  }
  CHECK(sends == 23);
  CHECK(receiver.requests().size() == sends);
}

TEST_CASE("older: slow endpoints are served beside the others") {
  ReceiverOptions options;
  options.reply = [](const Received& request) {
    return request.target == "/hung" ? Reply{"", Reply::Then::stall} : answer(200);
  };
  Receiver receiver(std::move(options));
  OlderSender sender;
  Request hung = post(receiver.url("/hung"), "{}", 300ms);
  hung.slow = true;
  sender.transport->start(1, std::move(hung));
  Request request = post(receiver.url());
  request.slow = true;
  CHECK(sender.send(std::move(request)).status == 200);
  CHECK(poll_for(*sender.transport, 1)[0].fault == Fault::timeout);
}

TEST_CASE("older: trust is in the file that is named, and in no other") {
  const Authority authority;
  const TemporaryFile file(authority.certificate());
  const Identity identity = authority.issue({"hook.test"});
  ReceiverOptions options;
  options.identity = &identity;
  Receiver receiver(std::move(options));
  OlderSender trusting(file.path());
  for (int i = 0; i < 2; ++i) {
    CHECK(trusting.send(post(receiver.url("/", "hook.test"))).status == 200);
  }
  OlderSender other;
  CHECK(other.send(post(receiver.url("/", "hook.test"))).fault == Fault::tls);
}
