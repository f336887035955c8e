#pragma once

#include "hookwright/store.hpp"
#include "store/memory_database.hpp"

namespace hookwright::stores {

// Drops what has expired, at most `budget.rows_max` records. True: there is more to do. The caller
// holds the database's mutex.
bool maintain_in(MemoryDatabase& database, TimePoint now, const Budget& budget);

}  // namespace hookwright::stores
