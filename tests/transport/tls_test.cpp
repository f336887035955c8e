// Who is trusted, and over what.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch2.hpp"
#include "support/certificates.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// One for the whole binary: the sender trusts it.
const Authority& authority() {
  static const Authority instance;
  return instance;
}

CurlTransportOptions trusting(const std::string& ca_file) {
  CurlTransportOptions options;
  options.ca_file = ca_file;
  return options;
}

// libcurl with another TLS library than our OpenSSL reads the file for each connection.
struct TrustedAuthority {
  TemporaryFile file{authority().certificate()};
  Sender sender{trusting(file.path())};
};

ReceiverOptions with(const Identity& identity) {
  ReceiverOptions options;
  options.identity = &identity;
  return options;
}

}  // namespace

TEST_CASE("a trusted receiver is reached over TLS, by its name") {
  const Identity identity = authority().issue({"hook.test"});
  Receiver receiver(with(identity));
  TrustedAuthority trusted;
  for (int i = 0; i < 3; ++i) {
    const Completion completion =
        trusted.sender.send(post(receiver.url("/", "hook.test"), std::string(50'000, 'x')));
    INFO(completion.detail);
    CHECK(completion.status == 200);
    CHECK(completion.address == "127.0.0.1");
  }
  CHECK(receiver.connections() == 1);
  CHECK(receiver.requests()[0].server_name == "hook.test");
  CHECK(receiver.requests()[0].header("host") == "hook.test:" + std::to_string(receiver.port()));
}

TEST_CASE("an address in the URL is verified as one") {
  const Identity identity = authority().issue({"127.0.0.1"});
  Receiver receiver(with(identity));
  TrustedAuthority trusted;
  CHECK(trusted.sender.send(post(receiver.url())).status == 200);
}

TEST_CASE("a certificate for another name, an expired one and an unknown authority are refused") {
  const Authority stranger;
  const auto [identity, name] = GENERATE_COPY(table<Identity, std::string>(
      {{authority().issue({"other.test"}), "another name"},
       {authority().issue({"hook.test"}, true), "expired"},
       {authority().issue({"127.0.0.1"}), "the address instead of the name"},
       {stranger.issue({"hook.test"}), "unknown authority"}}));
  INFO(name);
  Receiver receiver(with(identity));
  TrustedAuthority trusted;
  const Completion completion = trusted.sender.send(post(receiver.url("/", "hook.test")));
  CHECK(completion.fault == Fault::tls);
  CHECK(completion.sends == 0);
  CHECK(!completion.detail.empty());
  CHECK_THAT(completion.detail, !ContainsSubstring("100:"));
  CHECK(receiver.requests().empty());
}

TEST_CASE("the system's authorities do not vouch for a test's") {
  const Identity identity = authority().issue({"hook.test"});
  Receiver receiver(with(identity));
  Sender sender;
  CHECK(sender.send(post(receiver.url("/", "hook.test"))).fault == Fault::tls);
}

TEST_CASE("trust is not taken from the environment") {
  const TemporaryFile file(authority().certificate());
  ::setenv("SSL_CERT_FILE", file.path().c_str(), 1);
  ::setenv("CURL_CA_BUNDLE", file.path().c_str(), 1);
  const Identity identity = authority().issue({"hook.test"});
  Receiver receiver(with(identity));
  Sender sender;
  CHECK(sender.send(post(receiver.url("/", "hook.test"))).fault == Fault::tls);
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("CURL_CA_BUNDLE");
}

TEST_CASE("TLS 1.1 is refused, TLS 1.2 is not") {
  const Identity identity = authority().issue({"hook.test"});
  ReceiverOptions options = with(identity);
  options.tls_version_max = 0x0302;
  Receiver old(options);
  options.tls_version_max = 0x0303;
  Receiver good(options);
  TrustedAuthority trusted;
  CHECK(trusted.sender.send(post(old.url("/", "hook.test"))).fault == Fault::tls);
  CHECK(old.requests().empty());
  CHECK(trusted.sender.send(post(good.url("/", "hook.test"))).status == 200);
}

TEST_CASE("a handshake that fails, stalls or is not one ends in a fault") {
  const Identity identity = authority().issue({"hook.test"});
  TrustedAuthority trusted;
  {
    ReceiverOptions options = with(identity);
    options.on_accept = [](std::size_t) { return OnAccept::reset; };
    Receiver receiver(std::move(options));
    const Fault fault = trusted.sender.send(post(receiver.url("/", "hook.test"))).fault;
    // It depends on how far the connection has got by then.
    CHECK((fault == Fault::tls || fault == Fault::reset || fault == Fault::refused));
  }
  {
    ReceiverOptions options = with(identity);
    options.on_accept = [](std::size_t) { return OnAccept::stall; };
    Receiver receiver(std::move(options));
    CHECK(trusted.sender.send(post(receiver.url("/", "hook.test"), "{}", 300ms)).fault ==
          Fault::timeout);
  }
  Receiver plain;
  const std::string url = "https" + plain.url("/", "hook.test").substr(4);
  trusted.sender.transport->start(1, post(url, "{}", 500ms));
  const Fault fault = poll_for(*trusted.sender.transport, 1)[0].fault;
  CHECK((fault == Fault::tls || fault == Fault::timeout));
}

TEST_CASE("a kept TLS connection that died is replaced as well") {
  const Identity identity = authority().issue({"hook.test"});
  ReceiverOptions options = with(identity);
  options.reply = [](const Received& request) {
    return request.on_connection == 1 ? answer(200) : Reply{"", Reply::Then::close};
  };
  Receiver receiver(std::move(options));
  TrustedAuthority trusted;
  CHECK(trusted.sender.send(post(receiver.url("/", "hook.test"))).sends == 1);
  const Completion completion = trusted.sender.send(post(receiver.url("/", "hook.test")));
  CHECK(completion.status == 200);
  CHECK(completion.sends == 2);
  CHECK(receiver.requests().size() == 3);
}

TEST_CASE("a name that moves is verified where it has moved to") {
  const Identity right = authority().issue({"moving.test"});
  const Identity wrong = authority().issue({"other.test"});
  ReceiverOptions options = with(right);
  options.address = local(2);
  Receiver first(options);
  options = with(wrong);
  options.address = local(3);
  options.port = first.port();
  Receiver second(options);
  TrustedAuthority trusted;
  trusted.sender.resolver->set("moving.test", {local(2)});
  CHECK(trusted.sender.send(post(first.url("/", "moving.test"))).status == 200);
  trusted.sender.resolver->set("moving.test", {local(3)});
  CHECK(trusted.sender.send(post(first.url("/", "moving.test"))).fault == Fault::tls);
  CHECK(second.requests().empty());
}
