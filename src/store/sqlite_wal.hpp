#pragma once

#include "hookwright/store_batch.hpp"
#include "store/sqlite_connection.hpp"

namespace hookwright::stores {

// Carries the write-ahead log over into the database file, on the writing connection and between
// transactions only: SQLite before 3.51.3 can corrupt a file where one connection does so while
// another writes (https://www.sqlite.org/wal.html, "The WAL-Reset Bug").
class SqliteWal {
 public:
  explicit SqliteWal(const Connection& connection);

  void after_commit(StoreCode code);  // each, and before checkpoint()
  void checkpoint();
  void after_maintenance();

 private:
  [[nodiscard]] int new_frames() const { return frames_ - tried_at_; }
  void carry_over(int mode);

  const Connection& connection_;
  int frames_ = 0;    // pages in the log, at most
  int tried_at_ = 0;  // and then, when it was last carried over and readers kept us from all of it
  bool busy_ = true;  // something was committed since the last maintenance
};

}  // namespace hookwright::stores
