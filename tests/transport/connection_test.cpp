// Which connection a request goes over, and to which address.

#include <curl/curl.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/failure.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// A port that nobody listens on.
std::uint16_t closed_port() {
  return Receiver().port();
}

// Receivers on local(2) and local(3), with the same port.
struct TwoAddresses {
  TwoAddresses() : first(on_address(local(2))), second(on_address(local(3), first.port())) {}
  Receiver first;
  Receiver second;
};

// One to each, one after the other.
void post_to_names(Sender& sender, const Receiver& receiver, std::size_t names) {
  for (std::size_t i = 0; i < names; ++i) {
    const std::string host = "h" + std::to_string(i) + ".test";
    sender.resolver->set(host, {"127.0.0.1"});
    CHECK(sender.send(post(receiver.url("/", host))).status == 200);
  }
}

}  // namespace

TEST_CASE("a closed port is refused") {
  Sender sender;
  const Completion completion =
      sender.send(post("http://hook.test:" + std::to_string(closed_port()) + "/"));
  CHECK(completion.fault == Fault::refused);
  CHECK(completion.sends == 0);
  CHECK(completion.address == "127.0.0.1");
  // The operator sees the real address, never the one that stood in for it.
  CHECK_THAT(completion.detail, !ContainsSubstring("100:"));
}

TEST_CASE("the second address is tried when the first does not answer, and kept in mind") {
  Receiver receiver(on_address(local(3)));
  Sender sender;
  sender.resolver->set("two.test", {local(2), local(3)});
  const std::string url = receiver.url("/", "two.test");
  const Completion completion = sender.send(post(url));
  CHECK(completion.status == 200);
  CHECK(completion.address == local(3));
  CHECK(completion.sends == 1);
  CHECK(sender.send(post(url)).status == 200);
  CHECK(receiver.connections() == 1);

  sender.resolver->set("two.test", {local(2), local(4), local(3)});
  CHECK(sender.send(post(url)).address == local(3));
}

TEST_CASE("no more than two addresses are tried") {
  Receiver receiver(on_address(local(5)));
  Sender sender;
  sender.resolver->set("many.test", {local(2), local(3), local(5)});
  CHECK(sender.send(post(receiver.url("/", "many.test"))).fault == Fault::refused);
  CHECK(receiver.connections() == 0);
}

TEST_CASE("a name that moves while its connection is kept is reached where it is") {
  TwoAddresses receivers;
  Sender sender;
  const std::string url = receivers.first.url("/", "moving.test");
  sender.resolver->set("moving.test", {local(2)});
  CHECK(sender.send(post(url)).address == local(2));
  sender.resolver->set("moving.test", {local(3)});
  CHECK(sender.send(post(url)).address == local(3));
  sender.resolver->set("moving.test", {local(2)});
  CHECK(sender.send(post(url)).address == local(2));
  CHECK(receivers.first.requests().size() == 2);
  CHECK(receivers.second.requests().size() == 1);
  CHECK(receivers.first.connections() == 1);
  CHECK(receivers.first.requests()[0].header("host") ==
        "moving.test:" + std::to_string(receivers.first.port()));
}

TEST_CASE("names that alternate between addresses never reach the wrong one") {
  TwoAddresses receivers;
  Sender sender;
  constexpr std::size_t names = 20;
  constexpr RequestId count = 600;
  std::map<RequestId, std::string> expected;
  for (RequestId id = 1; id <= count; ++id) {
    const std::string name = "n" + std::to_string(id % names) + ".test";
    const std::string address = (id / names + id) % 2 == 0 ? local(2) : local(3);
    sender.resolver->set(name, {address});
    expected[id] = address;
    sender.transport->start(id, post(receivers.first.url("/" + address, name)));
    if (id % 16 == 0) {
      for (const Completion& completion : poll_for(*sender.transport, 16)) {
        CHECK(completion.status == 200);
        CHECK(completion.address == expected[completion.id]);
      }
    }
  }
  for (const Received& request : receivers.first.requests())
    CHECK(request.target == "/" + local(2));
  for (const Received& request : receivers.second.requests())
    CHECK(request.target == "/" + local(3));
  CHECK(receivers.first.connections() + receivers.second.connections() <= 4 * names);
}

TEST_CASE("two names at one address do not share a connection") {
  Receiver receiver;
  Sender sender;
  sender.resolver->set("a.test", {"127.0.0.1"});
  sender.resolver->set("b.test", {"127.0.0.1"});
  for (int i = 0; i < 3; ++i) {
    CHECK(sender.send(post(receiver.url("/", "a.test"))).status == 200);
    CHECK(sender.send(post(receiver.url("/", "b.test"))).status == 200);
  }
  CHECK(receiver.connections() == 2);
}

TEST_CASE("each of many endpoints finds the connection that was kept for it") {
  Receiver receiver;
  CurlTransportOptions options;
  options.connections_max = 900;  // in three pools
  Sender sender(std::move(options));
  for (int round = 0; round < 3; ++round) post_to_names(sender, receiver, 40);
  CHECK(receiver.connections() == 40);
}

TEST_CASE("no more connections are kept than may be") {
  Receiver receiver;
  CurlTransportOptions options;
  options.connections_max = 512;  // in two pools
  Sender sender(std::move(options));
  post_to_names(sender, receiver, 600);
  CHECK(receiver.connections() == 600);
  post_to_names(sender, receiver, 600);
  CHECK(receiver.connections() >= 600 + (600 - 512));  // those that were not kept, at least
}

TEST_CASE("IPv6 is as good as IPv4") {
  Receiver receiver(on_address("::1"));
  Sender sender;
  sender.resolver->set("six.test", {"::1"});
  for (int i = 0; i < 2; ++i) {
    CHECK(sender.send(post(receiver.url("/", "six.test"))).address == "::1");
    CHECK(sender.send(post(receiver.url("/"))).status == 200);
  }
  CHECK(receiver.connections() == 2);
}

TEST_CASE("a name with a forbidden address is blocked before a packet is sent") {
  Receiver receiver;
  const auto resolver = std::make_shared<ScriptedResolver>();
  CurlTransportOptions options;
  options.resolver = resolver;
  options.egress.allow_http = true;
  options.egress.allow_any_port = true;
  const auto transport = make_transport(options);
  const std::string address = GENERATE(as<std::string>{}, "127.0.0.1", "::1", "::ffff:127.0.0.1",
                                       "10.0.0.5", "64:ff9b::a9fe:a9fe", "fe80::1", "0.0.0.0");
  const bool mixed = GENERATE(false, true);
  resolver->set("inside.test", mixed ? std::vector<std::string>{"93.184.216.34", address}
                                     : std::vector<std::string>{address});
  const Completion completion = send(*transport, post(receiver.url("/", "inside.test")));
  CHECK(completion.fault == Fault::blocked);
  CHECK(completion.sends == 0);
  CHECK(send(*transport, post(receiver.url())).fault == Fault::blocked);
  CHECK(receiver.connections() == 0);
}

TEST_CASE("what a tenant is shown of it tells no blocked address from a closed port") {
  Sender sender;
  CurlTransportOptions options;
  options.egress = EgressPolicy::development();
  options.egress.deny = {AddressRange(local(2) + "/32")};
  options.resolver = sender.resolver;
  sender.transport = make_transport(std::move(options));
  sender.resolver->set("blocked.test", {local(2)});
  sender.resolver->set("mixed.test", {"127.0.0.1", local(2)});
  sender.resolver->set("closed.test", {"127.0.0.1"});
  Receiver inside(on_address(local(2)));
  const std::string port = std::to_string(closed_port());
  const std::string open_port = std::to_string(inside.port());
  for (const std::string& url :
       {"http://closed.test:" + port + "/", "http://blocked.test:" + port + "/",
        "http://blocked.test:" + open_port + "/", "http://mixed.test:" + open_port + "/",
        "http://" + local(2) + ":" + open_port + "/", "http://unknown.test:" + port + "/"}) {
    const Completion completion = sender.send(post(url));
    const TenantView view = tenant_view({.number = 1,
                                         .elapsed = completion.elapsed,
                                         .result = AttemptResult::failed,
                                         .fault = completion.fault,
                                         .status = completion.status,
                                         .excerpt = completion.body});
    INFO(url << ' ' << to_string(completion.fault));
    CHECK(view == TenantView{.number = 1, .result = AttemptResult::failed, .word = "unreachable"});
    CHECK(completion.sends == 0);
  }
  CHECK(inside.connections() == 0);
}

TEST_CASE("names that do not resolve, and a resolver that does not work, are told apart") {
  Sender sender;
  CHECK(sender.send(post("http://unknown.test/")).fault == Fault::name_not_resolved);
  Resolution resolution;
  resolution.status = ResolveStatus::unavailable;
  resolution.detail = "all is lost";
  sender.resolver->set("down.test", resolution);
  const Completion completion = sender.send(post("http://down.test/"));
  CHECK(completion.fault == Fault::resolver_down);
  CHECK(completion.detail == "all is lost");
}

TEST_CASE("an answer of the resolver may come late, and too late") {
  Receiver receiver;
  Sender sender;
  sender.resolver->hold(true);
  sender.transport->start(1, post(receiver.url("/late", "hook.test")));
  sender.transport->start(2, post(receiver.url("/cancelled", "hook.test")));
  sender.transport->start(3, post(receiver.url("/overdue", "hook.test"), "{}", 50ms));
  CHECK(poll_for(*sender.transport, 1)[0].fault == Fault::timeout);
  sender.transport->cancel(2);
  CHECK(poll_for(*sender.transport, 1)[0].fault == Fault::cancelled);
  std::thread other([&] { sender.resolver->let_go(); });
  const Completion completion = poll_for(*sender.transport, 1)[0];
  other.join();
  CHECK(completion.id == 1);
  CHECK(completion.status == 200);
  CHECK(receiver.requests().size() == 1);

  sender.transport->start(4, post(receiver.url("/never", "hook.test")));
  sender.transport.reset();
  sender.resolver->let_go();
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("a kept connection that died is replaced, and the second POST counted") {
  // The receiver closes each connection at its second request, having read it.
  const auto then = GENERATE(Reply::Then::close, Reply::Then::reset);
  const std::size_t size = GENERATE(as<std::size_t>{}, 0, 10, 100'000);
  // Before 7.80 libcurl repeats a POST without a body unseen; ours always have one.
  if (size == 0 && curl_version_info(CURLVERSION_NOW)->version_num < 0x075000) return;
  ReceiverOptions options;
  options.reply = [then](const Received& request) {
    return request.on_connection == 1 ? answer(200) : Reply{"", then};
  };
  Receiver receiver(std::move(options));
  Sender sender;
  const std::string body(size, 'x');
  std::size_t sends = 0;
  for (int i = 0; i < 12; ++i) {
    const Completion completion = sender.send(post(receiver.url(), body));
    CHECK(completion.status == 200);
    sends += completion.sends;
  }
  // 1, 2, 2, ...: each connection carries one answer, and one POST without.
  CHECK(sends == 23);
  CHECK(receiver.requests().size() == sends);
  for (const Received& request : receiver.requests()) CHECK(request.body == body);
}

TEST_CASE("a kept connection that takes the headers and refuses the body is replaced") {
  // Before 7.80 libcurl repeats what it has not yet begun to read, unseen.
  if (curl_version_info(CURLVERSION_NOW)->version_num < 0x075000) return;
  ReceiverOptions options;
  options.reply_early = [](const Received& request) -> std::optional<Reply> {
    if (request.on_connection == 1) return std::nullopt;
    return Reply{"", Reply::Then::reset};
  };
  Receiver receiver(std::move(options));
  Sender sender;
  const std::string body(3 * 1024 * 1024, 'x');
  CHECK(sender.send(post(receiver.url(), body)).sends == 1);
  const Completion completion = sender.send(post(receiver.url(), body));
  CHECK(completion.status == 200);
  CHECK(completion.sends == 2);
  CHECK(receiver.requests().size() == 3);
}

TEST_CASE("a POST is sent twice at most") {
  std::atomic<bool> dead = false;
  ReceiverOptions options;
  options.reply = [&dead](const Received&) {
    return dead ? Reply{"", Reply::Then::reset} : answer(200);
  };
  Receiver receiver(std::move(options));
  Sender sender;
  // Several kept connections, so that libcurl could go on from one to the next.
  for (RequestId id = 1; id <= 8; ++id) sender.transport->start(id, post(receiver.url()));
  poll_for(*sender.transport, 8);
  dead = true;
  const Completion completion = sender.send(post(receiver.url()));
  CHECK(completion.fault == Fault::reset);
  CHECK(completion.sends == 2);
  CHECK(receiver.requests().size() == 10);
}

TEST_CASE("a kept connection that was closed in the meantime is replaced") {
  Receiver receiver;
  Sender sender;
  for (int i = 0; i < 5; ++i) {
    CHECK(sender.send(post(receiver.url())).status == 200);
    receiver.drop_connections();
  }
  CHECK(receiver.requests().size() == 5);
}

TEST_CASE("a cancelled request ends once, and its connection with it") {
  ReceiverOptions options;
  options.reply = [](const Received& request) {
    return Reply{
        request.target == "/answered" ? "HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\n" : "",
        Reply::Then::stall};
  };
  Receiver receiver(std::move(options));
  Sender sender;
  sender.transport->start(1, post(receiver.url("/silent")));
  std::vector<Completion> out;
  const SteadyTime patience = in(5s);
  while (receiver.requests().empty() && std::chrono::steady_clock::now() < patience) {
    sender.transport->poll(in(5ms), out);
  }
  CHECK(out.empty());
  sender.transport->cancel(1);
  sender.transport->cancel(1);
  sender.transport->cancel(77);
  sender.transport->poll(in(0ms), out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].fault == Fault::cancelled);
  CHECK(out[0].status == 0);
  sender.transport->poll(in(5ms), out);
  CHECK(out.size() == 1);
}

TEST_CASE("running out of descriptors is our own fault") {
  Receiver receiver;
  Sender sender;
  CHECK(sender.send(post(receiver.url("/", "hook.test"))).status == 200);
  // UBSan needs descriptors to look at an object of a class that it sees for the first time.
  CHECK(!std::system_category().message(EMFILE).empty());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  sender.resolver->set("fresh.test", {"127.0.0.1"});
  sender.transport->start(1, post(receiver.url("/", "fresh.test")));
  std::vector<Completion> out;
  sender.transport->poll(in(0ms), out);
  ::setrlimit(RLIMIT_NOFILE, &before);
  if (out.empty()) out = poll_for(*sender.transport, 1);
  CHECK(out[0].fault == Fault::local);
  CHECK(sender.send(post(receiver.url("/", "fresh.test"))).status == 200);
}
