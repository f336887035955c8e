// A dry run: what would become of an event at an endpoint, and why.

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/snipy.hpp"
#include "hookwright/verifier.hpp"

using namespace dispatcher_test;

namespace {

Explanation explain(Dispatcher& dispatcher, const Endpoint& endpoint, const World& world,
                    std::int64_t n = 1) {
  return dispatcher.endpoints().explain("acme", endpoint.id,
                                        encode(Numbered{.n = n}, world.clock->wall()));
}

// In this order, names and values, but for what differs from one request to the next.
std::vector<std::string> shape_of(const std::vector<Header>& headers) {
  std::vector<std::string> shape;
  for (const Header& header : headers) {
    const bool moving = header.name.find("ignature") != std::string::npos ||
                        header.name.find("Delivery") != std::string::npos;
    shape.push_back(header.name + ": " + (moving ? "..." : header.value));
  }
  return shape;
}

}  // namespace

TEST_CASE("a dry run says that an event would be sent, and shows the request as it is sent") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.headers = {Header{"X-Env", "production"}};
  const Endpoint endpoint = subscribe(dispatcher, "acme", spec);
  const EncodedEvent event = encode(Numbered{.n = 1}, world.clock->wall());
  const Explanation said = dispatcher.endpoints().explain("acme", endpoint.id, event);
  CHECK(said.reach == Reach::sent);
  CHECK_FALSE(said.why.empty());
  world.run(dispatcher, 1h);
  CHECK(world.net->arrivals().empty());
  CHECK(dispatcher.metrics().published == 0);
  CHECK(dispatcher.endpoints().attempts("acme", endpoint.id).rows.empty());

  const Verifier verifier(exact_profile().wire, endpoint.secrets);
  CHECK(verifier.verify(said.headers, said.body, world.clock->wall()));
  CHECK(Verifier(profiles::standard_webhooks().wire, endpoint.secrets)
            .verify(said.headers, said.body, world.clock->wall() - 1h));

  const EncodedEvent later = encode(Numbered{.n = 1}, world.clock->wall());
  const Explanation now = dispatcher.endpoints().explain("acme", endpoint.id, later);
  dispatcher.publish("acme", later);
  world.run(dispatcher, 500ms);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(now.url == arrival.url);
  CHECK(now.body == *arrival.body);
  CHECK(shape_of(now.headers) == shape_of(arrival.headers));
}

TEST_CASE("a dry run names what is in the way: status, type, condition, family") {
  World world;
  Dispatcher dispatcher(world.options());
  Endpoints& endpoints = dispatcher.endpoints();
  EndpointSpec spec = spec_for("a.example.com", {"test.numbered"});
  spec.conditions.all = {{"data.n", Comparison::greater, 10}};
  const Endpoint endpoint = subscribe(dispatcher, "acme", spec);

  CHECK(explain(dispatcher, endpoint, world, 11).reach == Reach::sent);
  const Explanation condition = explain(dispatcher, endpoint, world, 10);
  CHECK(condition.reach == Reach::unmet_condition);
  CHECK(condition.why == "the event does not meet: data.n is greater than 10");
  CHECK_FALSE(condition.headers.empty());

  const Explanation type =
      endpoints.explain("acme", endpoint.id, encode(Other{.n = 11}, world.clock->wall()));
  CHECK(type.reach == Reach::other_type);
  CHECK(type.why == "it subscribes to test.numbered, which is not test.other.kind");

  endpoints.pause("acme", endpoint.id);
  CHECK(explain(dispatcher, endpoint, world, 11).reach == Reach::held);
  CHECK(explain(dispatcher, endpoint, world, 10).reach == Reach::unmet_condition);
  endpoints.disable("acme", endpoint.id);
  const Explanation disabled = explain(dispatcher, endpoint, world, 11);
  CHECK(disabled.reach == Reach::skipped);
  CHECK(disabled.why == "it is disabled: new events are skipped");

  endpoints.remove("acme", endpoint.id);
  CHECK(explain(dispatcher, endpoint, world).reach == Reach::not_found);
  CHECK(explain(dispatcher, endpoint, world).headers.empty());
}

TEST_CASE("a dry run tells families apart") {
  World world;
  Options options = world.options();
  options.catalog = snipy::catalog();
  options.default_profile = "snipy";
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  EncodedEvent event = snipy::LinkClicked::sample_event();
  CHECK(dispatcher.endpoints().explain("acme", endpoint.id, event).reach == Reach::sent);
  event.family = "snapglyph";
  const Explanation said = dispatcher.endpoints().explain("acme", endpoint.id, event);
  CHECK(said.reach == Reach::other_family);
  CHECK(said.why == "the endpoint's profile is of snipy, the event of snapglyph");
}

TEST_CASE("a dry run of what is no event, or of another tenant's endpoint") {
  World world;
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  const EncodedEvent event = encode(Numbered{.n = 1}, world.clock->wall());
  CHECK(dispatcher.endpoints().explain("umbrella", endpoint.id, event).reach == Reach::not_found);
  EncodedEvent refused;
  refused.refusal = "data.n: NaN cannot be written as JSON";
  CHECK_THROWS_AS(dispatcher.endpoints().explain("acme", endpoint.id, refused), ConfigError);
}
