#include "hookwright/testing/sandbox.hpp"

#include <utility>

namespace hookwright::testing {

Sandbox::Sandbox()
    : clock(std::make_shared<VirtualClock>()),
      network(clock),
      record(std::make_shared<StoreRecord>()),
      database_(make_memory_database()) {}

Sandbox::~Sandbox() = default;

Options Sandbox::options(Options mine) {
  if (!mine.store) mine.store = make_memory_store(database_);
  mine.store = std::make_unique<RecordingStore>(std::move(mine.store), record);
  mine.transport = network.transports();
  mine.clock = clock;
  mine.threads = 0;
  if (mine.seed == 0) mine.seed = ++seed_;  // every run the same ids and jitter
  return mine;
}

void Sandbox::run(Dispatcher& dispatcher, Duration span) {
  dispatcher.run_until(clock->wall() + span);
}

}  // namespace hookwright::testing
