#include "hookwright/seen_deliveries.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"

namespace {

using namespace hookwright;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr TimePoint start{hours(500'000)};

SeenDeliveriesOptions options(Duration window, std::size_t max) {
  SeenDeliveriesOptions result;
  result.window = window;
  result.max = max;
  return result;
}

}  // namespace

TEST_CASE("a delivery is new once") {
  SeenDeliveries seen;
  CHECK(seen.first_time("del_a", start));
  CHECK_FALSE(seen.first_time("del_a", start));
  CHECK(seen.first_time("del_b", start));
  CHECK(seen.first_time("DEL_A", start));
  CHECK_FALSE(seen.first_time("del_a", start + hours(1)));
  CHECK(seen.size() == 3);
}

TEST_CASE("by default an id is kept for 51 hours from when it was first seen") {
  SeenDeliveries seen;
  CHECK(seen.first_time("del_a", start));
  CHECK_FALSE(seen.first_time("del_a", start + hours(40)));
  CHECK_FALSE(seen.first_time("del_a", start + hours(51) - milliseconds(1)));
  CHECK(seen.first_time("del_a", start + hours(51)));
  CHECK_FALSE(seen.first_time("del_a", start + hours(51)));
}

TEST_CASE("the default window is longer than any product retries") {
  for (const Profile& profile : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph()}) {
    Duration longest{};
    for (const Duration delay : profile.policy.retries) {
      longest += std::chrono::duration_cast<Duration>(delay * (1.0 + profile.policy.jitter_max)) +
                 profile.policy.deadline;
    }
    CHECK(longest < SeenDeliveriesOptions{}.window);
  }
}

TEST_CASE("beyond its bound the oldest is forgotten") {
  SeenDeliveries seen(options(hours(1), 3));
  for (const char* id : {"a", "b", "c", "d"}) CHECK(seen.first_time(id, start));
  CHECK(seen.size() == 3);
  for (const char* id : {"b", "c", "d"}) CHECK_FALSE(seen.first_time(id, start));
  CHECK(seen.first_time("a", start));
  CHECK(seen.first_time("b", start));
}

TEST_CASE("what has expired makes room") {
  SeenDeliveries seen(options(hours(1), 100));
  for (int i = 0; i < 50; ++i) CHECK(seen.first_time(std::to_string(i), start));
  CHECK(seen.first_time("late", start + hours(1)));
  CHECK(seen.size() == 1);
}

TEST_CASE("a clock set back keeps ids longer, never shorter") {
  SeenDeliveries seen(options(hours(1), 100));
  CHECK(seen.first_time("a", start));
  CHECK(seen.first_time("b", start - hours(5)));
  CHECK_FALSE(seen.first_time("a", start - hours(5)));
  seen.forget("a");  // nothing older is left to hold "b" back
  CHECK_FALSE(seen.first_time("b", start));
  CHECK_FALSE(seen.first_time("b", start + hours(1) - milliseconds(1)));
  CHECK(seen.first_time("b", start + hours(1)));
}

TEST_CASE("an id may be taken out again, so that a retry is let through") {
  SeenDeliveries seen;
  CHECK(seen.first_time("a", start));
  CHECK(seen.first_time("b", start));
  seen.forget("a");
  seen.forget("never seen");
  seen.forget("");
  CHECK(seen.size() == 1);
  CHECK(seen.first_time("a", start));
  CHECK_FALSE(seen.first_time("b", start));
}

TEST_CASE("ids may be of any length and content") {
  SeenDeliveries seen;
  const std::string zero("a\0b", 3);
  const std::string huge(1'000'000, 'x');
  for (const std::string& id :
       {zero, std::string("a"), huge, huge + "x", std::string("\xFF\r\n")}) {
    CHECK(seen.first_time(id, start));
    CHECK_FALSE(seen.first_time(id, start));
  }
}

TEST_CASE("an empty id says nothing, so it is always new") {
  SeenDeliveries seen;
  CHECK(seen.first_time("", start));
  CHECK(seen.first_time("", start));
  CHECK(seen.size() == 0);
}

TEST_CASE("a window without time or room is refused") {
  CHECK_THROWS_WITH(SeenDeliveries(options(Duration::zero(), 1)),
                    "seen_deliveries.window: must be positive (got \"0 ms\")");
  CHECK_THROWS_AS(SeenDeliveries(options(hours(-1), 1)), ConfigError);
  CHECK_THROWS_AS(SeenDeliveries(options(hours(1), 0)), ConfigError);
  SeenDeliveries forever(options(Duration::max(), 1));
  CHECK(forever.first_time("a", start));
  CHECK_FALSE(forever.first_time("a", start + hours(100'000)));
}

TEST_CASE("of many threads that ask for the same id exactly one is the first") {
  SeenDeliveries moved;
  SeenDeliveries seen = std::move(moved);
  std::atomic<int> firsts = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (seen.first_time(std::to_string(i), start)) ++firsts;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(firsts == 1000);
}
