#include "engine/moment.hpp"

#include "catch2.hpp"

namespace hookwright::engine {

using namespace std::chrono_literals;

namespace {
constexpr TimePoint wall0{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};
constexpr SteadyTime steady0{1000s};
}  // namespace

TEST_CASE("the timeline is the wall clock while that goes forward") {
  Timeline timeline;
  CHECK(timeline.at(wall0, steady0).now == wall0);
  CHECK(timeline.at(wall0 + 5s, steady0 + 5s).now == wall0 + 5s);
  CHECK(timeline.at(wall0 + 2h, steady0 + 6s).now ==
        wall0 + 2h);  // set forward, or the machine slept
}

TEST_CASE("a wall clock that is set back leaves the timeline going by the steady clock") {
  Timeline timeline;
  CHECK(timeline.at(wall0, steady0).now == wall0);
  const Moment after = timeline.at(wall0 - 24h, steady0 + 10s);
  CHECK(after.now == wall0 + 10s);
  CHECK(after.wall == wall0 - 24h);
  CHECK(timeline.at(wall0 - 24h + 50s, steady0 + 60s).now == wall0 + 60s);
  // Fractions of a millisecond are not lost on the way.
  for (int i = 1; i <= 10; ++i) (void)timeline.at(wall0 - 24h + 50s, steady0 + 60s + i * 500us);
  CHECK(timeline.at(wall0 - 24h + 50s, steady0 + 60s + 5ms).now == wall0 + 60s + 5ms);
}

TEST_CASE("a wall clock that lags a little is waited for") {
  Timeline timeline;
  (void)timeline.at(wall0, steady0);
  CHECK(timeline.at(wall0 + 900ms, steady0 + 1s).now == wall0 + 900ms);
  CHECK(timeline.at(wall0 + 850ms, steady0 + 1s).now == wall0 + 900ms);
  CHECK(timeline.at(wall0 + 1'000ms, steady0 + 1'100ms).now == wall0 + 1'000ms);
}

}  // namespace hookwright::engine
