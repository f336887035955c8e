// How a transport waits: wakes, deadlines, slow endpoints apart from the others.

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "catch2.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

Request slow(Request request) {
  request.slow = true;
  return request;
}

Reply stall_at_hung(const Received& request) {
  return request.target == "/hung" ? Reply{"", Reply::Then::stall} : answer(200);
}

// How many descriptors fit into this process' table as it is, where /proc says so; else 0.
std::size_t descriptors_that_fit() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t size = 0;
    if (word == "FDSize:" && status >> size) return size;
  }
  return 0;
}

}  // namespace

TEST_CASE("a transport has room for its connections before it has any") {
  const std::size_t before = descriptors_that_fit();
  if (before == 0) return;  // Linux alone tells
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const std::size_t wanted = std::min<std::size_t>(limit.rlim_cur, 4'000);
  CHECK(before < wanted);
  CurlTransportOptions options;
  options.connections_max = wanted;
  const auto transport = make_transport(options);
  CHECK(descriptors_that_fit() >= wanted);
}

TEST_CASE("poll returns at `until`, or at once if that has passed") {
  Sender sender;
  std::vector<Completion> out;
  const auto begin = std::chrono::steady_clock::now();
  sender.transport->poll(begin - 1h, out);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  sender.transport->poll(begin + 30ms, out);
  CHECK(std::chrono::steady_clock::now() >= begin + 30ms);
  CHECK(out.empty());
}

TEST_CASE("a wake ends the current poll, or the next one") {
  Sender sender;
  std::vector<Completion> out;
  const SteadyTime patience = in(10s);
  sender.transport->wake();
  sender.transport->wake();
  sender.transport->poll(patience, out);

  std::atomic<bool> polling = false;
  std::thread other([&] {
    while (!polling) std::this_thread::yield();
    sender.transport->wake();
  });
  polling = true;
  sender.transport->poll(patience, out);
  other.join();
  CHECK(std::chrono::steady_clock::now() < patience);
  CHECK(out.empty());
}

TEST_CASE("wakes come from many threads while requests are under way") {
  Receiver receiver;
  Sender sender;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        sender.transport->wake();
        std::this_thread::yield();
      }
    });
  }
  for (int i = 0; i < 50; ++i) CHECK(sender.send(post(receiver.url())).status == 200);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("slow endpoints are served like the others") {
  ReceiverOptions options;
  options.reply = stall_at_hung;
  Receiver receiver(std::move(options));
  Sender sender;
  for (int i = 0; i < 3; ++i) {
    CHECK(sender.send(slow(post(receiver.url(), std::string(100'000, 'x')))).status == 200);
  }
  CHECK(sender.send(slow(post(receiver.url("/hung"), "{}", 200ms))).fault == Fault::timeout);
  CHECK(sender.send(slow(post("http://hook.test:1/"))).fault == Fault::refused);
  // Where they are driven apart, a kept connection would be in the way: the next request is made
  // like any other's.
  CHECK(receiver.connections() == (on_libcurl() ? 4 : 1));
}

TEST_CASE("endpoints that have not been heard from are served apart, like slow ones") {
  Receiver receiver;
  Sender sender;
  Request first = post(receiver.url());
  first.untried = true;
  CHECK(sender.send(std::move(first)).status == 200);
  for (int i = 0; i < 2; ++i) CHECK(sender.send(post(receiver.url())).status == 200);
  CHECK(receiver.connections() == (on_libcurl() ? 2 : 1));  // apart, the first one's is not kept
}

TEST_CASE("slow endpoints that hang do not hold up the others") {
  ReceiverOptions options;
  options.reply = stall_at_hung;
  Receiver receiver(std::move(options));
  Sender sender;
  constexpr RequestId hung = 40;
  for (RequestId id = 1; id <= hung; ++id) {
    sender.transport->start(id, slow(post(receiver.url("/hung"), "{}", 1500ms)));
  }
  for (int i = 0; i < 20; ++i) {
    const Completion completion = sender.send(post(receiver.url("/fast")));
    CHECK(completion.status == 200);
  }
  CHECK(sender.send(slow(post(receiver.url("/slow")))).status == 200);
  for (const Completion& completion : poll_for(*sender.transport, hung)) {
    CHECK(completion.fault == Fault::timeout);
  }
}

TEST_CASE("a slow request can be cancelled, and left behind") {
  ReceiverOptions options;
  options.reply = stall_at_hung;
  Receiver receiver(std::move(options));
  Sender sender;
  sender.transport->start(1, slow(post(receiver.url("/hung"))));
  sender.transport->start(2, slow(post(receiver.url("/hung"))));
  sender.transport->start(3, post(receiver.url("/hung")));
  std::vector<Completion> out;
  const SteadyTime patience = in(5s);
  while (receiver.requests().size() < 3 && std::chrono::steady_clock::now() < patience) {
    sender.transport->poll(in(5ms), out);
  }
  sender.transport->cancel(1);
  CHECK(poll_for(*sender.transport, 1)[0].fault == Fault::cancelled);
  sender.transport.reset();
  CHECK(receiver.requests().size() == 3);
}
