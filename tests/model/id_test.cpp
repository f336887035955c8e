#include "hookwright/id.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "catch2.hpp"

using hookwright::DeliveryId;
using hookwright::Duration;
using hookwright::EndpointId;
using hookwright::EventId;
using hookwright::IdGenerator;
using hookwright::TimePoint;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1'767'225'600'000ms};  // 2026-01-01

std::int64_t milliseconds_in(const EventId& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms * 256 + id.bytes[i];
  return ms;
}

EventId all_ones() {
  EventId id;
  id.bytes.fill(0xFF);
  return id;
}

}  // namespace

TEST_CASE("ids of different kinds are different types") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<EventId, EndpointId>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<EndpointId, DeliveryId>);
}

TEST_CASE("a default-made id is false, a made one is true") {
  IdGenerator ids;
  CHECK_FALSE(EventId{});
  CHECK(ids.next<EventId>(start));
}

TEST_CASE("an id is a UUIDv7 of the time passed in") {
  IdGenerator ids;
  const auto id = ids.next<EventId>(start);
  CHECK(milliseconds_in(id) == start.time_since_epoch().count());
  CHECK((id.bytes[6] >> 4) == 7);
  CHECK((id.bytes[8] >> 6) == 2);
}

TEST_CASE("an id's text has its prefix and 22 base-62 digits, and reads back") {
  IdGenerator ids;
  const auto event = ids.next<EventId>(start);
  CHECK(event.text().size() == 4 + 22);
  CHECK_THAT(event.text(), Catch::Matchers::StartsWith("msg_"));
  CHECK(event.text().find_first_not_of(
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 4) ==
        std::string::npos);
  CHECK(EventId::parse(event.text()) == event);
  CHECK_THAT(ids.next<EndpointId>(start).text(), Catch::Matchers::StartsWith("ep_"));
  CHECK_THAT(ids.next<DeliveryId>(start).text(), Catch::Matchers::StartsWith("del_"));
}

TEST_CASE("the least and the greatest id have known texts") {
  CHECK(EventId{}.text() == "msg_0000000000000000000000");
  CHECK(all_ones().text() == "msg_7n42DGM5Tflk9n8mt7Fhc7");  // 2^128 - 1
  CHECK(EventId::parse("msg_7n42DGM5Tflk9n8mt7Fhc7") == all_ones());
  CHECK(EventId::parse("msg_0000000000000000000000") == EventId{});
}

TEST_CASE("only what text() writes is read as an id") {
  const std::string text = GENERATE(as<std::string>{},              //
                                    "",                             //
                                    "msg_",                         //
                                    "0000000000000000000000",       // no prefix
                                    "ep_0000000000000000000000",    // another kind's
                                    "MSG_0000000000000000000000",   //
                                    "msg_000000000000000000000",    // 21 digits
                                    "msg_00000000000000000000000",  // 23
                                    "msg_000000000000000000000-",   //
                                    "msg_000000000000000000000.",   //
                                    "msg_00000000000000000000\xC3\xA9",
                                    " msg_000000000000000000000",  //
                                    "msg_7n42DGM5Tflk9n8mt7Fhc8",  // 2^128
                                    "msg_zzzzzzzzzzzzzzzzzzzzzz");
  INFO(text);
  CHECK_FALSE(EventId::parse(text));
}

TEST_CASE("texts sort as ids do") {
  IdGenerator ids;
  std::vector<EventId> made{EventId{}, all_ones()};
  for (int i = 0; i < 500; ++i) made.push_back(ids.next<EventId>(start + Duration{i * 7'919}));
  std::ranges::sort(made);
  std::vector<std::string> texts;
  for (const EventId& id : made) texts.push_back(id.text());
  CHECK(std::ranges::is_sorted(texts));
}

TEST_CASE("ids rise strictly whatever the clock does") {
  IdGenerator ids(GENERATE(0U, 7U));
  std::vector<TimePoint> times;
  SECTION("it stands still, past the counter's end") {
    times.assign(20'000, start);
  }
  SECTION("it goes back") {
    for (int i = 0; i < 5'000; ++i) times.push_back(start - Duration{i * 1'000});
  }
  SECTION("it jumps to and fro") {
    for (int i = 0; i < 5'000; ++i) times.push_back(start + Duration{(i * 7'919) % 1'000});
  }
  SECTION("it is set before 1970") {
    times.assign(5'000, TimePoint{-1h});
  }
  SECTION("it says the least and the greatest there is") {
    for (int i = 0; i < 10'000; ++i) times.push_back(i % 2 ? TimePoint::max() : TimePoint::min());
  }
  std::vector<EventId> made;
  for (const TimePoint time : times) made.push_back(ids.next<EventId>(time));
  CHECK(std::ranges::adjacent_find(made, std::greater_equal<>{}) == made.end());
}

TEST_CASE("ids follow the clock again once it has caught up") {
  IdGenerator ids;
  (void)ids.next<EventId>(start + 10s);
  CHECK(milliseconds_in(ids.next<EventId>(start)) == (start + 10s).time_since_epoch().count());
  CHECK(milliseconds_in(ids.next<EventId>(start + 11s)) ==
        (start + 11s).time_since_epoch().count());
}

TEST_CASE("a seed gives the same ids in every run, another seed others") {
  IdGenerator a(42);
  IdGenerator b(42);
  IdGenerator c(43);
  for (int i = 0; i < 100; ++i) {
    const auto id = a.next<EventId>(start + Duration{i});
    CHECK(id == b.next<EventId>(start + Duration{i}));
    CHECK_FALSE(id == c.next<EventId>(start + Duration{i}));
  }
}

TEST_CASE("unseeded generators never agree, though the time is the same") {
  std::unordered_set<EventId> seen;
  for (int i = 0; i < 1'000; ++i) {
    IdGenerator ids;
    seen.insert(ids.next<EventId>(start));
  }
  CHECK(seen.size() == 1'000);
}

TEST_CASE("one generator serves many threads: no id twice, each thread's own rise") {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 5'000;
  IdGenerator ids;
  std::vector<std::vector<EventId>> made(threads);
  {
    std::vector<std::jthread> workers;
    for (auto& mine : made) {
      workers.emplace_back([&ids, &mine] {
        for (std::size_t i = 0; i < each; ++i) mine.push_back(ids.next<EventId>(start));
      });
    }
  }
  std::set<EventId> all;
  for (const auto& mine : made) {
    CHECK(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  CHECK(all.size() == threads * each);
}

TEST_CASE("a moved generator goes on where it was") {
  IdGenerator first(9);
  const auto before = first.next<EventId>(start);
  IdGenerator second(std::move(first));
  CHECK(second.next<EventId>(start) > before);
}
