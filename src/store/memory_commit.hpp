#pragma once

#include "hookwright/store.hpp"
#include "store/memory_database.hpp"

namespace hookwright::stores {

// Carries out one change of `worker`, whole or not at all. The caller holds the database's mutex.
ChangeResult apply(MemoryDatabase& database, const IdBytes& worker, const Change& change,
                   TimePoint now);

}  // namespace hookwright::stores
