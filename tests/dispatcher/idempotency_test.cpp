// Publishing the same thing again stores nothing.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;

namespace {

PublishOptions keyed(std::string key, Duration window = 24h) {
  PublishOptions options;
  options.idempotency_key = std::move(key);
  options.idempotency_window = window;
  return options;
}

}  // namespace

TEST_CASE("a key that was used within its window stores nothing and names the first event") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");

  const Receipt first = dispatcher.publish("acme", Numbered{.n = 1}, keyed("order 17"));
  const EventId first_id = first.event();
  CHECK(first.wait(1s) == Stored::yes);

  const Receipt second = dispatcher.publish("acme", Numbered{.n = 2}, keyed("order 17"));
  CHECK(second.queued());
  CHECK(second.wait(1s) == Stored::duplicate);
  CHECK(second.event() == first_id);

  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, keyed("order 18")).wait(1s) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 3});
  CHECK(dispatcher.metrics().lost == 0);
}

TEST_CASE("two publishes of one key in the same commit store one event") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt first = dispatcher.publish("acme", Numbered{.n = 1}, keyed("k"));
  const EventId first_id = first.event();
  const Receipt second = dispatcher.publish("acme", Numbered{.n = 2}, keyed("k"));
  world.run(dispatcher, 1s);
  CHECK(first.stored() == Stored::yes);
  CHECK(second.stored() == Stored::duplicate);
  CHECK(second.event() == first_id);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("an idempotency key belongs to its tenant") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "umbrella", "u.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, keyed("k")).wait(1s) == Stored::yes);
  CHECK(dispatcher.publish("umbrella", Numbered{.n = 2}, keyed("k")).wait(1s) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
  CHECK(world.net->numbers("u.example.com") == numbers_from(2, 2));
}

TEST_CASE("tenant and key can't be read as another tenant and key") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  for (const std::string tenant : {"a", "a/b", "a:b", "a\nb"}) {
    subscribe(dispatcher, tenant, "a.example.com");
  }
  const auto publish = [&](std::string_view tenant, std::string key) {
    return dispatcher.publish(tenant, Numbered{.n = 1}, keyed(std::move(key))).wait(1s);
  };
  CHECK(publish("a", "b/c") == Stored::yes);
  CHECK(publish("a/b", "c") == Stored::yes);
  CHECK(publish("a", "b:c") == Stored::yes);
  CHECK(publish("a:b", "c") == Stored::yes);
  CHECK(publish("a", "b\nc") == Stored::yes);
  CHECK(publish("a\nb", "c") == Stored::yes);
  CHECK(publish("a", std::string("\0b", 2)) == Stored::yes);
  CHECK(publish("a", std::string("\0c", 2)) == Stored::yes);
}

TEST_CASE("a key may be used again once its window has passed") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, keyed("k", 1h)).wait(1s) == Stored::yes);
  world.run(dispatcher, 59min);
  CHECK(dispatcher.publish("acme", Numbered{.n = 2}, keyed("k", 1h)).wait(1s) == Stored::duplicate);
  world.run(dispatcher, 2min);
  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, keyed("k", 1h)).wait(1s) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("a key is remembered over a restart") {
  World world(GENERATE(from_range(store_kinds())));
  EventId first;
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1}, keyed("k"));
    CHECK(receipt.wait(1s) == Stored::yes);
    first = receipt.event();
  }
  Dispatcher dispatcher(world.options());
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1}, keyed("k"));
  CHECK(receipt.wait(1s) == Stored::duplicate);
  CHECK(receipt.event() == first);
}

TEST_CASE("an encoded event published twice is one event") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const EncodedEvent event = encode(Numbered{.n = 1}, world.clock->wall());

  const Receipt first = dispatcher.publish("acme", event);
  CHECK(first.event() == event.id);
  SECTION("in the same commit") {}
  SECTION("later") {
    world.run(dispatcher, 1s);
  }
  const Receipt second = dispatcher.publish("acme", event);
  CHECK(second.event() == event.id);
  world.run(dispatcher, 1s);
  CHECK(first.stored() == Stored::yes);
  CHECK(second.stored() == Stored::duplicate);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
  CHECK(world.net->arrivals()[0].header("webhook-id") == event.id.text());
}

TEST_CASE("an encoded event is still the same after a restart") {
  World world(GENERATE(from_range(store_kinds())));
  const EncodedEvent event = encode(Numbered{.n = 1}, world.clock->wall());
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    CHECK(dispatcher.publish("acme", event).wait(1s) == Stored::yes);
    world.run(dispatcher, 1s);
  }
  Dispatcher dispatcher(world.options());
  CHECK(dispatcher.publish("acme", event).wait(1s) == Stored::duplicate);
  world.run(dispatcher, 1h);
  CHECK(world.net->arrivals().size() == 1);
}

TEST_CASE("an idempotency key that can't be one is misuse") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK_THROWS_AS(dispatcher.publish("acme", Numbered{}, keyed(std::string(256, 'k'))),
                  ConfigError);
  CHECK_THROWS_AS(dispatcher.publish("acme", Numbered{}, keyed("k", -1ms)), ConfigError);
  CHECK_NOTHROW(dispatcher.publish("acme", Numbered{}, keyed(std::string(255, 'k'))));
}
