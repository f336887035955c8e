// The parts of the transport that speaks HTTP/1.1 by itself: how an answer is read, and how sockets
// are waited for where there is no epoll. What it does as a whole is in the other files, which are
// run on it once more.

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hostile/scenario.hpp"
#include "support/certificates.hpp"
#include "transport/http1/answer.hpp"
#include "transport/http1/http1_transport.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using AnswerReader = transport::http1::Answer;

namespace {

constexpr transport::ResponseLimits limits{64 * 1024, 200, 64 * 1024, 4 * 1024};

// All that a reader of an answer can tell.
struct Reading {
  explicit Reading(AnswerReader& answer)
      : state(answer.state()),
        status(answer.response().status()),
        stays(answer.connection_stays()),
        problem(answer.problem()),
        retry_after(answer.response().retry_after),
        excerpt(answer.response().excerpt) {}

  AnswerReader::State state;
  int status;
  bool stays;
  std::string problem;
  std::string retry_after;
  std::string excerpt;

  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read_whole(std::string_view bytes, bool close) {
  AnswerReader answer(limits);
  answer.clear();
  answer.take(bytes);
  if (close) answer.close();
  return Reading(answer);
}

template <class NextSize>
Reading read_in_pieces(std::string_view bytes, bool close, NextSize next_size) {
  AnswerReader answer(limits);
  answer.clear();
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, next_size());
    answer.take(piece);
    bytes.remove_prefix(piece.size());
  }
  if (close) answer.close();
  return Reading(answer);
}

bool stays_after(std::string_view bytes) {
  return read_whole(bytes, false).stays;
}

// As where there is no epoll.
struct PortableSender {
  PortableSender() {
    CurlTransportOptions options;
    options.egress = EgressPolicy::development();
    options.resolver = std::make_shared<ScriptedResolver>();
    transport = std::make_unique<transport::http1::Http1Transport>(
        std::move(options), transport::http1::make_portable_poller());
  }

  Completion send(Request request) { return testing::send(*transport, std::move(request)); }

  std::unique_ptr<Transport> transport{};
};

}  // namespace

TEST_CASE("http1: an answer is the same in whatever pieces it comes") {
  std::mt19937 random(1);
  for (const Scenario& scenario : answers()) {
    std::string bytes = scenario.reply.bytes;
    while (scenario.reply.then == Reply::Then::repeat && bytes.size() < 200'000) {
      bytes += scenario.reply.more;
    }
    const bool close = scenario.reply.then == Reply::Then::close;
    INFO(scenario.name);
    const Reading whole = read_whole(bytes, close);
    const auto some = [&random] {
      return std::uniform_int_distribution<std::size_t>(1, 40)(random);
    };
    CHECK(read_in_pieces(bytes, close, some) == whole);
    CHECK(read_in_pieces(bytes, close, [] { return std::size_t{1}; }) == whole);
  }
}

TEST_CASE("http1: a connection stays only after an answer that leaves no doubt") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  CHECK(stays_after(ok + "Content-Length: 0\r\n\r\n"));
  CHECK(stays_after(ok + "content-LENGTH:2 \r\n\r\nok"));
  CHECK(stays_after(ok + "Connection: Keep-Alive\r\nContent-Length: 2, 2\r\n\r\nok"));
  CHECK(stays_after(ok + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-A: 1\r\n\r\n"));
  CHECK(stays_after("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 No\r\n\r\n"));
  CHECK(stays_after("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"));
  CHECK(stays_after("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"));

  CHECK(!stays_after(ok + "\r\n"));  // it ends with the connection
  CHECK(!stays_after(ok + "Content-Length: 2\r\n\r\no"));
  CHECK(!stays_after(ok + "Content-Length: 2\r\n\r\nokk"));  // what is this?
  CHECK(!stays_after(ok + "Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(!stays_after(ok + "Connection: x, CLOSE\r\nContent-Length: 0\r\n\r\n"));
  CHECK(!stays_after(ok + "Content-Length: 0\r\nX-A: 1\r\n 2\r\n\r\n"));
  CHECK(!stays_after(
      ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"));
  CHECK(!stays_after("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  CHECK(
      !stays_after("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  CHECK(!stays_after("HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n"));
  CHECK(!stays_after("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_CASE("http1: what a header field could hide is no answer") {
  const std::string field =
      GENERATE(as<std::string>{}, "Content-Length : 2", "Content-Length: 2\rX: 1",
               "HTTP/1.1 500 No", "HTTP/1.1: 500", "HTTP/2 204 a: b", "\rX-A: 1", "X A: 1",
               "Transfer-Encoding: identity", "Transfer-Encoding: chunked, chunked",
               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
               "Content-Length: ", "Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2,",
               ": 2", "X-A");
  INFO(field);
  const Reading reading = read_whole("HTTP/1.1 200 OK\r\n" + field + "\r\n\r\nok", false);
  CHECK(reading.state == AnswerReader::State::broken);
  CHECK(!reading.problem.empty());
}

TEST_CASE("http1: it speaks no HTTP/2") {
  CurlTransportOptions options;
  options.egress = EgressPolicy::development();
  options.http2 = true;
  CHECK_THROWS_AS(make_http1_transport(options), ConfigError);
}

TEST_CASE("http1: a new connection takes up the TLS session of the one before") {
  const Authority authority;
  const Identity identity = authority.issue({"hook.test"});
  const TemporaryFile trusted(authority.certificate());
  ReceiverOptions receiving;
  receiving.identity = &identity;
  receiving.reply = [](const Received&) { return answer(200, "", "Connection: close\r\n"); };
  Receiver receiver(std::move(receiving));
  CurlTransportOptions options;
  options.ca_file = trusted.path();
  options.egress = EgressPolicy::development();
  const auto resolver = std::make_shared<ScriptedResolver>();
  resolver->set("hook.test", {"127.0.0.1"});
  options.resolver = resolver;
  const auto transport = make_http1_transport(std::move(options));
  for (int i = 0; i < 3; ++i) {
    CHECK(send(*transport, post(receiver.url("/", "hook.test"))).status == 200);
  }
  REQUIRE(receiver.requests().size() == 3);
  CHECK(!receiver.requests()[0].resumed);
  CHECK(receiver.requests()[1].resumed);
  CHECK(receiver.requests()[2].resumed);
}

TEST_CASE("http1: without epoll, requests are answered, refused and overdue all the same") {
  ReceiverOptions options;
  options.reply = [](const Received& request) {
    return request.target == "/hung" ? Reply{"", Reply::Then::stall} : answer(200, "ok");
  };
  Receiver receiver(std::move(options));
  PortableSender sender;
  for (int i = 0; i < 3; ++i) CHECK(sender.send(post(receiver.url())).body == "ok");
  CHECK(receiver.connections() == 1);
  CHECK(sender.send(post(receiver.url(), std::string(3'000'000, 'x'))).status == 200);
  CHECK(sender.send(post(receiver.url("/hung"), "{}", 100ms)).fault == Fault::timeout);
  const std::string refused = Receiver().url();  // gone by now
  CHECK(sender.send(post(refused)).fault == Fault::refused);
  for (RequestId id = 1; id <= 100; ++id) sender.transport->start(id, post(receiver.url()));
  for (const Completion& completion : poll_for(*sender.transport, 100)) {
    CHECK(completion.status == 200);
  }
  receiver.drop_connections();
  CHECK(sender.send(post(receiver.url())).status == 200);
}

TEST_CASE("http1: without epoll, a wake ends the wait") {
  PortableSender sender;
  std::vector<Completion> out;
  const SteadyTime patience = in(10s);
  std::atomic<bool> polling = false;
  std::thread other([&] {
    while (!polling) std::this_thread::yield();
    sender.transport->wake();
  });
  polling = true;
  sender.transport->poll(patience, out);
  other.join();
  CHECK(std::chrono::steady_clock::now() < patience);
}
