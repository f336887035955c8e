#include "hookwright/testing/transport_contract.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace hookwright::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration patience = 5s;
constexpr Duration grace = 20ms;  // for the granularity of clocks

void expect(bool holds, const std::string& what) {
  if (!holds) throw ContractViolation("expected " + what);
}

template <class Call>
void unless_it_throws(const std::string& name, Call&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    throw ContractViolation("expected " + name + " not to throw, found: " + error.what());
  } catch (...) {
    throw ContractViolation("expected " + name + " not to throw");
  }
}

// A transport at work on requests to the peers.
class Scene {
 public:
  explicit Scene(TransportUnderTest& mine) : mine_(&mine), transport_(mine.make()) {
    expect(transport_ != nullptr, "a transport");
  }

  Transport& transport() { return *transport_; }

  void start(RequestId id, Peer peer, Duration deadline = patience, std::string body = "{}",
             bool slow = false) {
    Request request;
    request.url = mine_->url(peer);
    request.headers = {{"Content-Type", "application/json"}, {"X-Contract", "kept  as it is"}};
    request.body = std::make_shared<const std::string>(std::move(body));
    request.deadline = mine_->now() + deadline;
    request.slow = slow;
    unless_it_throws("start()", [&] { transport_->start(id, std::move(request)); });
  }

  void poll(SteadyTime until, std::vector<Completion>& out) {
    unless_it_throws("poll()", [&] { transport_->poll(until, out); });
  }

  // What completes until there are so many; no more may come.
  std::vector<Completion> complete(std::size_t count) {
    std::vector<Completion> out;
    const SteadyTime until = mine_->now() + 2 * patience;
    while (out.size() < count && mine_->now() < until) poll(until, out);
    expect(out.size() == count,
           std::to_string(count) + " completions, found " + std::to_string(out.size()));
    return out;
  }

  Completion only(RequestId id) {
    Completion completion = complete(1)[0];
    expect(completion.id == id, "the completion of request " + std::to_string(id) + ", found " +
                                    std::to_string(completion.id));
    return completion;
  }

  void expect_silence(const std::string& when) {
    std::vector<Completion> out;
    poll(mine_->now() + 20ms, out);
    expect(out.empty(), "no further completion " + when);
  }

 private:
  TransportUnderTest* mine_;
  std::unique_ptr<Transport> transport_;
};

void expect_status(const Completion& completion, int status) {
  expect(completion.fault == Fault::none && completion.status == status,
         "status " + std::to_string(status) + ", found " + std::to_string(completion.status) +
             " with fault " + std::string(to_string(completion.fault)) + " (" + completion.detail +
             ")");
}

void expect_fault(const Completion& completion, Fault fault) {
  expect(completion.fault == fault && completion.status == 0,
         "fault " + std::string(to_string(fault)) + ", found " +
             std::string(to_string(completion.fault)) + " with status " +
             std::to_string(completion.status) + " (" + completion.detail + ")");
}

void answers_come_back(TransportUnderTest& mine) {
  Scene scene(mine);
  const std::size_t before = mine.received(Peer::echoes);
  std::string body = "{\"text\":\"caf\xC3\xA9\"}";
  body += '\0';
  body += "\r\n\xFF";
  scene.start(7, Peer::echoes, patience, body);
  const Completion completion = scene.only(7);
  expect_status(completion, 200);
  expect(completion.body == body, "the body to arrive byte for byte");
  expect(completion.sends == 1, "one POST to be counted");
  expect(mine.received(Peer::echoes) == before + 1, "one POST to arrive");
  for (const Header& sent :
       {Header{"Content-Type", "application/json"}, Header{"X-Contract", "kept  as it is"}}) {
    const std::vector<Header> arrived = mine.last_headers(Peer::echoes);
    const auto same = [&](const Header& header) {
      return header.name == sent.name && header.value == sent.value;
    };
    expect(std::count_if(arrived.begin(), arrived.end(), same) == 1,
           "the header " + sent.name + " to arrive once, as it was given");
  }
  expect(completion.elapsed >= Duration::zero(), "a time that is not negative");
}

void statuses_are_not_faults(TransportUnderTest& mine) {
  Scene scene(mine);
  scene.start(1, Peer::busy);
  const Completion completion = scene.only(1);
  expect_status(completion, 503);
  expect(completion.retry_after == "120", "Retry-After as it was received");
}

void redirects_are_not_followed(TransportUnderTest& mine) {
  Scene scene(mine);
  const std::size_t before = mine.received(Peer::echoes);
  scene.start(1, Peer::redirects);
  expect_status(scene.only(1), 307);
  expect(mine.received(Peer::echoes) == before, "nothing to be sent where a redirect points");
}

void deadlines_end_requests(TransportUnderTest& mine) {
  Scene scene(mine);
  const SteadyTime begin = mine.now();
  const std::size_t before = mine.received(Peer::hangs);
  scene.start(1, Peer::hangs, 200ms);
  const Completion completion = scene.only(1);
  expect_fault(completion, Fault::timeout);
  expect(mine.received(Peer::hangs) == before + 1, "one POST to arrive");
  expect(mine.now() >= begin + 200ms - grace, "the whole time until the deadline to be given");
  expect(completion.elapsed >= 200ms - grace, "the time that the request took");
}

void past_deadlines_are_timeouts(TransportUnderTest& mine) {
  Scene scene(mine);
  scene.start(1, Peer::echoes, -1s);
  expect_fault(scene.only(1), Fault::timeout);
}

void bodies_do_not_undo_a_status(TransportUnderTest& mine) {
  for (const Peer peer : {Peer::gushes, Peer::breaks}) {
    Scene scene(mine);
    scene.start(1, peer, 1s);
    const Completion completion = scene.only(1);
    expect_status(completion, 200);
    expect(completion.body.size() <= 1 << 20, "a bounded piece of the body");
  }
}

void broken_connections_are_faults(TransportUnderTest& mine) {
  Scene scene(mine);
  scene.start(1, Peer::refuses);
  expect_fault(scene.only(1), Fault::refused);
  const std::size_t before = mine.received(Peer::hangs_up);
  scene.start(2, Peer::hangs_up);
  expect_fault(scene.only(2), Fault::reset);
  expect(mine.received(Peer::hangs_up) == before + 1, "one POST to arrive");
}

void each_request_completes_once(TransportUnderTest& mine) {
  Scene scene(mine);
  constexpr RequestId count = 50;
  for (RequestId id = 1; id <= count; ++id) {
    scene.start(id, id % 5 == 0 ? Peer::busy : Peer::echoes, patience, std::to_string(id));
  }
  std::set<RequestId> seen;
  for (const Completion& completion : scene.complete(count)) {
    expect(seen.insert(completion.id).second, "each request to complete once");
    expect_status(completion, completion.id % 5 == 0 ? 503 : 200);
    if (completion.status == 200) {
      expect(completion.body == std::to_string(completion.id), "each answer to be its request's");
    }
  }
  scene.expect_silence("after all have completed");
}

void hung_requests_hold_up_nobody(TransportUnderTest& mine) {
  for (const bool slow : {false, true}) {
    Scene scene(mine);
    for (RequestId id = 1; id <= 10; ++id) scene.start(id, Peer::hangs, 300ms, "{}", slow);
    scene.start(11, Peer::echoes);
    expect_status(scene.only(11), 200);
    for (const Completion& completion : scene.complete(10)) {
      expect_fault(completion, Fault::timeout);
    }
  }
}

void slow_endpoints_are_served(TransportUnderTest& mine) {
  Scene scene(mine);
  for (RequestId id = 1; id <= 3; ++id) scene.start(id, Peer::echoes, patience, "{}", true);
  for (const Completion& completion : scene.complete(3)) expect_status(completion, 200);
}

void cancelled_requests_complete_once(TransportUnderTest& mine) {
  Scene scene(mine);
  scene.transport().cancel(99);
  for (const bool slow : {false, true}) {
    scene.start(1, Peer::hangs, patience, "{}", slow);
    scene.start(2, Peer::echoes, patience, "{}", slow);
    expect_status(scene.only(2), 200);
    scene.transport().cancel(1);
    scene.transport().cancel(1);
    expect_fault(scene.only(1), Fault::cancelled);
    scene.transport().cancel(1);
    scene.expect_silence("after a request was cancelled");
  }
}

void ids_may_be_used_again(TransportUnderTest& mine) {
  Scene scene(mine);
  for (int i = 0; i < 3; ++i) {
    scene.start(5, Peer::echoes);
    expect_status(scene.only(5), 200);
    scene.start(5, Peer::hangs);
    scene.transport().cancel(5);
    expect_fault(scene.only(5), Fault::cancelled);
  }
}

void poll_waits_no_longer_than_told(TransportUnderTest& mine) {
  Scene scene(mine);
  std::vector<Completion> out;
  SteadyTime begin = mine.now();
  scene.poll(begin - 1h, out);
  expect(mine.now() < begin + patience, "poll() to return at once when `until` has passed");

  scene.start(1, Peer::hangs);
  begin = mine.now();
  scene.poll(begin + 50ms, out);
  expect(mine.now() >= begin + 50ms - grace, "poll() to wait until it is time");
  expect(mine.now() < begin + patience, "poll() to return when it is time");
  expect(out.empty(), "no completion of a request that hangs");
}

void wakes_end_a_poll(TransportUnderTest& mine) {
  Scene scene(mine);
  std::vector<Completion> out;
  scene.start(1, Peer::hangs, 4 * patience);
  const SteadyTime until = mine.now() + patience;
  scene.transport().wake();
  scene.transport().wake();
  scene.poll(until, out);
  expect(mine.now() < until, "poll() to return early after wake()");

  std::thread other([&scene] {
    for (int i = 0; i < 1000; ++i) scene.transport().wake();
  });
  for (int i = 0; i < 20; ++i) scene.poll(mine.now() + 1ms, out);
  other.join();
  expect(out.empty(), "wakes to complete nothing");
}

void a_transport_may_go_at_any_time(TransportUnderTest& mine) {
  Scene scene(mine);
  std::vector<Completion> out;
  for (RequestId id = 1; id <= 6; ++id) {
    scene.start(id, id % 2 == 0 ? Peer::hangs : Peer::echoes, patience, "{}", id > 3);
  }
  scene.poll(mine.now() + 5ms, out);
  scene.start(7, Peer::echoes);
}

constexpr TransportCase cases[] = {
    {"an answer comes back, and the body arrives byte for byte", answers_come_back},
    {"a status is not a fault, whatever it is", statuses_are_not_faults},
    {"a redirect is not followed", redirects_are_not_followed},
    {"a request that is not answered ends at its deadline", deadlines_end_requests},
    {"a request whose deadline has passed is a timeout", past_deadlines_are_timeouts},
    {"a body that does not end, or breaks off, does not undo a status",
     bodies_do_not_undo_a_status},
    {"a connection that is refused, or breaks, is a fault", broken_connections_are_faults},
    {"each of many requests completes once, with its own answer", each_request_completes_once},
    {"requests that hang hold up nobody", hung_requests_hold_up_nobody},
    {"slow endpoints are served", slow_endpoints_are_served},
    {"a cancelled request completes once, as cancelled", cancelled_requests_complete_once},
    {"an id may be used again once its request has completed", ids_may_be_used_again},
    {"poll waits as long as it is told, and no longer", poll_waits_no_longer_than_told},
    {"a wake ends a poll", wakes_end_a_poll},
    {"a transport may go while requests are under way", a_transport_may_go_at_any_time},
};

}  // namespace

TransportUnderTest::~TransportUnderTest() = default;

SteadyTime TransportUnderTest::now() {
  return std::chrono::steady_clock::now();
}

std::span<const TransportCase> transport_contract() {
  return cases;
}

}  // namespace hookwright::testing
