// A latch decides whether an event is stored: once, with the last of its parts.

#include <cstdint>
#include <string>
#include <vector>

#include "dispatcher/flaky_store.hpp"
#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;

namespace {

PublishOptions latched(std::string key, std::uint32_t part = 1, std::uint32_t parts = 1) {
  return {.latch = Latch{.key = std::move(key), .part = part, .parts = parts}};
}

}  // namespace

TEST_CASE("an event with a latch is stored once, over restarts and for good") {
  World world(GENERATE(from_range(store_kinds())));
  EventId first;
  {
    Dispatcher dispatcher(world.options());
    subscribe(dispatcher, "acme", "a.example.com");
    const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1}, latched("k"));
    CHECK(receipt.wait(1s) == Stored::yes);
    first = receipt.event();
    const Receipt again = dispatcher.publish("acme", Numbered{.n = 2}, latched("k"));
    CHECK(again.wait(1s) == Stored::duplicate);
    CHECK(again.event() == first);
    world.run(dispatcher, 1s);
  }
  world.clock->advance(24h * 3'000);
  Dispatcher dispatcher(world.options());
  world.run(dispatcher, 24h);
  const Receipt again = dispatcher.publish("acme", Numbered{.n = 3}, latched("k"));
  CHECK(again.wait(1s) == Stored::duplicate);
  CHECK(again.event() == first);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("the event comes with the last part, in any order, with restarts between") {
  World world(GENERATE(from_range(store_kinds())));
  const auto order =
      GENERATE(values<std::vector<std::uint32_t>>({{1, 2, 4}, {4, 2, 1}, {2, 2, 2, 4, 4, 1}}));
  CAPTURE(order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    Dispatcher dispatcher(world.options());
    if (i == 0) subscribe(dispatcher, "acme", "a.example.com");
    const auto n = static_cast<std::int64_t>(i);
    const Receipt receipt = dispatcher.publish("acme", Numbered{.n = n}, latched("k", order[i], 7));
    CHECK(receipt.wait(1s) == (i + 1 == order.size() ? Stored::yes : Stored::recorded));
    world.run(dispatcher, 1s);
    CHECK(dispatcher.metrics().recorded + dispatcher.metrics().stored == 1);
  }
  Dispatcher dispatcher(world.options());
  for (const std::uint32_t part : {1U, 2U, 4U}) {
    CHECK(dispatcher.publish("acme", Numbered{.n = 99}, latched("k", part, 7)).wait(1s) ==
          Stored::duplicate);
  }
  world.run(dispatcher, 1s);
  const auto last = static_cast<std::int64_t>(order.size()) - 1;
  CHECK(world.net->numbers("a.example.com") == numbers_from(last, last));
}

TEST_CASE("parts that are published at once are recorded in one commit") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt one = dispatcher.publish("acme", Numbered{.n = 1}, latched("k", 1, 3));
  const Receipt both = dispatcher.publish("acme", Numbered{.n = 2}, latched("k", 2, 3));
  const Receipt late = dispatcher.publish("acme", Numbered{.n = 3}, latched("k", 2, 3));
  const std::uint64_t commits = dispatcher.metrics().commits;
  world.run(dispatcher, 1s);
  CHECK(one.stored() == Stored::recorded);
  CHECK(both.stored() == Stored::yes);
  CHECK(late.stored() == Stored::duplicate);
  CHECK(late.event() == both.event());
  CHECK(dispatcher.metrics().commits - commits <= 2);  // the other is the outcome
  CHECK(world.net->numbers("a.example.com") == numbers_from(2, 2));
}

TEST_CASE("two processes of one store close a latch once") {
  World world(StoreKind::memory);
  Dispatcher first(world.options());
  Dispatcher second(world.options());
  subscribe(first, "acme", "a.example.com");
  int stored = 0;
  int duplicates = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string key = "k" + std::to_string(round);
    const std::uint32_t part = round % 2 == 0 ? 1 : 2;
    const Receipt one = first.publish("acme", Numbered{.n = round}, latched(key, 1, part | 1));
    const Receipt two = second.publish("acme", Numbered{.n = round}, latched(key, part, part | 1));
    one.wait(1s);
    two.wait(1s);
    for (const Receipt* receipt : {&one, &two}) {
      stored += receipt->stored() == Stored::yes ? 1 : 0;
      duplicates += receipt->stored() == Stored::duplicate ? 1 : 0;
    }
  }
  CHECK(stored == 20);
  CHECK(duplicates == 10);
}

TEST_CASE("a commit whose answer got lost closes a latch once, and says yes") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options();
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  trouble->commit = GENERATE(Trouble::Kind::unknown_and_done, Trouble::Kind::unknown_and_not_done,
                             Trouble::Kind::unavailable);
  trouble->times = 2;
  const Receipt one = dispatcher.publish("acme", Numbered{.n = 1}, latched("k", 1, 3));
  const Receipt two = dispatcher.publish("acme", Numbered{.n = 2}, latched("k", 2, 3));
  const Receipt late = dispatcher.publish("acme", Numbered{.n = 3}, latched("k", 2, 3));
  world.run(dispatcher, 10s);
  CHECK(trouble->failed == 2);
  // By the time that the first one is known to be recorded, the event may be stored already.
  CHECK((one.stored() == Stored::recorded || one.stored() == Stored::duplicate));
  CHECK(two.stored() == Stored::yes);
  CHECK(late.stored() == Stored::duplicate);
  CHECK(world.net->numbers("a.example.com") == numbers_from(2, 2));
}

TEST_CASE("while the store can't be read, no latch is closed twice") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options();
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, latched("k")).wait(1s) == Stored::yes);
  trouble->find = GENERATE(Trouble::Kind::unavailable, Trouble::Kind::throws);
  const Receipt late = dispatcher.publish("acme", Numbered{.n = 2}, latched("k"));
  CHECK(late.wait(1s) == Stored::no);
  CHECK_FALSE(late.message().empty());
  trouble->find = Trouble::Kind::none;
  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, latched("k")).wait(1s) == Stored::duplicate);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("what a batch makes of a latch that it could not read is not taken for what is there") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options();
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, latched("k", 2, 7)).wait(1s) ==
        Stored::recorded);
  int reads = 0;
  trouble->before_find = [&](const Query& query) {
    if (query.kind != RecordKind::notes) return;
    trouble->find = ++reads == 1 ? Trouble::Kind::unavailable : Trouble::Kind::none;
  };
  const Receipt one = dispatcher.publish("acme", Numbered{.n = 2}, latched("k", 1, 7));
  const Receipt two = dispatcher.publish("acme", Numbered{.n = 3}, latched("k", 4, 7));
  world.run(dispatcher, 1s);
  CHECK(one.stored() == Stored::recorded);
  CHECK(two.stored() == Stored::yes);
  CHECK(world.net->numbers("a.example.com") == numbers_from(3, 3));
}

TEST_CASE("a latch that nobody can read any more, and may have closed, is not said to be lost") {
  World world(GENERATE(from_range(store_kinds())));
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options();
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  trouble->commit = Trouble::Kind::unknown_and_done;
  trouble->times = 1;
  trouble->find = Trouble::Kind::unavailable;
  const Receipt receipt = dispatcher.publish("acme", Numbered{.n = 1}, latched("k"));
  world.run(dispatcher, 1s);
  CHECK(receipt.stored() == Stored::unknown);
  trouble->find = Trouble::Kind::none;
  world.run(dispatcher, 10s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("a latch belongs to its tenant, and is none of the idempotency keys") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "umbrella", "u.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, latched("k")).wait(1s) == Stored::yes);
  CHECK(dispatcher.publish("umbrella", Numbered{.n = 2}, latched("k")).wait(1s) == Stored::yes);
  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, {.idempotency_key = "k"}).wait(1s) ==
        Stored::yes);
  CHECK(dispatcher.publish("acme", Numbered{.n = 4}, latched("k2")).wait(1s) == Stored::yes);
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 3, 4});
}

TEST_CASE("a latch closes where nobody listens: what happened has happened") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, latched("k")).wait(1s) == Stored::yes);
  const DynamicEvent dynamic{.type = "test.numbered", .data = R"({"n":2})"};
  CHECK(dispatcher.publish("acme", dynamic, latched("k2")).wait(1s) == Stored::yes);
  subscribe(dispatcher, "acme", "a.example.com");
  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, latched("k")).wait(1s) == Stored::duplicate);
  world.run(dispatcher, 1s);
  CHECK(world.net->arrivals().empty());
}

TEST_CASE("a latch may be kept for a while only, from its last change") {
  World world(GENERATE(from_range(store_kinds_that_forget())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  PublishOptions options = latched("k");
  options.latch->keep = 1h;
  CHECK(dispatcher.publish("acme", Numbered{.n = 1}, options).wait(1s) == Stored::yes);
  world.run(dispatcher, 59min);
  CHECK(dispatcher.publish("acme", Numbered{.n = 2}, options).wait(1s) == Stored::duplicate);
  world.run(dispatcher, 2min);
  CHECK(dispatcher.publish("acme", Numbered{.n = 3}, options).wait(1s) == Stored::yes);
}

TEST_CASE("a latch that can't be one is misuse") {
  World world;
  Dispatcher dispatcher(world.options());
  const auto publish = [&](const PublishOptions& options) {
    return dispatcher.publish("acme", Numbered{}, options);
  };
  CHECK_THROWS_AS(publish(latched("")), ConfigError);
  CHECK_THROWS_AS(publish(latched(std::string(256, 'k'))), ConfigError);
  CHECK_THROWS_AS(publish(latched("k", 0, 1)), ConfigError);
  CHECK_THROWS_AS(publish(latched("k", 3, 3)), ConfigError);
  CHECK_THROWS_AS(publish(latched("k", 4, 3)), ConfigError);
  PublishOptions both = latched("k");
  both.idempotency_key = "k";
  CHECK_THROWS_AS(publish(both), ConfigError);
  PublishOptions never = latched("k");
  never.latch->keep = 0ms;
  CHECK_THROWS_AS(publish(never), ConfigError);
  CHECK(dispatcher.metrics().published == 0);
}
