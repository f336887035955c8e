// What a receiver's answer is taken for, the worst ones included.

#include <string>
#include <vector>

#include "catch2.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

using Then = Reply::Then;

Completion answered_with(Reply reply, Duration deadline = 5s, CurlTransportOptions limits = {}) {
  ReceiverOptions options;
  options.reply = [reply](const Received&) { return reply; };
  Receiver receiver(std::move(options));
  Sender sender(limits);
  const Completion completion = sender.send(post(receiver.url(), "{}", deadline));
  CHECK(receiver.requests().size() == 1);
  CHECK(completion.sends == 1);
  return completion;
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (; times > 0; --times) all += text;
  return all;
}

}  // namespace

TEST_CASE("an answer's status, body and Retry-After come back as they were received") {
  const Completion completion =
      answered_with(answer(503, "try \xFFlater", "retry-AFTER: \t 120 \r\nRetry-After: 7\r\n"));
  CHECK(completion.status == 503);
  CHECK(completion.body == "try \xFFlater");
  CHECK(completion.retry_after == "120");
  CHECK(completion.fault == Fault::none);

  CHECK(answered_with(answer(429, "", "Retry-After: " + std::string(200, '9') + "\r\n"))
            .retry_after == std::string(128, '9'));
  CHECK(answered_with(answer(999)).status == 999);
  CHECK(answered_with({"HTTP/1.1 204 No Content\r\n\r\n"}).status == 204);
  CHECK(answered_with({"HTTP/1.0 200 OK\r\n\r\nbody", Then::close}).body == "body");
}

TEST_CASE("only the final header block counts") {
  const Completion completion = answered_with(
      {"HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"});
  CHECK(completion.status == 500);
  CHECK(completion.retry_after.empty());

  const Completion trailer =
      answered_with({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Retry-After\r\n\r\n"
                     "2\r\nok\r\n0\r\nRetry-After: 9\r\n\r\n"});
  CHECK(trailer.status == 200);
  CHECK(trailer.body == "ok");
  CHECK(trailer.retry_after.empty());

  // A line of blanks continues the one before and ends nothing.
  CHECK(answered_with(
            {"HTTP/1.1 200 OK\r\nX-A: 1\r\n \r\nRetry-After: 9\r\nContent-Length: 2\r\n\r\nok"})
            .retry_after == "9");
  CHECK(answered_with({repeat("HTTP/1.1 100 Continue\r\n\r\n", 3) + answer(201).bytes}).status ==
        201);
}

TEST_CASE("a success is one once its headers are there, whatever becomes of its body") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of ";
  const Then then = GENERATE(Then::close, Then::reset, Then::stall, Then::drip);
  const Completion completion = answered_with({head, then}, 400ms);
  CHECK(completion.fault == Fault::none);
  CHECK(completion.status == 200);
  CHECK(!completion.detail.empty());
  // What an RST overtakes is lost.
  if (then != Then::reset) CHECK(completion.body.substr(0, 8) == "half of ");
}

TEST_CASE("a body is read up to the cap and quoted up to the excerpt") {
  CurlTransportOptions limits;
  limits.response_body_bytes_max = 10'000;
  limits.excerpt_bytes_max = 100;
  const Completion within = answered_with(answer(200, std::string(10'000, 'b')), 5s, limits);
  CHECK(within.status == 200);
  CHECK(within.body == std::string(100, 'b'));
  CHECK(within.detail.empty());

  const Completion beyond = answered_with(answer(500, std::string(1'000'000, 'b')), 5s, limits);
  CHECK(beyond.status == 500);
  CHECK(beyond.body == std::string(100, 'b'));
  CHECK(beyond.detail == "the body was cut");
}

TEST_CASE("a connection outlives a body within the cap, and not one beyond it") {
  ReceiverOptions options;
  options.reply = [](const Received& request) {
    return answer(
        200,
        std::string(request.connection == 1 && request.on_connection == 2 ? 100'000 : 60'000, 'b'));
  };
  Receiver receiver(std::move(options));
  Sender sender;
  for (int i = 0; i < 3; ++i) CHECK(sender.send(post(receiver.url())).status == 200);
  REQUIRE(receiver.requests().size() == 3);
  CHECK(receiver.requests()[1].connection == 1);
  CHECK(receiver.requests()[2].connection == 2);
}

TEST_CASE("an encoded body is not decoded") {
  CHECK(answered_with(answer(200, "\x1f\x8b\x08", "Content-Encoding: gzip\r\n")).body ==
        "\x1f\x8b\x08");
}

TEST_CASE("headers beyond the caps are not taken") {
  const std::string many = "HTTP/1.1 200 OK\r\n" + repeat("X-A: 1\r\n", 300) + "\r\n";
  CHECK(answered_with({many, Then::stall}).fault == Fault::protocol);
  const std::string large =
      "HTTP/1.1 200 OK\r\n" + repeat("X-A: " + std::string(5000, 'a') + "\r\n", 20) + "\r\n";
  CHECK(answered_with({large, Then::stall}).fault == Fault::protocol);
  const std::string early = repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 200);
  CHECK(answered_with({early, Then::stall}).fault == Fault::protocol);
  const std::string endless_line = "HTTP/1.1 200 OK\r\nX-A: " + std::string(400'000, 'a');
  CHECK(answered_with({endless_line, Then::stall}).fault == Fault::protocol);

  // Trailers can't undo a success.
  const std::string trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                               repeat("X-A: 1\r\n", 300) + "\r\n";
  CHECK(answered_with({trailers, Then::stall}).status == 200);
}

// libcurl hands out a long line in pieces of 16 KiB where it is asked for it beside the body.
TEST_CASE("a first header may be long, whatever its pieces begin with") {
  const std::size_t size = GENERATE(as<std::size_t>{}, 16'383, 16'384, 16'385, 32'768);
  const std::string name = "X-A: ";
  const std::string line = name + std::string(size - name.size(), 'a') + " \tb\r\n";
  const Completion completion =
      answered_with({"HTTP/1.1 200 OK\r\n" + line + "Content-Length: 2\r\n\r\nok"});
  CHECK(completion.status == 200);
  CHECK(completion.body == "ok");
}

TEST_CASE("an answer may come before the body has been taken") {
  ReceiverOptions options;
  options.reply_early = [](const Received&) {
    Reply reply = answer(413, "too large", "Connection: close\r\n");
    reply.then = Reply::Then::stall;
    return reply;
  };
  Receiver receiver(std::move(options));
  Sender sender;
  const Completion completion = sender.send(post(receiver.url(), std::string(8'000'000, 'x')));
  CHECK(completion.status == 413);
  CHECK(completion.body == "too large");
}

TEST_CASE("what is not an answer is a fault") {
  CHECK(answered_with({"", Then::close}).fault == Fault::reset);
  CHECK(answered_with({"", Then::reset}).fault == Fault::reset);
  CHECK(answered_with({"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Then::close}).fault != Fault::none);
  CHECK(answered_with({"HTTP/1.1 200 OK\r\nX-A: 1\r\n", Then::reset}).fault == Fault::reset);
  CHECK(answered_with({"garbage\r\n\r\n", Then::close}).fault == Fault::protocol);
  CHECK(answered_with({"<html>hello</html>", Then::close}).fault == Fault::protocol);
  CHECK(answered_with({std::string("\x16\x03\x01\x02\x00\x01", 6), Then::close}).fault ==
        Fault::protocol);
  CHECK(answered_with({"HTTP/1.1 101 Switching Protocols\r\n\r\n", Then::stall}, 300ms).fault ==
        Fault::timeout);
}

// libcurl 7.84 to 8.0.1 would write through a pointer to a header of the answer before.
TEST_CASE("a first header that begins with a blank is no answer, whatever was answered before") {
  const std::string begin =
      GENERATE("HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n",
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early\r\n");
  const std::string blank = GENERATE(" ", "\t");
  const bool is_over = begin == "HTTP/1.1 200 OK\r\n\r\n";  // the rest is body, to the end
  ReceiverOptions options;
  options.reply = [=](const Received& request) -> Reply {
    if (request.on_connection < 3) return answer(200, "", "X-A: " + std::string(500, 'a') + "\r\n");
    return {begin + blank + std::string(900, 'b') + ": 1\r\nContent-Length: 0\r\n\r\n",
            is_over ? Then::close : Then::stall};
  };
  Receiver receiver(std::move(options));
  Sender sender;
  for (int i = 0; i < 5; ++i) {
    for (int n = 1; n < 3; ++n) CHECK(sender.send(post(receiver.url())).status == 200);
    const Completion completion = sender.send(post(receiver.url()));
    if (is_over) {
      CHECK(completion.status == 200);
      CHECK(completion.body.substr(0, 2) == blank + "b");
    } else {
      CHECK(completion.fault == Fault::protocol);
      CHECK(completion.detail == "the first header begins with a blank");
    }
  }
  CHECK(receiver.requests().size() == 15);
  CHECK(receiver.requests().back().connection == 5);
}

TEST_CASE("a receiver that says nothing runs into the deadline") {
  const auto begin = std::chrono::steady_clock::now();
  const Completion completion = answered_with({"", Then::stall}, 300ms);
  const auto end = std::chrono::steady_clock::now();
  CHECK(completion.fault == Fault::timeout);
  CHECK(completion.status == 0);
  CHECK(completion.elapsed >= 290ms);
  CHECK(end - begin >= 290ms);
  CHECK(end - begin < 5s);
}

TEST_CASE("a receiver whose headers drip runs into the deadline") {
  CHECK(answered_with({"HTTP/1.1 200 OK\r\nX-A: ", Then::drip}, 300ms).fault == Fault::timeout);
}

TEST_CASE("a request whose deadline has passed is not sent") {
  Receiver receiver;
  Sender sender;
  CHECK(sender.send(post(receiver.url(), "{}", -1ms)).fault == Fault::timeout);
  CHECK(receiver.connections() == 0);
}
