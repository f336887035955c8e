// Conditions on the payload decide which events an endpoint gets.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;
using C = Comparison;

namespace {

EndpointSpec spec_with(std::string_view host, Conditions conditions) {
  EndpointSpec spec = spec_for(host);
  spec.conditions = std::move(conditions);
  return spec;
}

}  // namespace

TEST_CASE("an endpoint gets the events that meet its conditions, and another gets its own") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", spec_with("big.example.com", {.all = {{"data.n", C::greater, 3}}}));
  subscribe(dispatcher, "acme",
            spec_with("summer.example.com",
                      {.all = {{"data.text", C::starts_with, "summer-"}},
                       .any = {{"data.n", C::equal, 1}, {"data.n", C::at_least, 5}}}));
  subscribe(dispatcher, "acme", "all.example.com");
  for (int n = 1; n <= 6; ++n) {
    dispatcher.publish("acme", Numbered{.n = n, .text = n == 6 ? "winter-sale" : "summer-sale"});
  }
  dispatcher.publish("acme", Other{.n = 7});
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("big.example.com") == std::vector<std::int64_t>{4, 5, 6, 7});
  CHECK(world.net->numbers("summer.example.com") == std::vector<std::int64_t>{1, 5});
  CHECK(world.net->numbers("all.example.com") == numbers_from(1, 7));
}

TEST_CASE(
    "conditions are kept over a restart, shown as they were given, and replaced by an update") {
  World world(GENERATE(from_range(store_kinds())));
  const Conditions given{
      .all = {{"data.n", C::at_most, 1.5},
              {"data.text", C::not_equal, std::string("\0\n\"", 3)},
              {"data.flag", C::absent, {}}},
      .any = {{"data.n", C::equal, -3}, {"data.b", C::equal, false}, {"data.n", C::present, {}}}};
  Endpoint endpoint;
  {
    Dispatcher dispatcher(world.options());
    endpoint = subscribe(dispatcher, "acme", spec_with("a.example.com", given));
    CHECK(endpoint.conditions == given);
  }
  Dispatcher dispatcher(world.options());
  CHECK(look_up(dispatcher, endpoint).conditions == given);
  dispatcher.publish("acme", Numbered{.n = 1});
  dispatcher.publish("acme", Numbered{.n = 2});
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));

  REQUIRE(dispatcher.endpoints().update("acme", endpoint.id, spec_for("a.example.com")).ok());
  CHECK(look_up(dispatcher, endpoint).conditions.empty());
  dispatcher.publish("acme", Numbered{.n = 3});
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("conditions that can't be tested are refused at registration") {
  World world;
  Dispatcher dispatcher(world.options());
  const auto field = [&](Conditions conditions) {
    try {
      (void)dispatcher.endpoints().create("acme",
                                          spec_with("a.example.com", std::move(conditions)));
      return std::string();
    } catch (const ConfigError& error) {
      return error.field();
    }
  };
  CHECK(field({.all = {{"n", C::equal, 1}}}) == "endpoint.conditions.all[0].field");
  CHECK(field({.any = {{"data.n", C::less, "1"}}}) == "endpoint.conditions.any[0].value");
  CHECK(dispatcher.endpoints().list("acme").rows.empty());
}

TEST_CASE("what the host encoded itself is read with care") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", spec_with("a.example.com", {.all = {{"data.n", C::present, {}}}}));
  for (const std::string body :
       {R"({"data":{"n":1}})", "", "{", "no json", R"({"data":{"n")", R"({"data":{"n":2},)"}) {
    EncodedEvent event = encode(Numbered{.n = 9}, world.clock->wall());
    event.body = body;
    CHECK(dispatcher.publish("acme", event).wait(1s) == Stored::yes);
  }
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == std::vector<std::int64_t>{1, 2});
}
