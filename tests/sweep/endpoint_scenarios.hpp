#pragma once

// What befalls endpoints, in pieces short enough to be run some hundred times.

#include <memory>
#include <string>
#include <string_view>

#include "sweep/life.hpp"

namespace sweep {

// Endpoints are made, edited, stopped, enabled and removed while events go to them.
inline void endpoints_come_and_go(Life& life) {
  auto dispatcher = life.start();
  Endpoints& endpoints = dispatcher->endpoints();
  life.subscribe(*dispatcher, "a.example.com");
  const EndpointResult b = life.subscribe(*dispatcher, "b.example.com");
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  if (b.ok()) {
    EndpointSpec spec;
    spec.url = "https://b.example.com/elsewhere";
    spec.events = {"test.*"};
    life.call([&] { (void)endpoints.update("acme", b.endpoint.id, spec); });
    life.call([&] { (void)endpoints.pause("acme", b.endpoint.id); });
  }
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  if (b.ok()) life.call([&] { (void)endpoints.enable("acme", b.endpoint.id); });
  life.run(*dispatcher, 1s);
  const EndpointResult c = life.subscribe(*dispatcher, "c.example.com");
  life.publish(*dispatcher);
  life.may_miss.insert("c.example.com");
  life.dropped.insert("c.example.com");
  if (c.ok()) life.call([&] { (void)endpoints.remove("acme", c.endpoint.id); });
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
}

// Its secret, headers and conditions change while its receiver fails.
inline void an_endpoint_is_edited(Life& life) {
  auto dispatcher = life.start();
  Endpoints& endpoints = dispatcher->endpoints();
  life.network.answer("a.example.com", SimulatedAnswer{.status = 500});
  const EndpointResult a = life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  if (a.ok()) {
    EndpointSpec spec;
    spec.url = "https://a.example.com/hook";
    spec.events = {"test.numbered"};
    spec.secret = Secret("another secret of some length");
    spec.headers = {{"X-Team", "growth"}};
    spec.conditions.all = {{"data.n", Comparison::greater, 0}};
    life.call([&] { (void)endpoints.update("acme", a.endpoint.id, spec); });
  }
  life.publish(*dispatcher);
  life.network.answer("a.example.com", SimulatedAnswer{.status = 200});
  life.run(*dispatcher, 25s);
  life.end(dispatcher);
}

// A tenant has as many as its profile allows, and makes room for another.
inline void a_limit_is_reached(Life& life) {
  auto dispatcher = life.start();
  Endpoints& endpoints = dispatcher->endpoints();
  const EndpointResult a = life.subscribe(*dispatcher, "a.example.com", "two");
  life.subscribe(*dispatcher, "b.example.com", "two");
  const EndpointResult c = life.subscribe(*dispatcher, "c.example.com", "two");
  if (c.ok() && a.ok() && life.made.contains("b.example.com")) life.say("three of two are active");
  life.publish(*dispatcher);
  life.may_miss.insert("a.example.com");
  life.dropped.insert("a.example.com");
  if (a.ok()) life.call([&] { (void)endpoints.remove("acme", a.endpoint.id); });
  if (!c.ok()) life.subscribe(*dispatcher, "d.example.com", "two");
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
}

// One is paused, one disabled, one removed, each while its request is under way.
inline void endpoints_stop_in_flight(Life& life) {
  auto dispatcher = life.start();
  Endpoints& endpoints = dispatcher->endpoints();
  for (const char* host : {"p.example.com", "d.example.com", "r.example.com"}) {
    life.network.answer(host, SimulatedAnswer{.status = 500, .latency = 3s});
    life.subscribe(*dispatcher, host);
  }
  life.may_miss = {"d.example.com", "r.example.com"};
  life.dropped = {"r.example.com"};
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  const auto each = [&](const char* host, auto&& what) {
    if (const auto found = life.made.find(host); found != life.made.end())
      life.call([&] { what(found->second); });
  };
  each("p.example.com", [&](EndpointId id) { (void)endpoints.pause("acme", id); });
  each("d.example.com", [&](EndpointId id) { (void)endpoints.disable("acme", id); });
  each("r.example.com", [&](EndpointId id) { (void)endpoints.remove("acme", id); });
  life.publish(*dispatcher);
  life.run(*dispatcher, 5s);
  each("p.example.com", [&](EndpointId id) { (void)endpoints.enable("acme", id); });
  life.run(*dispatcher, 5s);
  life.end(dispatcher);
}

// Somebody looks at all there is to see, again and again.
inline void everything_is_looked_at(Life& life) {
  auto dispatcher = life.start();
  const Endpoints& endpoints = dispatcher->endpoints();
  life.network.answer("a.example.com", SimulatedAnswer{.status = 500});
  const EndpointResult a = life.subscribe(*dispatcher, "a.example.com");
  life.subscribe(*dispatcher, "b.example.com");
  for (int i = 0; i < 3; ++i) {
    life.publish(*dispatcher);
    life.run(*dispatcher, 12s);
    life.call([&] { (void)endpoints.list("acme", {}, 1); });
    life.call([&] { (void)endpoints.find_uid("acme", "nobody"); });
    if (!a.ok()) continue;
    life.call([&] { (void)endpoints.find("acme", a.endpoint.id); });
    life.call([&] { (void)endpoints.waiting("acme", a.endpoint.id); });
    life.call([&] { (void)endpoints.attempts("acme", a.endpoint.id, {}, 2); });
    life.call([&] { (void)endpoints.dead_letters("acme", a.endpoint.id); });
    life.call([&] {
      (void)endpoints.explain("acme", a.endpoint.id, encode(Numbered{7}, life.clock->wall()));
    });
  }
  life.end(dispatcher);
}

// A receiver is asked, tested, given another secret; what it has missed is sent again.
inline void one_endpoint_lives(Life& life) {
  auto dispatcher = life.start();
  Endpoints& endpoints = dispatcher->endpoints();
  const auto echo = [](const SimulatedRequest& request) {
    return SimulatedAnswer{.body = request.body};
  };
  life.network.answer("h.example.com", echo);
  life.may_miss = {"h.example.com", "a.example.com"};
  life.call([&] {
    (void)endpoints.configure("acme", {.notify = "admin@acme.example", .keep_events = true});
  });
  const EndpointResult h = life.subscribe(*dispatcher, "h.example.com", "asks");
  const EndpointResult a = life.subscribe(*dispatcher, "a.example.com");
  life.run(*dispatcher, 1s);
  if (h.ok()) life.call([&] { (void)endpoints.verify("acme", h.endpoint.id); });
  life.publish(*dispatcher);
  if (h.ok()) life.call([&] { (void)endpoints.rotate("acme", h.endpoint.id, {}, 10s); });
  if (a.ok()) {
    life.call([&] { (void)endpoints.test("acme", a.endpoint.id, "test.numbered"); });
    life.network.answer("a.example.com", {.status = 500});
    life.publish(*dispatcher);
    life.run(*dispatcher, 1s);
    life.call([&] { (void)endpoints.disable("acme", a.endpoint.id); });  // what waits dies
    life.publish(*dispatcher);
    life.run(*dispatcher, 2s);
    life.network.answer("a.example.com", {.status = 200});
    life.call([&] { (void)endpoints.enable("acme", a.endpoint.id); });
    for (const Recovery& what : {Recovery::since({}), Recovery::missing_since({})})
      life.call([&] { (void)endpoints.recover("acme", a.endpoint.id, what); });
  }
  life.run(*dispatcher, 12s);  // the old secret's time is over
  life.end(dispatcher);
}

}  // namespace sweep
