#pragma once

#include "hookwright/store.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_writer.hpp"

namespace hookwright::stores {

// Drops what has expired, inside a transaction that the caller has begun.
class SqliteCleaner {
 public:
  explicit SqliteCleaner(const Connection& connection) : connection_(connection) {}

  // At most `budget.rows_max` records. True: there is more to do.
  bool run(TimePoint now, const Budget& budget, SqliteWriter& writer);

 private:
  std::size_t drop_attempts(TimePoint before, std::size_t max);

  const Connection& connection_;
  Statement drop_dead_{connection_,
                       "DELETE FROM dead_letter WHERE row IN (SELECT row FROM dead_letter"
                       " WHERE expires <= ?1 ORDER BY expires LIMIT ?2)"};
  Statement drop_notes_{connection_,
                        "DELETE FROM note WHERE key IN (SELECT key FROM note"
                        " WHERE expires > 0 AND expires <= ?1 ORDER BY expires LIMIT ?2)"};
  Statement oldest_attempts_{connection_, "SELECT row, at FROM attempt ORDER BY row LIMIT ?1"};
  Statement drop_attempts_{connection_, "DELETE FROM attempt WHERE row <= ?1"};
};

}  // namespace hookwright::stores
