#pragma once

#include <memory>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"

namespace hookwright {

// What memory stores keep their records in. Two stores on one database are two workers that share
// it.
class MemoryDatabase;
[[nodiscard]] HOOKWRIGHT_EXPORT std::shared_ptr<MemoryDatabase> make_memory_database();

// A store that forgets with its process: for tests, and for hosts that accept losing the backlog.
// Speaks the whole lane protocol. Not durable; shared. Its memory grows with the backlog.
[[nodiscard]] HOOKWRIGHT_EXPORT std::unique_ptr<Store> make_memory_store(
    std::shared_ptr<MemoryDatabase> database = make_memory_database());

}  // namespace hookwright
