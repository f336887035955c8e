#pragma once

#include <sqlite3.h>

#include <string>

namespace hookwright::stores {

// The way to the files of the writing connection: the system's own, but that what SQLite writes to
// its log is gathered, and written in one call. SQLite writes each page of a commit in two, the
// commit of one event has five pages, and each call costs as much as a page.
//
// All of it is written before the log is synced, read or measured. With `synchronous = FULL` SQLite
// syncs before it tells other connections of new pages, so nobody looks for what is not there; and
// with `cache_spill = OFF` it writes committed pages only, so nothing is left over from a
// transaction that was rolled back. An error comes a little later, with the call that writes.
class LogFiles {
 public:
  LogFiles();   // throws std::bad_alloc
  ~LogFiles();  // once the connection is closed
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  // For sqlite3_open_v2().
  [[nodiscard]] const char* name() const { return name_.c_str(); }

 private:
  struct Calls : sqlite3_vfs {
    sqlite3_vfs* real = nullptr;
  };
  static sqlite3_vfs* real(sqlite3_vfs* calls) { return static_cast<Calls*>(calls)->real; }
  static int open(sqlite3_vfs* calls, const char* name, sqlite3_file* file, int flags, int* out);
  template <auto Method, class... Arguments>
  static auto pass_on(sqlite3_vfs* calls, Arguments... arguments);
  void pass_on_the_others();

  std::string name_;
  Calls calls_{};
};

}  // namespace hookwright::stores
