#pragma once

// How processes come, work and go, in pieces short enough to be run some hundred times.

#include <memory>
#include <string>
#include <string_view>

#include "sweep/life.hpp"

namespace sweep {

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

// One ends while requests are under way, and the next sends them again.
inline void a_process_ends_in_flight(Life& life) {
  auto dispatcher = life.start();
  life.network.answer("a.example.com", SimulatedAnswer{.latency = 5s});
  life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  life.end(dispatcher, 0ms);
  dispatcher = life.start();
  life.publish(*dispatcher);
  life.run(*dispatcher, 20s);
  life.end(dispatcher);
}

// The wall clock is set, back and forth.
inline void the_clock_is_set(Life& life) {
  auto dispatcher = life.start();
  life.network.answer("a.example.com", SimulatedAnswer{.status = 500});
  life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  life.clock->set_wall(life.clock->wall() - 1h);
  life.publish(*dispatcher);
  life.run(*dispatcher, 1s);
  life.clock->set_wall(life.clock->wall() + 3h);
  life.network.answer("a.example.com", SimulatedAnswer{.status = 200});
  life.publish(*dispatcher);
  life.run(*dispatcher, 25s);
  life.end(dispatcher);
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

}  // namespace sweep
