#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch2.hpp"
#include "event/one_field.hpp"
#include "hookwright/events/snipy.hpp"

using hookwright::encode;
using hookwright::EncodedEvent;
using hookwright::EventId;
using hookwright::IdGenerator;
using hookwright::TimePoint;
using hookwright::snipy::LinkClicked;

namespace {

constexpr TimePoint at{std::chrono::milliseconds(1772625600123)};  // 2026-03-04T12:00:00.123Z

// Encodes another event from within its own fields().
struct Reentrant {
  static constexpr std::string_view event_type = "reentrant";
  void fields(auto& f) const {
    f("before", 1);
    f("inner", encode(LinkClicked{.alias = "inner"}, at).body);
    f("after", 2);
  }
};

struct Throwing {
  static constexpr std::string_view event_type = "throwing";
  void fields(auto& f) const {
    f("before", 1);
    throw std::runtime_error("from fields()");
  }
};

}  // namespace

TEST_CASE("the event keeps its time to the millisecond; its body says it to the second",
          "[event]") {
  const EncodedEvent event = encode(LinkClicked{}, at);
  CHECK(event.at == at);
  CHECK_THAT(event.body,
             Catch::Matchers::StartsWith(
                 R"({"event":"link.clicked","timestamp":"2026-03-04T12:00:00Z","data":{)"));
  CHECK(encode(LinkClicked{}, TimePoint::max()).refusal ==
        "timestamp: a time outside the years 0000 to 9999");
}

TEST_CASE("the id is fixed by encode: one of the process, of a generator, or the one given",
          "[event]") {
  const EncodedEvent first = encode(LinkClicked{}, at);
  const EncodedEvent second = encode(LinkClicked{}, at);
  CHECK(first.id);
  CHECK(first.id < second.id);
  CHECK(first.body == second.body);

  IdGenerator ids(7);
  IdGenerator same(7);
  CHECK(encode(LinkClicked{}, at, {.ids = &ids}).id == same.next<EventId>(at));
  CHECK(encode(LinkClicked{}, at, {.id = first.id, .ids = &ids}).id == first.id);
}

TEST_CASE("events are encoded by many threads at once", "[event]") {
  constexpr int each = 2000;
  std::vector<std::vector<EncodedEvent>> encoded(4);
  std::vector<std::thread> threads;
  for (auto& mine : encoded)
    threads.emplace_back([&mine] {
      for (int i = 0; i < each; ++i) mine.push_back(encode(LinkClicked{.link_id = i}, at));
    });
  for (std::thread& thread : threads) thread.join();
  std::set<EventId> ids;
  for (const auto& mine : encoded) {
    for (int i = 0; i < each; ++i) {
      const EncodedEvent& event = mine[static_cast<std::size_t>(i)];
      ids.insert(event.id);
      if (event.body != encode(LinkClicked{.link_id = i}, at).body) FAIL(event.body);
    }
  }
  CHECK(ids.size() == 4 * each);
}

TEST_CASE("an event may encode another while it is encoded", "[event]") {
  const std::string body = encode(Reentrant{}, at).body;
  CHECK(hookwright::is_canonical_json(body));
  CHECK_THAT(body, Catch::Matchers::ContainsSubstring(R"(\"alias\":\"inner\")"));
  CHECK_THAT(body, Catch::Matchers::EndsWith(R"(","after":2}})"));
}

TEST_CASE("what an event's own functions throw passes through, and leaves nothing behind",
          "[event]") {
  const std::string before = encode(LinkClicked{}, at).body;
  CHECK_THROWS_AS(static_cast<void>(encode(Throwing{}, at)), std::runtime_error);
  CHECK(encode(LinkClicked{}, at).body == before);
}

TEST_CASE("a thread's last events may be encoded while it ends", "[event]") {
  struct AtExit {
    std::string* body = nullptr;
    ~AtExit() {
      if (body != nullptr) *body = encode(LinkClicked{}, at).body;
    }
  };
  std::string body;
  std::thread([&body] {
    thread_local AtExit at_exit;  // destroyed after the writer's own, which is made later
    at_exit.body = &body;
    static_cast<void>(encode(LinkClicked{}, at));
  }).join();
  CHECK(body == encode(LinkClicked{}, at).body);
}

TEST_CASE("event types are checked while compiling", "[event]") {
  using hookwright::valid_event_family;
  using hookwright::valid_event_type;
  STATIC_REQUIRE(valid_event_type("ping"));
  STATIC_REQUIRE(valid_event_type("link.click.registered"));
  STATIC_REQUIRE(valid_event_type("Order-1.line_2"));
  STATIC_REQUIRE_FALSE(valid_event_type(""));
  STATIC_REQUIRE_FALSE(valid_event_type("link."));
  STATIC_REQUIRE_FALSE(valid_event_type(".link"));
  STATIC_REQUIRE_FALSE(valid_event_type("link..clicked"));
  STATIC_REQUIRE_FALSE(valid_event_type("link clicked"));
  STATIC_REQUIRE(valid_event_family(""));
  STATIC_REQUIRE(valid_event_family("snipy"));
  STATIC_REQUIRE_FALSE(valid_event_family("a.b"));
}
