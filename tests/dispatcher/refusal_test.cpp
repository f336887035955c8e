// When publish() refuses: at once, saying why, and nothing happens.

#include <cmath>
#include <limits>
#include <string>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

namespace {

void check_refused(const Receipt& receipt, Refusal why) {
  CHECK(receipt.publication() == Publication::refused);
  CHECK_FALSE(receipt.queued());
  CHECK(to_string(receipt.refusal()) == to_string(why));
  CHECK_FALSE(receipt.message().empty());
  CHECK_FALSE(receipt.event());
  CHECK(receipt.stored() == Stored::no);
  Stored told = Stored::pending;
  receipt.on_stored([&](Stored stored) { told = stored; });
  CHECK(told == Stored::no);
}

}  // namespace

TEST_CASE("a body above the bound is refused, one at the bound is sent") {
  World world;
  Options options = world.options();
  const std::size_t frame = encode(Numbered{.n = 1}, world.clock->wall()).body.size();
  options.limits.body_bytes_max = frame + 100;
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");

  check_refused(dispatcher.publish("acme", Numbered{.n = 1, .text = std::string(101, 'x')}),
                Refusal::body_too_large);
  check_refused(dispatcher.publish(
                    "acme", encode(Numbered{.n = 1, .text = std::string(101, 'x')}, TimePoint{})),
                Refusal::body_too_large);
  CHECK(dispatcher.publish("acme", Numbered{.n = 2, .text = std::string(100, 'x')}).queued());
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(2, 2));
  CHECK(dispatcher.metrics().refused == 2);
}

TEST_CASE("by default a body may have what Express takes, and not a byte more") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const std::size_t frame = encode(Numbered{.n = 1}, world.clock->wall()).body.size();
  const std::string fits(102'400 - frame, 'x');
  CHECK(dispatcher.publish("acme", Numbered{.n = 1, .text = fits}).queued());
  const Receipt refused = dispatcher.publish("acme", Numbered{.n = 2, .text = fits + 'x'});
  check_refused(refused, Refusal::body_too_large);
  CHECK_THAT(refused.message(), ContainsSubstring("102401 bytes") && ContainsSubstring("102400") &&
                                    ContainsSubstring("Express"));
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("a value that JSON can't carry is refused with the name of its field") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  const Receipt nan = dispatcher.publish("acme", Measured{.value = std::nan("")});
  check_refused(nan, Refusal::unrepresentable);
  CHECK_THAT(nan.message(), ContainsSubstring("data.value"));

  const Receipt large =
      dispatcher.publish("acme", Numbered{.n = std::numeric_limits<std::int64_t>::max()});
  check_refused(large, Refusal::unrepresentable);
  CHECK_THAT(large.message(), ContainsSubstring("data.n"));

  world.run(dispatcher, 1s);
  CHECK(world.net->arrivals().empty());
  CHECK(dispatcher.metrics().stored == 0);
  CHECK(dispatcher.metrics().lost == 0);
}

TEST_CASE("dynamic JSON that is none, or holds too much, is refused") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  for (const std::string_view data :
       {"", "{", "[]", "{\"n\":1}x", "{\"n\":9007199254740993}", "{\"n\":1,\"n\":2}",
        "{\"__proto__\":1}", "{\"7\":1}", "{n:1}"}) {
    CAPTURE(data);
    check_refused(dispatcher.publish(
                      "acme", DynamicEvent{.type = "test.numbered", .data = data, .family = {}}),
                  Refusal::unrepresentable);
  }
}

TEST_CASE("a full inbox refuses at once, and takes events again once the store has caught up") {
  World world;
  Options options = world.options();
  SECTION("by number") {
    options.limits.inbox_events_max = 4;
  }
  SECTION("by bytes") {
    options.limits.inbox_bytes_max = 4 * 1'000;
    options.limits.body_bytes_max = 1'000;
  }
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "a.example.com");
  const std::string text(880, 'x');
  std::int64_t queued = 0;
  for (int n = 1; n <= 8; ++n) {
    const Receipt receipt = dispatcher.publish("acme", Numbered{.n = n, .text = text});
    if (!receipt.queued()) {
      check_refused(receipt, Refusal::inbox_full);
      break;
    }
    queued = n;
  }
  CHECK(queued >= 1);
  CHECK(queued <= 4);
  CHECK(dispatcher.metrics().refused == 1);

  world.run(dispatcher, 1s);
  CHECK(dispatcher.publish("acme", Numbered{.n = queued + 1, .text = text}).queued());
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, queued + 1));
}

TEST_CASE("after shutdown every publish is refused, and endpoints are as they were") {
  World world;
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  dispatcher.shutdown(1s);
  check_refused(dispatcher.publish("acme", Numbered{.n = 1}), Refusal::shutting_down);
  check_refused(dispatcher.publish_all("acme", Numbered{.n = 1}, Other{.n = 2}),
                Refusal::shutting_down);
  check_refused(dispatcher.publish("acme", encode(Numbered{.n = 1}, world.clock->wall())),
                Refusal::shutting_down);
  CHECK(dispatcher.endpoints().create("acme", spec_for("b.example.com")).outcome ==
        EndpointOutcome::shutting_down);
  CHECK(dispatcher.endpoints().pause("acme", endpoint.id).outcome ==
        EndpointOutcome::shutting_down);
  CHECK(dispatcher.endpoints().remove("acme", endpoint.id) == EndpointOutcome::shutting_down);
  CHECK(world.net->arrivals().empty());
}
