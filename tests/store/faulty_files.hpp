#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <string>

// SQLite's files, made to fail on demand. While it lives every connection that is opened uses it.
// Files are not synced for real, since nobody pulls the plug here.
class FaultyFiles {
 public:
  FaultyFiles();
  ~FaultyFiles();
  FaultyFiles(const FaultyFiles&) = delete;
  FaultyFiles& operator=(const FaultyFiles&) = delete;

  // From now on the n-th (from 1) read, write or sync fails, a write with `code`, and with
  // `forever` every one behind it. SQLITE_FULL concerns writes only.
  void fail_at(std::size_t n, int code, bool forever);
  void heal();

  // How often a log has been written to, in all.
  [[nodiscard]] std::size_t log_writes() const;

  // True if a call has failed since fail_at().
  [[nodiscard]] bool has_failed() const;
};
