// publish_all(): several events in one commit, all or none.

#include <limits>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/snipy.hpp"

using namespace dispatcher_test;

TEST_CASE("a scan and its click are published together, in one commit") {
  World world(GENERATE(from_range(store_kinds())));
  Options options = world.options();
  options.catalog = snipy::catalog();
  options.default_profile = "snipy";
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  world.run(dispatcher, 1s);
  const std::uint64_t commits = dispatcher.metrics().commits;

  const Receipt receipt =
      dispatcher.publish_all("acme", snipy::QrScanned::sample(), snipy::LinkClicked::sample());
  CHECK(receipt.queued());
  CHECK(dispatcher.metrics().published == 2);
  CHECK(receipt.wait(1s) == Stored::yes);
  CHECK(dispatcher.metrics().commits == commits + 1);
  CHECK(dispatcher.metrics().stored == 2);

  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 2);
  CHECK(world.net->arrivals()[0].header("X-Snipy-Event") == "qr.scanned");
  CHECK(world.net->arrivals()[1].header("X-Snipy-Event") == "link.clicked");
  CHECK(receipt.event().text() == world.net->arrivals()[0].header("webhook-id"));
}

TEST_CASE("events that nobody listens to are left out of a publish_all") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com", {"test.other.kind"});
  const Receipt receipt =
      dispatcher.publish_all("acme", Numbered{.n = 1}, Other{.n = 2}, Numbered{.n = 3});
  CHECK(receipt.queued());
  CHECK(dispatcher.metrics().published == 1);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{2});
  CHECK(world.net->arrivals()[0].header("webhook-id") == receipt.event().text());

  CHECK(dispatcher.publish_all("acme", Numbered{.n = 1}, Measured{}).publication() ==
        Publication::nobody_listening);
  CHECK(dispatcher.publish_all("acme", std::vector<EncodedEvent>{}).publication() ==
        Publication::nobody_listening);
}

TEST_CASE("one event that can't be written refuses all of a publish_all") {
  World world(GENERATE(from_range(store_kinds())));
  Options options = world.options();
  options.limits.body_bytes_max = 1'000;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");

  Receipt receipt = dispatcher.publish_all(
      "acme", Numbered{.n = 1}, Measured{.value = std::numeric_limits<double>::quiet_NaN()});
  CHECK(receipt.publication() == Publication::refused);
  CHECK(receipt.refusal() == Refusal::unrepresentable);
  CHECK_THAT(receipt.message(), Catch::Matchers::ContainsSubstring("data.value"));

  receipt = dispatcher.publish_all("acme", Numbered{.n = 1},
                                   Numbered{.n = 2, .text = std::string(1'000, 'x')});
  CHECK(receipt.refusal() == Refusal::body_too_large);

  world.run(dispatcher, 1h);
  CHECK(world.net->arrivals().empty());
  CHECK(dispatcher.metrics().stored == 0);
}

TEST_CASE("an unknown type in a publish_all throws, and nothing is published") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  std::vector<EncodedEvent> events;
  events.push_back(encode(Numbered{.n = 1}, world.clock->wall()));
  events.push_back(encode(snipy::LinkClicked::sample(), world.clock->wall()));
  CHECK_THROWS_AS(dispatcher.publish_all("acme", events), ConfigError);
  world.run(dispatcher, 1s);
  CHECK(world.net->arrivals().empty());
  CHECK(dispatcher.metrics().published == 0);
}

TEST_CASE("a publish_all that does not fit into the inbox is refused whole") {
  World world(GENERATE(from_range(store_kinds())));
  Options options = world.options();
  options.limits.inbox_events_max = 3;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}).queued());
  CHECK(dispatcher.publish("acme", Numbered{.n = 2}).queued());
  const Receipt receipt = dispatcher.publish_all("acme", Numbered{.n = 3}, Numbered{.n = 4});
  CHECK(receipt.publication() == Publication::refused);
  CHECK(receipt.refusal() == Refusal::inbox_full);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 2));
}

TEST_CASE("a publish_all with an idempotency key is stored once as a whole") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  PublishOptions options;
  options.idempotency_key = "order 17";
  EventId first;
  for (int round = 0; round < 2; ++round) {
    std::vector<EncodedEvent> events;
    events.push_back(encode(Numbered{.n = 1}, world.clock->wall()));
    events.push_back(encode(Numbered{.n = 2}, world.clock->wall()));
    const Receipt receipt = dispatcher.publish_all("acme", std::move(events), options);
    world.run(dispatcher, 1s);
    CHECK(receipt.stored() == (round == 0 ? Stored::yes : Stored::duplicate));
    if (round == 0) first = receipt.event();
    CHECK(receipt.event() == first);
  }
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 2));
}

TEST_CASE("one event that is stored already keeps the others of a publish_all from being stored") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const EncodedEvent known = encode(Numbered{.n = 1}, world.clock->wall());
  CHECK(dispatcher.publish("acme", known).wait(1s) == Stored::yes);
  const Receipt receipt = dispatcher.publish_all(
      "acme", std::vector<EncodedEvent>{encode(Numbered{.n = 2}, world.clock->wall()), known});
  world.run(dispatcher, 1s);
  CHECK(receipt.stored() != Stored::pending);
  CHECK(receipt.stored() != Stored::yes);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}
