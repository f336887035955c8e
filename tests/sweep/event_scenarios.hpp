#pragma once

// How events are published, in pieces short enough to be run some hundred times.

#include <memory>
#include <string>
#include <string_view>

#include "sweep/life.hpp"

namespace sweep {

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

// A key is forgotten after its window, and then stands for another event.
inline void keys_are_forgotten(Life& life) {
  auto dispatcher = life.start();
  life.subscribe(*dispatcher, "a.example.com");
  for (int i = 0; i < 3; ++i) {
    life.publish(*dispatcher, {.idempotency_key = "order-1", .idempotency_window = 1min});
    life.publish(*dispatcher, {.idempotency_key = "order-1", .idempotency_window = 1min});
    life.run(*dispatcher, 1s);
    life.clock->advance(2min);
  }
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
}

// Two things must have happened; each is told twice, and once more after a restart.
inline void a_latch_closes(Life& life) {
  auto dispatcher = life.start();
  life.subscribe(*dispatcher, "a.example.com");
  const auto record = [&](std::uint32_t part) {
    life.publish(*dispatcher, {.latch = Latch{.key = "domain", .part = part, .parts = 3}});
  };
  record(1);
  record(1);
  life.run(*dispatcher, 1s);
  record(2);
  record(2);
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
  dispatcher = life.start();
  record(1);
  record(2);
  life.run(*dispatcher, 1s);
  life.end(dispatcher);
}

// More is published than there is room for.
inline void the_inbox_is_full(Life& life) {
  life.limits.inbox_events_max = 4;
  life.limits.unsettled_max = 3;
  auto dispatcher = life.start();
  life.subscribe(*dispatcher, "a.example.com");
  for (int i = 0; i < 3; ++i) {
    for (int n = 0; n < 6; ++n) life.publish(*dispatcher);
    life.run(*dispatcher, 100ms);
  }
  life.run(*dispatcher, 5s);
  life.end(dispatcher);
}

// Each event goes to many.
inline void many_are_subscribed(Life& life) {
  auto dispatcher = life.start();
  for (char name = 'a'; name <= 'h'; ++name)
    life.subscribe(*dispatcher, std::string(1, name) + ".example.com");
  life.network.answer("c.example.com", SimulatedAnswer{.status = 500});
  for (int i = 0; i < 3; ++i) life.publish(*dispatcher);
  life.run(*dispatcher, 3s);
  life.end(dispatcher);
}

}  // namespace sweep
