// What publish() says, and what its receipt tells afterwards.

#include <optional>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;

namespace {

// Says when it is serialised.
struct Watched {
  static constexpr std::string_view event_type = "watched";
  int* serialised = nullptr;
  void fields(auto& f) const {
    if (serialised != nullptr) ++*serialised;
    f("n", 1);
  }
};

}  // namespace

TEST_CASE("a published event is queued, then stored, then delivered once") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");

  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 7, .text = "seven"});
  CHECK(receipt.publication() == Publication::queued);
  CHECK(receipt.queued());
  CHECK(receipt.refusal() == Refusal::none);
  CHECK(receipt.message().empty());
  CHECK(receipt.event());
  CHECK(receipt.stored() == Stored::pending);
  CHECK(world.net->arrivals().empty());

  world.run(dispatcher, 1s);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(receipt.wait(0ms) == Stored::yes);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(arrival.url == "https://a.example.com/hook");
  CHECK(
      *arrival.body ==
      R"({"event":"test.numbered","timestamp":"2025-01-01T00:00:00Z","data":{"n":7,"text":"seven"}})");

  world.run(dispatcher, 26h);
  CHECK(world.net->arrivals().size() == 1);
}

TEST_CASE("an event is sent the moment it is published if nothing else is going on") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  world.run(dispatcher, 1h);
  const TimePoint published = world.clock->wall();
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  CHECK(world.net->arrivals()[0].wall == published);
}

TEST_CASE("a publish that nobody listens to says so, serialises nothing and writes nothing") {
  World world;
  Options options = world.options();
  options.catalog.add<Watched>();
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com", {"test.numbered"});
  world.run(dispatcher, 1s);
  const std::uint64_t commits = dispatcher.metrics().commits;

  int serialised = 0;
  const Receipt receipt = dispatcher.publish("acme", Watched{.serialised = &serialised});
  CHECK(receipt.publication() == Publication::nobody_listening);
  CHECK_FALSE(receipt.queued());
  CHECK_FALSE(receipt.event());
  CHECK(receipt.stored() == Stored::no);
  CHECK(receipt.wait(1h) == Stored::no);
  CHECK(serialised == 0);

  world.run(dispatcher, 1s);
  CHECK(dispatcher.metrics().commits == commits);
  CHECK(dispatcher.metrics().nobody_listening == 1);
  CHECK(world.net->arrivals().empty());

  subscribe(dispatcher, "acme", "b.example.com", {"watched"});
  CHECK(dispatcher.publish("acme", Watched{.serialised = &serialised}).queued());
  CHECK(serialised == 1);
}

TEST_CASE("waiting for a receipt does the dispatcher's work and ends when its time is up") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1});
  CHECK(receipt.wait(1s) == Stored::yes);
  CHECK(dispatcher.publish_durable("acme", Numbered{.n = 2}) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 2));
}

TEST_CASE("on_stored is called once, when it is known, or at once if it is") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1});
  std::vector<Stored> told;
  receipt.on_stored([&](Stored stored) { told.push_back(stored); });
  CHECK(told.empty());
  world.run(dispatcher, 1s);
  REQUIRE(told.size() == 1);
  CHECK(told[0] == Stored::yes);

  receipt.on_stored([&](Stored stored) { told.push_back(stored); });
  CHECK(told.size() == 2);
  world.run(dispatcher, 1h);
  CHECK(told.size() == 2);

  std::optional<Stored> of_nobody;
  dispatcher.publish("somebody else", Numbered{.n = 1}).on_stored([&](Stored s) { of_nobody = s; });
  CHECK(of_nobody == Stored::no);
}

TEST_CASE("a callback that throws harms nothing and is counted") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1});
  receipt.on_stored([](Stored) { throw std::runtime_error("the caller's own"); });
  world.run(dispatcher, 1s);
  CHECK(receipt.stored() == Stored::yes);
  CHECK(world.net->arrivals().size() == 1);
  CHECK(dispatcher.metrics().plugin_errors == 1);
}

TEST_CASE("a receipt outlives its dispatcher") {
  World world;
  Receipt stored;
  Receipt pending;
  bool told = false;
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    stored = dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1s);
    pending = dispatcher.publish("acme", Numbered{.n = 2});
    pending.on_stored([&](Stored) { told = true; });
  }
  CHECK(stored.wait(1h) == Stored::yes);
  const Stored fate = pending.wait(1h);
  CHECK((fate == Stored::yes || fate == Stored::no));
  CHECK(told);

  const Receipt nothing;
  CHECK(nothing.publication() == Publication::nobody_listening);
  CHECK(nothing.wait(1h) == Stored::no);
}

TEST_CASE("the body and the id say when an event happened, if the caller does") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const TimePoint at = world.clock->wall() - 48h;
  PublishOptions options;
  options.at = at;
  dispatcher.publish("acme", Numbered{.n = 1}, options);
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  CHECK_THAT(*world.net->arrivals()[0].body,
             Catch::Matchers::ContainsSubstring(R"("timestamp":"2024-12-30T00:00:00Z")"));
}

TEST_CASE("an event known at run time only is published like any other, in canonical form") {
  World world;
  Options options = world.options();
  options.catalog.add(DynamicEvent{.type = "invoice.paid", .data = R"({"n":1})", .family = {}});
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com", {"invoice.*"});
  CHECK(dispatcher
            .publish("acme", DynamicEvent{.type = "invoice.paid",
                                          .data = "{ \"n\" : 1.50, \"s\":\"\\u0041\" }",
                                          .family = {}})
            .queued());
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  CHECK(*world.net->arrivals()[0].body ==
        R"({"event":"invoice.paid","timestamp":"2025-01-01T00:00:00Z","data":{"n":1.5,"s":"A"}})");
}

TEST_CASE("the metrics count what was published") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.latency = 1s});
  for (int n = 0; n < 3; ++n) dispatcher.publish("acme", Numbered{.n = n});
  dispatcher.publish("nobody", Numbered{.n = 1});
  dispatcher.publish("acme", Measured{.value = std::numeric_limits<double>::infinity()});
  dispatcher.publish("acme", Numbered{.n = 3, .text = "\xFFx\xFE"});
  CHECK(dispatcher.metrics().published == 4);
  CHECK(dispatcher.metrics().inbox_events == 4);
  CHECK(dispatcher.metrics().nobody_listening == 1);
  CHECK(dispatcher.metrics().refused == 1);
  CHECK(dispatcher.metrics().replaced_utf8 == 2);

  world.run(dispatcher, 500ms);
  CHECK(dispatcher.metrics().stored == 4);
  CHECK(dispatcher.metrics().inbox_events == 0);
  CHECK(dispatcher.metrics().attempts == 4);
  CHECK(dispatcher.metrics().in_flight == 4);
  CHECK(dispatcher.metrics().delivered == 0);

  world.run(dispatcher, 1s);
  CHECK(dispatcher.metrics().delivered == 4);
  CHECK(dispatcher.metrics().in_flight == 0);
  CHECK(dispatcher.metrics().in_memory == 0);
  CHECK(dispatcher.metrics().lost == 0);
  CHECK(dispatcher.metrics().failed == 0);
  CHECK(dispatcher.metrics().dead == 0);
  CHECK(dispatcher.metrics().plugin_errors == 0);
}
