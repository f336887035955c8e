// Who gets what: patterns, families, tenants.

#include <algorithm>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"

using namespace dispatcher_test;

namespace {

Catalog all_products() {
  Catalog catalog = snipy::catalog();
  catalog.join(snapglyph::catalog());
  catalog.join(hypersnap::catalog());
  catalog.add<Numbered>();
  return catalog;
}

std::string type_of(const Arrival& arrival) {
  const std::string& body = *arrival.body;
  const std::size_t from = std::string_view(R"({"event":")").size();
  return body.substr(from, body.find('"', from) - from);
}

std::vector<std::string> types_at(const World& world, std::string_view host) {
  std::vector<std::string> types;
  for (const Arrival& arrival : world.net->to(host)) types.push_back(type_of(arrival));
  std::sort(types.begin(), types.end());
  return types;
}

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("endpoints get what they subscribe to: a type, a prefix or everything") {
  World world;
  Options options = world.options();
  options.catalog = all_products();
  Dispatcher dispatcher(std::move(options));
  subscribe(dispatcher, "acme", "exact.example.com", {"link.click.registered"});
  subscribe(dispatcher, "acme", "prefix.example.com", {"link.*"});
  subscribe(dispatcher, "acme", "inner.example.com", {"link.click.*"});
  subscribe(dispatcher, "acme", "all.example.com", {"*"});
  subscribe(dispatcher, "acme", "several.example.com", {"qr.*", "link.clicked", "link.*"});

  dispatcher.publish("acme", hypersnap::LinkClickRegistered::sample());
  dispatcher.publish("acme", hypersnap::LinkClickConverted::sample());
  dispatcher.publish("acme", snipy::LinkClicked::sample());
  dispatcher.publish("acme", snipy::QrScanned::sample());
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);

  CHECK(types_at(world, "exact.example.com") == Types{"link.click.registered"});
  CHECK(types_at(world, "prefix.example.com") ==
        Types{"link.click.converted", "link.click.registered", "link.clicked"});
  CHECK(types_at(world, "inner.example.com") ==
        Types{"link.click.converted", "link.click.registered"});
  CHECK(types_at(world, "all.example.com").size() == 5);
  // An endpoint gets an event once, however many of its patterns match.
  CHECK(types_at(world, "several.example.com") ==
        Types{"link.click.converted", "link.click.registered", "link.clicked", "qr.scanned"});
}

TEST_CASE("an endpoint gets the events of its profile's family and those of none") {
  World world;
  Options options = world.options();
  options.catalog = all_products();
  Dispatcher dispatcher(std::move(options));
  for (const std::string name : {"snipy", "snapglyph", "hypersnap", "standard_webhooks"}) {
    EndpointSpec spec =
        spec_for(name == "standard_webhooks" ? "any.example.com" : name + ".example.com");
    spec.profile = name;
    subscribe(world, dispatcher, "acme", spec);
  }
  dispatcher.publish("acme", snipy::QrScanned::sample());
  dispatcher.publish("acme", snapglyph::QrScanned::sample());
  dispatcher.publish("acme", hypersnap::LinkClickRegistered::sample());
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);

  CHECK(types_at(world, "snipy.example.com") == Types{"qr.scanned", "test.numbered"});
  CHECK(types_at(world, "snapglyph.example.com") == Types{"qr.scanned", "test.numbered"});
  CHECK(types_at(world, "hypersnap.example.com") ==
        Types{"link.click.registered", "test.numbered"});
  CHECK(types_at(world, "any.example.com").size() == 4);

  using Catch::Matchers::ContainsSubstring;
  for (const Arrival& arrival : world.net->to("snipy.example.com")) {
    CHECK_THAT(*arrival.body, !ContainsSubstring("qrCodeId"));
  }
  for (const Arrival& arrival : world.net->to("snapglyph.example.com")) {
    CHECK_THAT(*arrival.body, !ContainsSubstring("\"qrId\""));
  }
}

TEST_CASE("a type that only another family's endpoints want has no listener") {
  World world;
  Options options = world.options();
  options.catalog = all_products();
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("snipy.example.com");
  spec.profile = "snipy";
  subscribe(dispatcher, "acme", spec);
  CHECK(dispatcher.publish("acme", snapglyph::QrScanned::sample()).publication() ==
        Publication::nobody_listening);
  CHECK(dispatcher.publish("acme", snipy::QrScanned::sample()).queued());
}

TEST_CASE("tenants see nothing of each other") {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.uid = "main";
  const Endpoint mine = subscribe(dispatcher, "acme", spec);
  spec.url = "https://u.example.com/";
  const Endpoint theirs = subscribe(dispatcher, "umbrella", spec);  // the same uid, too
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});

  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  CHECK(world.net->to("u.example.com").empty());
  CHECK(dispatcher.publish("third", Numbered{.n = 1}).publication() ==
        Publication::nobody_listening);
  CHECK(dispatcher.publish("Acme", Numbered{.n = 1}).publication() ==
        Publication::nobody_listening);

  Endpoints& endpoints = dispatcher.endpoints();
  CHECK(endpoints.find("acme", mine.id));
  CHECK_FALSE(endpoints.find("umbrella", mine.id));
  CHECK(endpoints.find_uid("umbrella", "main")->id == theirs.id);
  CHECK(endpoints.list("umbrella").rows.size() == 1);
  CHECK(endpoints.update("umbrella", mine.id, spec).outcome == EndpointOutcome::not_found);
  CHECK(endpoints.pause("umbrella", mine.id).outcome == EndpointOutcome::not_found);
  CHECK(endpoints.disable("umbrella", mine.id).outcome == EndpointOutcome::not_found);
  CHECK(endpoints.enable("umbrella", mine.id).outcome == EndpointOutcome::not_found);
  CHECK(endpoints.remove("umbrella", mine.id) == EndpointOutcome::not_found);
  CHECK(endpoints.waiting("umbrella", mine.id).rows.empty());
  CHECK(endpoints.attempts("umbrella", mine.id).rows.empty());
  CHECK(endpoints.waiting("acme", mine.id).rows.size() == 1);
  CHECK(endpoints.attempts("acme", mine.id).rows.size() == 1);
  world.run(dispatcher, 1h);
  CHECK(endpoints.dead_letters("acme", mine.id).rows.size() == 1);
  CHECK(endpoints.dead_letters("umbrella", mine.id).rows.empty());
}

TEST_CASE("an endpoint gets what is published after it was created") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "first.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  subscribe(dispatcher, "acme", "second.example.com");
  dispatcher.publish("acme", Numbered{.n = 2});
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("first.example.com") == numbers_from(1, 2));
  CHECK(world.net->numbers("second.example.com") == numbers_from(2, 2));
}

TEST_CASE("an update changes where and what from now on, and keeps the secret unless told") {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("old.example.com");
  spec.secret = Secret("the first of secrets");
  const Endpoint created = subscribe(dispatcher, "acme", spec);
  world.run(dispatcher, 1s);

  EndpointSpec next = spec_for("new.example.com", {"test.other.kind"});
  next.description = "moved";
  const EndpointResult updated = dispatcher.endpoints().update("acme", created.id, next);
  REQUIRE(updated.ok());
  CHECK(updated.endpoint.version == created.version + 1);
  CHECK(updated.endpoint.url == "https://new.example.com/hook");
  CHECK(updated.endpoint.description == "moved");
  REQUIRE(updated.endpoint.secrets.size() == 1);
  CHECK(updated.endpoint.secrets[0] == Secret("the first of secrets"));
  CHECK(updated.endpoint.created == created.created);
  CHECK(updated.endpoint.updated == world.clock->wall());

  CHECK(dispatcher.publish("acme", Numbered{.n = 1}).publication() ==
        Publication::nobody_listening);
  dispatcher.publish("acme", Other{.n = 2});
  world.run(dispatcher, 1s);
  CHECK(world.net->to("old.example.com").empty());
  CHECK(world.net->numbers("new.example.com") == numbers_from(2, 2));

  next.secret = Secret("the second of secrets");
  const EndpointResult rekeyed = dispatcher.endpoints().update("acme", created.id, next);
  REQUIRE(rekeyed.ok());
  CHECK(rekeyed.endpoint.secrets[0] == Secret("the second of secrets"));
}

TEST_CASE("what waits for an endpoint goes to where it is now") {
  World world;
  Dispatcher dispatcher(world.options());
  world.net->answer("old.example.com", SimulatedAnswer{.status = 500});
  const Endpoint endpoint = subscribe(dispatcher, "acme", "old.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 10s);
  CHECK(world.net->numbers("old.example.com") == numbers_from(1, 1));
  REQUIRE(dispatcher.endpoints().update("acme", endpoint.id, spec_for("new.example.com")).ok());
  world.run(dispatcher, 2min);
  CHECK(world.net->numbers("old.example.com") == numbers_from(1, 1));
  CHECK(world.net->numbers("new.example.com") == numbers_from(1, 1));
}

TEST_CASE("an endpoint's own name is unique in its tenant") {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.uid = "main";
  const Endpoint first = subscribe(dispatcher, "acme", spec);
  CHECK(dispatcher.endpoints().create("acme", spec).outcome == EndpointOutcome::uid_taken);
  spec.uid = "other";
  const Endpoint second = subscribe(dispatcher, "acme", spec);
  spec.uid = "main";
  CHECK(dispatcher.endpoints().update("acme", second.id, spec).outcome ==
        EndpointOutcome::uid_taken);
  CHECK(dispatcher.endpoints().update("acme", first.id, spec).ok());
  CHECK(dispatcher.endpoints().find_uid("acme", "other")->id == second.id);
  CHECK(dispatcher.endpoints().remove("acme", first.id) == EndpointOutcome::ok);
  CHECK_FALSE(dispatcher.endpoints().find_uid("acme", "main"));
  CHECK(dispatcher.endpoints().update("acme", second.id, spec).ok());
  CHECK(dispatcher.endpoints().find_uid("acme", "main")->id == second.id);
  CHECK_FALSE(dispatcher.endpoints().find_uid("acme", ""));
}
