#include "engine/rate.hpp"

#include <algorithm>
#include <vector>

#include "catch2.hpp"

namespace hookwright::engine {

using namespace std::chrono_literals;

namespace {

constexpr SteadyTime began{100s};

// Sends as fast as the rate lets it for so long, but for a pause of a minute at each tenth one, if
// asked to.
std::vector<SteadyTime> greedy(std::size_t per_minute, std::size_t burst, SteadyTime end,
                               bool pauses = false) {
  DeliveryPolicy policy;
  policy.rate_per_minute = per_minute;
  policy.rate_burst = burst;
  Rate rate;
  rate.limit(policy);
  std::vector<SteadyTime> sent;
  SteadyTime now = began;
  for (SteadyTime pause = began + 10min;; pause += 10min) {
    while ((now = rate.next(now)) < std::min(pause, end)) {
      rate.take(now);
      sent.push_back(now);
    }
    if (now >= end) return sent;
    if (pauses) now += 1min;
  }
}

std::size_t most_in_a_minute(const std::vector<SteadyTime>& sent) {
  std::size_t most = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    while (sent[i] - sent[from] >= 1min) ++from;
    most = std::max(most, i - from + 1);
  }
  return most;
}

}  // namespace

TEST_CASE("a minute holds the rate and one burst at most") {
  const auto [per_minute, burst] = GENERATE(
      std::pair<std::size_t, std::size_t>{1'200, 12}, std::pair<std::size_t, std::size_t>{1'200, 1},
      std::pair<std::size_t, std::size_t>{1'200, 1'200},
      std::pair<std::size_t, std::size_t>{60, 10}, std::pair<std::size_t, std::size_t>{1, 1},
      std::pair<std::size_t, std::size_t>{7, 100});
  INFO(per_minute << " a minute, burst " << burst);
  CHECK(most_in_a_minute(greedy(per_minute, burst, began + 10min)) <= per_minute + 1);
  const std::vector<SteadyTime> sent = greedy(per_minute, burst, began + 1h, true);
  CHECK(most_in_a_minute(sent) <= per_minute + std::min(per_minute, burst));
}

TEST_CASE("a saturated hour holds what sixty minutes promise") {
  const std::vector<SteadyTime> sent = greedy(1'200, 12, began + 1h);
  CHECK(sent.size() <= 72'000);
  CHECK(sent.size() >= 72'000 - 1);
  for (std::size_t i = 1; i < sent.size(); ++i) CHECK(sent[i] - sent[i - 1] == 50ms);
}

TEST_CASE("a burst passes at once after a pause") {
  DeliveryPolicy policy;
  policy.rate_per_minute = 60;
  policy.rate_burst = 5;
  Rate rate;
  rate.limit(policy);
  const SteadyTime now{1000s};
  CHECK(rate.next(SteadyTime{100s}) > SteadyTime{100s});  // nobody knows what was sent before
  for (int i = 0; i < 5; ++i) {
    CHECK(rate.next(now) == now);
    rate.take(now);
  }
  CHECK(rate.next(now) > now);
}

TEST_CASE("no rate is no limit") {
  Rate rate;
  rate.limit(DeliveryPolicy{});
  const SteadyTime now{1s};
  for (int i = 0; i < 10'000; ++i) rate.take(now);
  CHECK(rate.next(now) == now);
}

}  // namespace hookwright::engine
