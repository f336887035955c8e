// What a receiver sees of a request.

#include <stdlib.h>

#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

TEST_CASE("a request is on the wire exactly as it was given") {
  Receiver receiver;
  Sender sender;
  std::string body = "{\"text\":\"caf\xC3\xA9\"}";
  body += '\0';
  body += "\xFF\r\n";
  Request request = post(receiver.url("/a/hook?x=%20[1]&y=..", "hook.test"), body);
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Snipy-Signature", "0a1b"},
                     {"User-Agent", "hookwright/1"},
                     {"X-Empty", ""}};
  const Completion completion = sender.send(std::move(request));
  CHECK(completion.status == 200);
  CHECK(completion.sends == 1);
  CHECK(completion.address == "127.0.0.1");
  CHECK(completion.detail.empty());

  const std::vector<Received> requests = receiver.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].body == body);
  CHECK(requests[0].head == "POST /a/hook?x=%20[1]&y=.. HTTP/1.1\r\nHost: hook.test:" +
                                std::to_string(receiver.port()) +
                                "\r\nContent-Type: application/json\r\nX-Snipy-Signature: 0a1b\r\n"
                                "User-Agent: hookwright/1\r\nX-Empty:\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n");
}

TEST_CASE("a body of any size arrives whole") {
  const std::size_t size =
      GENERATE(as<std::size_t>{}, 0, 1, 16'383, 16'384, 16'385, 100 * 1024, 3 * 1024 * 1024);
  Receiver receiver;
  Sender sender;
  std::string body(size, 'x');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 23);
  CHECK(sender.send(post(receiver.url(), body)).status == 200);
  REQUIRE(receiver.requests().size() == 1);
  CHECK(receiver.requests()[0].body == body);
  CHECK(!receiver.requests()[0].header("expect"));
}

TEST_CASE("nothing is sent that was not asked for") {
  Receiver receiver;
  Sender sender;
  Request request = post(receiver.url());
  request.headers.clear();
  sender.send(std::move(request));
  const std::vector<Received> requests = receiver.requests();
  REQUIRE(requests.size() == 1);
  REQUIRE(requests[0].headers.size() == 2);
  CHECK(requests[0].headers[0].first == "Host");
  CHECK(requests[0].headers[1].first == "Content-Length");
}

TEST_CASE("a request bears nothing of the one before, nor of what was answered to it") {
  const int status = GENERATE(200, 307, 401, 417);
  ReceiverOptions options;
  options.reply = [=](const Received&) {
    return answer(status, "",
                  "Set-Cookie: a=b\r\nWWW-Authenticate: Basic realm=\"a\"\r\nLocation: /other\r\n"
                  "ETag: \"a\"\r\n");
  };
  Receiver first(options);
  Receiver second(options);
  Sender sender;
  for (int i = 0; i < 3; ++i) {
    Request large = post(first.url("/first"), std::string(1'000, 'a'));
    large.headers = {{"X-Secret", "of the first"}, {"User-Agent", "first/1"}};
    CHECK(sender.send(std::move(large)).status == status);
    Request small = post(second.url("/second"), "{}");
    small.headers.clear();
    CHECK(sender.send(std::move(small)).status == status);
  }
  REQUIRE(second.requests().size() == 3);
  for (const Received& received : second.requests()) {
    CHECK(received.head == "POST /second HTTP/1.1\r\nHost: 127.0.0.1:" +
                               std::to_string(second.port()) + "\r\nContent-Length: 2\r\n\r\n");
    CHECK(received.body == "{}");
    CHECK(received.connection == 1);
  }
}

TEST_CASE("a header that could change the message is never sent") {
  const Header header = GENERATE(
      Header{"X-A", "1\r\nX-B: 2"}, Header{"X-A", "1\nX-B: 2"}, Header{"X-A: 1\r\nX-B", "2"},
      Header{"X A", "1"}, Header{"", "1"}, Header{"X-A:", "1"}, Header{"X-A", std::string("\0", 1)},
      Header{"X-A", " "}, Header{"Host", "other"}, Header{"content-length", "3"},
      Header{"Transfer-Encoding", "chunked"}, Header{"Connection", "close"},
      Header{"Expect", "100-continue"}, Header{"X-A", "caf\xC3\xA9"});
  Receiver receiver;
  Sender sender;
  Request request = post(receiver.url());
  request.headers.push_back(header);
  const Completion completion = sender.send(std::move(request));
  CHECK(completion.fault == Fault::local);
  CHECK(completion.sends == 0);
  CHECK(receiver.connections() == 0);
}

TEST_CASE("more headers than anybody needs are never sent") {
  Receiver receiver;
  Sender sender;
  Request many = post(receiver.url());
  for (int i = 0; i < 70; ++i) many.headers.push_back({"X-" + std::to_string(i), "1"});
  CHECK(sender.send(std::move(many)).fault == Fault::local);
  Request large = post(receiver.url());
  large.headers.push_back({"X-A", std::string(40'000, 'a')});
  CHECK(sender.send(std::move(large)).fault == Fault::local);
  CHECK(receiver.connections() == 0);
}

TEST_CASE("a connection is kept and used again") {
  Receiver receiver;
  Sender sender;
  for (int i = 0; i < 5; ++i) CHECK(sender.send(post(receiver.url())).status == 200);
  CHECK(receiver.connections() == 1);
  CHECK(receiver.requests().back().on_connection == 5);
}

TEST_CASE("many requests are under way at once") {
  Receiver receiver;
  Sender sender;
  constexpr std::size_t count = 100;
  for (RequestId id = 1; id <= count; ++id) {
    sender.transport->start(id, post(receiver.url(), std::to_string(id)));
  }
  std::vector<bool> seen(count + 1);
  for (const Completion& completion : poll_for(*sender.transport, count)) {
    CHECK(completion.status == 200);
    CHECK(!seen.at(completion.id));
    seen.at(completion.id) = true;
  }
  CHECK(receiver.requests().size() == count);
}

TEST_CASE("redirects are not followed") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  Receiver other;
  ReceiverOptions options;
  options.reply = [&](const Received&) {
    return answer(status, "", "Location: " + other.url() + "\r\n");
  };
  Receiver receiver(std::move(options));
  Sender sender;
  CHECK(sender.send(post(receiver.url())).status == status);
  CHECK(other.connections() == 0);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("an alternative service is not followed") {
  Receiver other;
  ReceiverOptions options;
  options.reply = [&](const Received&) {
    return answer(200, "",
                  "Alt-Svc: http/1.1=\"127.0.0.1:" + std::to_string(other.port()) + "\"\r\n");
  };
  Receiver receiver(std::move(options));
  Sender sender;
  for (int i = 0; i < 3; ++i) CHECK(sender.send(post(receiver.url())).status == 200);
  CHECK(other.connections() == 0);
}

TEST_CASE("proxies named in the environment are ignored") {
  Receiver proxy;
  Receiver receiver;
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  const std::vector<const char*> names = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY"};
  for (const char* name : names) ::setenv(name, url.c_str(), 1);
  Sender sender;
  CHECK(sender.send(post(receiver.url("/", "hook.test"))).status == 200);
  for (const char* name : names) ::unsetenv(name);
  CHECK(receiver.requests().size() == 1);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("http is refused under the production policy before anything is sent") {
  Receiver receiver;
  CHECK_THROWS_AS(parse_url(receiver.url(), EgressPolicy::production()), ConfigError);

  CurlTransportOptions options;
  const auto resolver = std::make_shared<ScriptedResolver>();
  options.resolver = resolver;
  const auto transport = make_transport(options);
  const Completion completion = send(*transport, post(receiver.url()));
  CHECK(completion.fault == Fault::blocked);
  CHECK(completion.sends == 0);
  CHECK(receiver.connections() == 0);
}

TEST_CASE("options that cannot work are refused at once") {
  const auto refusal = [](auto change) -> std::string {
    CurlTransportOptions options;
    options.resolver = std::make_shared<ScriptedResolver>();
    change(options);
    try {
      static_cast<void>(make_transport(options));
    } catch (const ConfigError& error) {
      return error.field();
    }
    return {};
  };
  CHECK(refusal([](auto&) {}).empty());
  CHECK(refusal([](auto& o) { o.connections_max = 0; }) == "transport.connections_max");
  CHECK(refusal([](auto& o) { o.connections_max = 100'001; }) == "transport.connections_max");
  CHECK(refusal([](auto& o) { o.idle_max = 0ms; }) == "transport.idle_max");
  CHECK(refusal([](auto& o) { o.connect_max = -1ms; }) == "transport.connect_max");
  CHECK(refusal([](auto& o) { o.response_body_bytes_max = 0; }) ==
        "transport.response_body_bytes_max");
  CHECK(refusal([](auto& o) { o.excerpt_bytes_max = 1 << 20; }) == "transport.excerpt_bytes_max");
  CHECK(refusal([](auto& o) { o.ca_file = "/nowhere/ca.pem"; }) == "transport.ca_file");
  const TemporaryFile empty("not a certificate");
  CHECK(refusal([&](auto& o) { o.ca_file = empty.path(); }) == "transport.ca_file");
}
