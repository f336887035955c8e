#pragma once

// How receivers behave, in pieces short enough to be run some hundred times.

#include <memory>
#include <string>
#include <string_view>

#include "sweep/life.hpp"

namespace sweep {

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

// One hangs until its breaker opens, and is probed until it answers.
inline void a_receiver_hangs(Life& life) {
  life.limits.breaker_after = 2;
  auto dispatcher = life.start();
  life.network.answer("a.example.com", SimulatedAnswer{.latency = 1h});
  life.subscribe(*dispatcher, "a.example.com");
  life.subscribe(*dispatcher, "b.example.com");
  for (int i = 0; i < 3; ++i) life.publish(*dispatcher);
  life.run(*dispatcher, 40s);
  life.network.answer("a.example.com", SimulatedAnswer{.status = 200});
  life.run(*dispatcher, 30s);
  life.end(dispatcher);
}

// They ask for patience, in one way and another.
inline void receivers_ask_for_patience(Life& life) {
  auto dispatcher = life.start();
  life.network.answer("a.example.com", [count = 0](const SimulatedRequest&) mutable {
    return ++count % 2 != 0 ? SimulatedAnswer{.status = 429, .retry_after = "5"}
                            : SimulatedAnswer{.status = 200};
  });
  life.network.answer("b.example.com", [count = 0](const SimulatedRequest&) mutable {
    return SimulatedAnswer{.status = ++count % 2 != 0 ? 503 : 200};
  });
  life.subscribe(*dispatcher, "a.example.com");
  life.subscribe(*dispatcher, "b.example.com");
  for (int i = 0; i < 3; ++i) life.publish(*dispatcher);
  life.run(*dispatcher, 40s);
  life.end(dispatcher);
}

// It was us: nothing is charged.
inline void the_fault_is_ours(Life& life) {
  auto dispatcher = life.start();
  life.network.answer("a.example.com", [count = 0](const SimulatedRequest&) mutable {
    return ++count <= 3 ? SimulatedAnswer{.fault = Fault::local} : SimulatedAnswer{.status = 200};
  });
  life.subscribe(*dispatcher, "a.example.com");
  life.publish(*dispatcher);
  life.publish(*dispatcher);
  life.run(*dispatcher, 2min);
  life.end(dispatcher);
}

}  // namespace sweep
