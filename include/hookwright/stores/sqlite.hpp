#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"

namespace hookwright {

struct SqliteOptions {
  // The database file, in UTF-8; made if it is missing, readable by its owner only, since bodies
  // and sealed secrets are in it. Beside it lie "<path>-wal", "<path>-shm" and "<path>.lock".
  std::string path{};

  // Of the page cache, which is all the memory that a backlog costs: find() has a quarter of it on
  // top, and a commit takes what the pages that it changes take. 256 KiB at least.
  std::size_t cache_bytes = std::size_t{8} << 20;
};

// The embedded default (link hookwright::sqlite): durable, for one process at a time, in a file of
// its own.
//
// Durability: a commit that was answered `ok` survives a crash and a power cut (write-ahead log,
// synchronous=FULL; there is no faster and looser mode, since batches make it as fast). A folder on
// a network file system can't promise that.
//
// One process: "<path>.lock" is locked while the store lives, and the operating system unlocks it
// when the process ends, however it ends. A second store on the same file, by whatever name, in
// this process or another, is refused. A process that forks must not use the store in the child.
//
// Other programs may read the file meanwhile (`sqlite3 -readonly`). One that holds a transaction
// open keeps the log growing, and one that writes makes commits wait 5 s and then fail as
// `unavailable`. Copy it with SQLite's backup command, never file by file. Within this process
// nothing else may open the file: where POSIX locks are in use, closing it again would drop ours.
//
// SQLite 3.37 or newer. Versions before 3.51.3 can corrupt a database where one connection
// checkpoints while another writes; this store does both on one connection, so they are safe here
// as long as no other program writes to the file.
//
// Throws ConfigError at once, having changed nothing, naming "sqlite.path" if the file is in use,
// not hookwright's, newer than this library, damaged, or can't be written, and "sqlite.cache_bytes"
// if that is too small. A file of an older version is carried over, in one transaction.
[[nodiscard]] HOOKWRIGHT_SQLITE_EXPORT std::unique_ptr<Store> make_sqlite_store(
    const SqliteOptions& options);

}  // namespace hookwright
