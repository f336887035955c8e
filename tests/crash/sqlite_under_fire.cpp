// SQLite: its statements are traced, its COMMIT has a hook, and its writes to the database file are
// those of a checkpoint, since commits go to the log.

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "crash/store_under_fire.hpp"
#include "hookwright/stores/sqlite.hpp"

namespace hookwright::crash {
namespace {

// One store is under fire in a process; SQLite's callbacks find it here.
struct Inside {
  Fuse* fuse = nullptr;
  const Doing* doing = nullptr;
  std::string file{};
  int connections = 0;
};
Inside inside;

int on_statement(unsigned /*what*/, void* /*context*/, void* statement, void* /*text*/) {
  const char* const text = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
  const std::string_view sql = text == nullptr ? "" : text;
  const Doing& doing = *inside.doing;
  Fuse& fuse = *inside.fuse;
  if (doing.opening) fuse.pass(Point::migration);
  if (doing.purging) fuse.pass(Point::purge);
  if (doing.events && sql.starts_with("INSERT INTO delivery")) fuse.pass(Point::fan_out_half_done);
  if (!doing.outcomes) return 0;
  if (sql.starts_with("INSERT INTO attempt")) fuse.pass(Point::settle_half_done);
  if (sql.starts_with("INSERT INTO dead_letter")) fuse.pass(Point::dead_letter_half_moved);
  if (doing.stops && sql.starts_with("INSERT INTO endpoint")) fuse.pass(Point::endpoint_stopping);
  return 0;
}

int on_commit(void* /*context*/) {
  const Doing& doing = *inside.doing;
  Fuse& fuse = *inside.fuse;
  if (doing.events) fuse.pass(Point::before_commit);
  if (doing.outcomes) fuse.pass(Point::settle_before_commit);
  if (doing.stops) fuse.pass(Point::endpoint_stopping);
  if (doing.rotates) fuse.pass(Point::rotation);
  if (doing.purging) fuse.pass(Point::purge);
  return 0;
}

// The first connection is the one that writes; the one that reads belongs to other threads.
int on_open(sqlite3* connection, const char** /*error*/, const sqlite3_api_routines* /*api*/) {
  if (++inside.connections != 1) return SQLITE_OK;
  sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, on_statement, nullptr);
  sqlite3_commit_hook(connection, on_commit, nullptr);
  return SQLITE_OK;
}

// --- the file system's calls

using Call = sqlite3_syscall_ptr;
using Write = ssize_t (*)(int, const void*, size_t, off_t);
using Truncate = int (*)(int, off_t);
using Unlink = int (*)(const char*);
std::array<Call, 3> real{};

bool is_database(int file) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file, &opened) == 0 && ::stat(inside.file.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino;
}

void pass_checkpoint(bool concerned) {
  if (concerned && !inside.doing->opening) inside.fuse->pass(Point::checkpoint);
}

ssize_t write_at(int file, const void* from, size_t size, off_t at) {
  pass_checkpoint(inside.fuse->armed_for(Point::checkpoint) && is_database(file));
  return reinterpret_cast<Write>(real[0])(file, from, size, at);
}

int truncate(int file, off_t size) {
  pass_checkpoint(true);
  return reinterpret_cast<Truncate>(real[1])(file, size);
}

int unlink(const char* path) {
  pass_checkpoint(true);
  return reinterpret_cast<Unlink>(real[2])(path);
}

void replace(const char* name, std::size_t slot, Call by) {
  sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  const Call found = vfs->xGetSystemCall(vfs, name);
  if (found == nullptr) return;  // this build of SQLite does without it
  real.at(slot) = found;
  vfs->xSetSystemCall(vfs, name, by);
}

class SqliteUnderFire final : public StoreUnderFire {
 public:
  explicit SqliteUnderFire(const std::string& folder) : folder_(folder) {}

  std::unique_ptr<Store> open(Fuse& fuse, const Doing& doing) override {
    inside = {&fuse, &doing, file(folder_), 0};
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&on_open));
    replace("pwrite", 0, reinterpret_cast<Call>(&write_at));
    replace("pwrite64", 0, reinterpret_cast<Call>(&write_at));
    replace("ftruncate", 1, reinterpret_cast<Call>(&truncate));
    replace("unlink", 2, reinterpret_cast<Call>(&unlink));
    return make_sqlite_store({.path = inside.file});
  }

  // A copy, so that it is the next process that recovers what the crash left.
  std::unique_ptr<Store> look(std::string& damage) override {
    const std::filesystem::path copy = folder_ / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directories(copy);
    bool found = false;
    for (const char* const end : {"", "-wal", "-journal"}) {
      std::error_code absent;
      found = std::filesystem::copy_file(file(folder_) + end, file(copy) + end, absent) || found;
    }
    if (!found) return nullptr;
    auto store = make_sqlite_store({.path = file(copy)});
    damage = check(file(copy));
    return store;
  }

  [[nodiscard]] std::uint64_t size() const override {
    std::error_code absent;
    const auto size = std::filesystem::file_size(file(folder_), absent);
    return absent ? 0 : size;
  }

 private:
  static std::string file(const std::filesystem::path& folder) { return folder / "webhooks.db"; }

  // Beside the store, which has made its recovery; the parent's POSIX locks on a copy matter to
  // nobody.
  static std::string check(const std::string& path) {
    std::string damage;
    sqlite3* database = nullptr;
    sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
    const auto add = [](void* to, int columns, char** values, char** /*names*/) {
      if (columns > 0 && values[0] != nullptr && std::string_view(values[0]) != "ok")
        *static_cast<std::string*>(to) += std::string(values[0]) + "; ";
      return 0;
    };
    for (const char* const sql :
         {"PRAGMA integrity_check",
          "SELECT 'segment ' || no || ' counts wrongly' FROM segment s WHERE pending <>"
          " (SELECT count(*) FROM delivery WHERE event >> 12 = s.no)",
          "SELECT 'a waiting delivery has no event' FROM delivery WHERE event NOT IN"
          " (SELECT no FROM event)"}) {
      char* error = nullptr;
      if (sqlite3_exec(database, sql, add, &damage, &error) != SQLITE_OK)
        damage += std::string(sql) + ": " + (error == nullptr ? "?" : error) + "; ";
      sqlite3_free(error);
    }
    sqlite3_close(database);
    return damage;
  }

  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<StoreUnderFire> make_store_under_fire(const std::string& name,
                                                      const std::string& folder) {
  if (name == "sqlite") return std::make_unique<SqliteUnderFire>(folder);
  return nullptr;
}

}  // namespace hookwright::crash
