// What a receiver does before HTTP begins is taken for what it is: to TCP, and to TLS.

#include "hostile/handshakes.hpp"

#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;

TEST_CASE("whatever a receiver does to the handshake is taken for what it is") {
  const Identities identities;
  CurlTransportOptions options;
  options.ca_file = identities.trusted.path();
  Sender sender(options);
  std::vector<Handshake> all = handshakes(identities);
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    receivers.push_back(std::make_unique<Receiver>(all[i].receiver));
    const std::string url = "https" + receivers[i]->url("/", "hook.test").substr(5);
    sender.transport->start(i, post(url, "{}", all[i].patience()));
  }
  for (const Completion& completion : poll_for(*sender.transport, all.size())) {
    const Expected& expected = all[completion.id].expected;
    INFO(all[completion.id].name);
    INFO(completion.detail);
    if (completion.fault != expected.or_fault) {
      CHECK(to_string(completion.fault) == to_string(expected.fault));
      CHECK(completion.status == expected.status);
    }
    CHECK(completion.sends == expected.sends);
    CHECK(receivers[completion.id]->requests().size() == expected.sends);
    CHECK_THAT(completion.detail, !Catch::Matchers::ContainsSubstring("100:"));
  }
}

TEST_CASE("a connection that is refused, closed or reset at once is taken for what it is") {
  Sender sender;
  std::uint16_t closed = 0;
  {
    Receiver receiver;
    closed = receiver.port();
  }
  const Completion refused = sender.send(post("http://hook.test:" + std::to_string(closed) + "/"));
  CHECK(refused.fault == Fault::refused);
  CHECK(refused.sends == 0);
  for (const OnAccept what : {OnAccept::close, OnAccept::reset}) {
    ReceiverOptions options;
    options.on_accept = [what](std::size_t) { return what; };
    Receiver receiver(std::move(options));
    for (int i = 0; i < 50; ++i) {
      const Completion completion = sender.send(post(receiver.url("/", "hook.test")));
      INFO(completion.detail);
      CHECK(to_string(completion.fault) == "reset");
      CHECK(completion.sends <= 1);
    }
    CHECK(receiver.requests().empty());
  }
}
