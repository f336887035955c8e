#pragma once

#include "hookwright/store.hpp"
#include "store/memory_database.hpp"

namespace hookwright::stores {

// Answers a question that has no mistake in it. The caller holds the database's mutex.
Records find_in(const MemoryDatabase& database, const Query& query);

[[nodiscard]] Waiting to_waiting(const EndpointId& endpoint, const LanePosition& position,
                                 const MemoryDatabase::Row& row);

}  // namespace hookwright::stores
