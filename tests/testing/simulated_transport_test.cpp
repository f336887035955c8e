#include "hookwright/testing/simulated_transport.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch2.hpp"

using hookwright::Completion;
using hookwright::Duration;
using hookwright::Fault;
using hookwright::Request;
using hookwright::SteadyTime;
using hookwright::TimePoint;
using hookwright::testing::SimulatedAnswer;
using hookwright::testing::SimulatedTransport;
using hookwright::testing::VirtualClock;
using namespace std::chrono_literals;

namespace {

Request request_to(const std::string& host, SteadyTime deadline) {
  Request request;
  request.url.host = host;
  request.body = std::make_shared<const std::string>("{}");
  request.deadline = deadline;
  return request;
}

}  // namespace

TEST_CASE("a virtual clock moves only when it is told to") {
  VirtualClock clock(TimePoint{5s});
  const SteadyTime begin = clock.steady();
  CHECK(clock.wall() == TimePoint{5s});

  clock.advance(1500ms);
  CHECK(clock.wall() == TimePoint{6500ms});
  CHECK(clock.steady() - begin == 1500ms);

  clock.advance_to(begin + 1s);
  CHECK(clock.steady() - begin == 1500ms);
  clock.advance_to(begin + 2s);
  CHECK(clock.wall() == TimePoint{7s});
}

TEST_CASE("setting a virtual wall clock back leaves steady time alone") {
  VirtualClock clock(TimePoint{100s});
  const SteadyTime begin = clock.steady();
  clock.advance(10s);
  clock.set_wall(TimePoint{50s});
  CHECK(clock.steady() - begin == 10s);
  clock.advance(1s);
  CHECK(clock.wall() == TimePoint{51s});
  CHECK(clock.steady() - begin == 11s);
}

TEST_CASE("simulated completions come out when their time has come, in its order") {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedTransport transport(clock, [](const Request& request) {
    SimulatedAnswer answer;
    answer.status = request.url.host == "b" ? 503 : 200;
    answer.latency = request.url.host == "a" ? 30ms : 20ms;
    return answer;
  });
  const SteadyTime begin = clock->steady();
  transport.start(1, request_to("a", begin + 1s));
  transport.start(2, request_to("b", begin + 1s));
  transport.start(3, request_to("c", begin + 1s));

  std::vector<Completion> out;
  transport.poll(begin + 1s, out);
  CHECK(out.empty());
  CHECK(clock->steady() == begin);
  REQUIRE(transport.next_completion() == begin + 20ms);

  clock->advance_to(*transport.next_completion());
  transport.poll(begin, out);
  REQUIRE(out.size() == 2);
  CHECK(out[0].id == 2);
  CHECK(out[0].status == 503);
  CHECK(out[0].elapsed == 20ms);
  CHECK(out[1].id == 3);
  CHECK(transport.under_way() == 1);

  clock->advance(1h);
  transport.poll(begin, out);
  REQUIRE(out.size() == 3);
  CHECK(out[2].id == 1);
  CHECK(!transport.next_completion());
}

TEST_CASE("a simulated answer that comes after the deadline is a timeout at the deadline") {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedTransport transport(clock, [](const Request&) {
    SimulatedAnswer answer;
    answer.latency = 1h;
    return answer;
  });
  const SteadyTime deadline = clock->steady() + 3s;
  transport.start(1, request_to("a", deadline));
  CHECK(transport.next_completion() == deadline);
  clock->advance_to(deadline);
  std::vector<Completion> out;
  transport.poll(deadline, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].fault == Fault::timeout);
  CHECK(out[0].status == 0);
  CHECK(out[0].elapsed == 3s);
}

TEST_CASE("poll of a simulated transport can wait in virtual time") {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedTransport transport(clock, {}, true);
  const SteadyTime begin = clock->steady();
  transport.start(1, request_to("a", begin + 1s));

  std::vector<Completion> out;
  transport.poll(begin + 4ms, out);
  CHECK(out.empty());
  CHECK(clock->steady() == begin + 4ms);

  transport.poll(begin + 1s, out);
  CHECK(out.size() == 1);
  CHECK(clock->steady() == begin + 10ms);

  transport.wake();
  transport.poll(begin + 1s, out);
  CHECK(clock->steady() == begin + 10ms);
  transport.poll(SteadyTime::max(), out);
  CHECK(clock->steady() == begin + 10ms);
}

TEST_CASE("a cancelled simulated request completes once, as cancelled") {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedTransport transport(clock);
  transport.start(1, request_to("a", clock->steady() + 1s));
  transport.cancel(1);
  transport.cancel(1);
  transport.cancel(99);

  std::vector<Completion> out;
  transport.poll(clock->steady(), out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].fault == Fault::cancelled);
  clock->advance(1s);
  transport.poll(clock->steady(), out);
  CHECK(out.size() == 1);

  transport.start(1, request_to("a", clock->steady() + 1s));
  clock->advance(10ms);
  transport.cancel(1);
  transport.poll(clock->steady(), out);
  REQUIRE(out.size() == 2);
  CHECK(out[1].fault == Fault::none);
}

TEST_CASE("a simulated transport objects to an id that is under way twice") {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedTransport transport(clock);
  transport.start(1, request_to("a", clock->steady() + 1s));
  CHECK_THROWS_AS(transport.start(1, request_to("a", clock->steady() + 1s)), std::logic_error);
}
