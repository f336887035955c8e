#pragma once

#include <cstdint>
#include <memory>

#include "hookwright/dispatcher.hpp"
#include "hookwright/export.hpp"
#include "hookwright/options.hpp"
#include "hookwright/stores/memory.hpp"
#include "hookwright/testing/recording_store.hpp"
#include "hookwright/testing/simulated_network.hpp"
#include "hookwright/testing/virtual_clock.hpp"
#include "hookwright/time.hpp"

namespace hookwright::testing {

// A world for one test of a host: real dispatchers over a clock that the test moves, a network that
// it scripts and a store in memory, so that nothing leaves the process and no time passes.
//
//   testing::Sandbox sandbox;
//   Dispatcher dispatcher(sandbox.options(my_options()));
//   dispatcher.endpoints().create("acme", {.url = "https://example.com/hook",
//                                          .events = {"*"}});
//   my_shop.pay(order, dispatcher);
//   sandbox.run(dispatcher, std::chrono::hours(28));
//   // now look at sandbox.record->published() and sandbox.network.requests()
//
// Threads: all of it belongs to the test's thread.
class HOOKWRIGHT_EXPORT Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::shared_ptr<VirtualClock> clock;
  SimulatedNetwork network;             // every host answers 200 unless told otherwise
  std::shared_ptr<StoreRecord> record;  // what was published, attempted and given up

  // The host's own options, with store, transport, clock and threads replaced by what belongs to
  // this world. A `store` or a `seed` that is set stays, and the store is recorded; otherwise every
  // run of the test sees the same ids and jitter. Options made again after a dispatcher is gone are
  // its restart: the records are the same.
  [[nodiscard]] Options options(Options mine = {});

  // Does all that happens in so much virtual time, and moves the clock on by it.
  void run(Dispatcher& dispatcher, Duration span);

 private:
  std::shared_ptr<MemoryDatabase> database_;
  std::uint64_t seed_ = 0;
};

}  // namespace hookwright::testing
