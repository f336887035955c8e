#pragma once

// The whole life of a sender, in pieces short enough to be run some hundred times. Each ends when
// its dispatchers have ended; Life::verdict() says the rest.

#include <memory>
#include <string_view>
#include <vector>

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

// Events alone, together, twice under one key, and once more after a restart.
inline void events_are_published(Life& life) {
  auto dispatcher = life.start();
  life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.publish(*dispatcher, "order-1");
  life.publish(*dispatcher, "order-1");
  life.publish_all(*dispatcher);
  life.run(*dispatcher, 2s);
  life.publish(*dispatcher, "order-1");
  life.run(*dispatcher, 2s);
  life.end(dispatcher);
  dispatcher = life.start();
  life.publish(*dispatcher);
  life.publish(*dispatcher, "order-1");
  life.run(*dispatcher, 2s);
  life.end(dispatcher);
}

// Three receivers fail until their deliveries are used up: one endpoint is marked, one paused, one
// disabled. One answers 410. The first recovers.
inline void receivers_fail(Life& life) {
  auto dispatcher = life.start();
  for (const char* host : {"a", "p", "d", "g"})
    life.network.answer(std::string(host) + ".example.com",
                        {.status = std::string_view(host) == "g" ? 410 : 500});
  life.subscribe(*dispatcher, "a.example.com", "marks");
  life.subscribe(*dispatcher, "p.example.com", "pauses");
  life.subscribe(*dispatcher, "d.example.com", "disables");
  life.subscribe(*dispatcher, "g.example.com", "marks");
  life.may_miss = {"d.example.com", "g.example.com"};
  life.publish(*dispatcher);
  life.run(*dispatcher, 24s);
  life.publish(*dispatcher);
  life.network.answer("a.example.com", SimulatedAnswer{.status = 200});
  life.run(*dispatcher, 30s);
  life.end(dispatcher);
}

// More waits than memory may hold, and a retry in the middle of it.
inline void rows_spill(Life& life) {
  life.limits.lane_rows_max = 2;
  life.limits.rows_max = 4;
  life.limits.in_flight_max = 2;
  auto dispatcher = life.start();
  life.network.answer("a.example.com", [count = 0](const SimulatedRequest&) mutable {
    return SimulatedAnswer{.status = ++count % 3 == 0 ? 500 : 200};
  });
  life.subscribe(*dispatcher, "a.example.com");
  for (int i = 0; i < 8; ++i) life.publish(*dispatcher);
  life.run(*dispatcher, 10s);
  life.end(dispatcher);
}

// The backlog of one process is the next one's, again and again.
inline void processes_follow_each_other(Life& life) {
  life.network.answer("a.example.com", SimulatedAnswer{.status = 500});
  for (int i = 0; i < 3; ++i) {
    auto dispatcher = life.start();
    if (i == 0) life.subscribe(*dispatcher, "a.example.com");
    life.publish(*dispatcher);
    life.publish(*dispatcher);
    life.run(*dispatcher, 100ms);
    life.end(dispatcher, 0ms);
  }
}

// Two dispatchers on one store: one publishes, both deliver, one goes silent and comes back.
inline void two_share_a_store(Life& life) {
  auto one = life.start();
  auto two = life.start();
  life.subscribe(*one, "a.example.com");
  life.subscribe(*two, "b.example.com");
  life.run(*one, 6s);  // until each knows of the other's
  life.run(*two, 6s);
  for (int i = 0; i < 4; ++i) {
    life.publish(i % 2 == 0 ? *one : *two);
    life.run(*one, 500ms);
    life.run(*two, 500ms);
  }
  life.run(*two, 40s);  // the first is silent for longer than its lease
  life.publish(*two);
  life.run(*two, 2s);
  life.run(*one, 6s);
  life.publish(*one);
  life.run(*one, 2s);
  life.run(*two, 6s);
  life.end(one);
  life.run(*two, 20s);
  life.end(two);
}

// Weeks pass: dead letters, history and events are old and go.
inline void weeks_pass(Life& life) {
  auto dispatcher = life.start();
  life.network.answer("a.example.com", SimulatedAnswer{.status = 500});
  life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.run(*dispatcher, 25s);
  life.clock->advance(24h * 40);
  life.run(*dispatcher, 21s);
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
}

struct Scenario {
  std::string_view name{};
  void (*run)(Life&) = nullptr;
  bool shared = false;  // needs a store that several may use
};

inline std::vector<Scenario> scenarios() {
  return {{"endpoints come and go", endpoints_come_and_go},
          {"events are published", events_are_published},
          {"receivers fail", receivers_fail},
          {"rows spill", rows_spill},
          {"processes follow each other", processes_follow_each_other},
          {"two share a store", two_share_a_store, true},
          {"weeks pass", weeks_pass}};
}

}  // namespace sweep
