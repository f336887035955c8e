#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"

namespace hookwright {

struct SqliteOptions {
  std::string path{};  // of a database file of its own; created if missing
  std::size_t cache_bytes = std::size_t{8} << 20;  // of each connection's page cache
};

// The embedded default: one process, durable, in a file of its own.
[[nodiscard]] HOOKWRIGHT_SQLITE_EXPORT std::unique_ptr<Store> make_sqlite_store(
    const SqliteOptions& options);

}  // namespace hookwright
