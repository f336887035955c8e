#include "store/sqlite_wal.hpp"

namespace hookwright::stores {
namespace {

// Pages of 4 KiB in the log. What is published while they are carried over waits for that. With so
// many more commit() does it: nobody has called checkpoint(), or one commit was as large.
constexpr int frames_wanted = 512;
constexpr int frames_max = 2'048;

int note_frames(void* frames, sqlite3* /*connection*/, const char* /*database*/, int in_log) {
  *static_cast<int*>(frames) = in_log;
  return SQLITE_OK;
}

}  // namespace

SqliteWal::SqliteWal(const Connection& connection) : connection_(connection) {
  // Takes the place of SQLite's own way of doing it after a commit.
  sqlite3_wal_hook(connection_.handle(), note_frames, &frames_);
}

void SqliteWal::after_commit(StoreCode code) {
  busy_ = true;
  // A log that has been carried over is written from its start again: on a full disk that makes
  // room for settlements.
  const bool full = code == StoreCode::full;
  if (frames_ < tried_at_)
    tried_at_ = 0;  // it has been started anew; if by a larger commit, it
                    // may grow to twice its length before that is seen
  if (full || new_frames() >= frames_max) carry_over(SQLITE_CHECKPOINT_PASSIVE);
}

void SqliteWal::checkpoint() {
  if (new_frames() >= frames_wanted) carry_over(SQLITE_CHECKPOINT_PASSIVE);
}

void SqliteWal::after_maintenance() {
  // Nobody is waiting, so that the log can be emptied, and the file be all there is on the disk.
  if (!busy_ && frames_ > 0) carry_over(SQLITE_CHECKPOINT_TRUNCATE);
  busy_ = false;
}

void SqliteWal::carry_over(int mode) {
  int in_log = 0;
  int carried = 0;
  // Readers are not waited for; what fails here is tried again, and no commit depends on it.
  sqlite3_busy_timeout(connection_.handle(), 0);
  const int code =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, mode, &in_log, &carried);
  sqlite3_busy_timeout(connection_.handle(), busy_timeout_ms);
  tried_at_ = frames_;
  if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE) frames_ = tried_at_ = 0;
}

}  // namespace hookwright::stores
