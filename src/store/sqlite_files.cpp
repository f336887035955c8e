#include "store/sqlite_files.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "hookwright/error.hpp"
#include "store/file_lock.hpp"
#include "store/sqlite_schema.hpp"

namespace hookwright::stores {
namespace {

constexpr int sqlite_needed = 3'037'000;  // STRICT tables
constexpr std::size_t cache_bytes_min = std::size_t{256} << 10U;
constexpr std::size_t cache_bytes_max = std::size_t{1} << 40U;

void require_usable_library() {
  if (sqlite3_libversion_number() < sqlite_needed) {
    throw ConfigError("sqlite", "needs SQLite 3.37 or newer", sqlite3_libversion());
  }
  if (sqlite3_threadsafe() == 0) {
    throw ConfigError("sqlite", "needs an SQLite that was built thread-safe");
  }
}

std::filesystem::path path_of(const std::string& text) {
  return std::filesystem::path(std::u8string(text.begin(), text.end()));
}

void set_up(const Connection& connection, std::size_t cache_bytes) {
  sqlite3_busy_timeout(connection.handle(), busy_timeout_ms);
  const std::size_t kibibytes = std::max<std::size_t>(cache_bytes >> 10U, 1);
  connection.exec(
      "PRAGMA cache_size = -" + std::to_string(kibibytes) +
      "; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

void checkpoint_on_close(const Connection& connection, bool wanted) {
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr);
}

void require_log(const Connection& connection, const std::filesystem::path& file) {
  Statement statement(connection, "PRAGMA journal_mode = WAL");
  Rows rows = statement.rows();
  if (!rows.next() || rows.bytes(0) != "wal") {
    refuse_path("is on a file system that can't hold a write-ahead log", file);
  }
}

}  // namespace

std::filesystem::path sqlite_file_of(const SqliteOptions& options) {
  require_usable_library();
  if (options.cache_bytes < cache_bytes_min || options.cache_bytes > cache_bytes_max) {
    throw ConfigError("sqlite.cache_bytes", "must be 262144 (256 KiB) or more",
                      std::to_string(options.cache_bytes));
  }
  if (options.path.empty()) throw ConfigError("sqlite.path", "is missing");
  if (options.path.find('\0') != std::string::npos) {
    throw ConfigError("sqlite.path", "must not hold a NUL");
  }
  const std::filesystem::path given = path_of(options.path);
  if (!given.has_filename()) refuse_path("must name a file", given);
  std::error_code error;
  const auto folder =
      std::filesystem::canonical(given.has_parent_path() ? given.parent_path() : ".", error);
  if (error) refuse_path("is in a folder that can't be entered (" + error.message() + ")", given);
  if (!std::filesystem::is_directory(folder)) refuse_path("is not in a folder", given);
  std::filesystem::path file = folder / given.filename();
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, error))) {
    file = std::filesystem::canonical(file, error);
    if (error) refuse_path("is a link that leads nowhere (" + error.message() + ")", given);
  }
  return file;
}

Connection open_for_writing(const std::filesystem::path& file, FileLock& lock,
                            const LogFiles& log_files, std::size_t cache_bytes) {
  require_ours_or_new(file);  // before there is a lock file beside somebody else's
  lock.take();
  require_ours_or_new(file);  // again, now that nobody else can make it
  const std::string problem = system::make_private_file(file);
  if (!problem.empty()) refuse_path("can't be made (" + problem + ")", file);
  try {
    Connection connection(text_of(file), SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                          log_files.name());
    checkpoint_on_close(connection, false);
    if (sqlite3_db_readonly(connection.handle(), "main") != 0)
      refuse_path("can't be written", file);
    set_up(connection, cache_bytes);
    bring_up_to_date(connection, file);
    require_log(connection, file);
    // A commit that was answered survives a power cut. On macOS that takes the two at the end.
    connection.exec(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_spill = OFF;"
        " PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = FAST;"
        " PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
    // What a crash left in the log is taken up here, before there is a reader who would have to.
    connection.exec("BEGIN IMMEDIATE; SELECT * FROM meta; COMMIT");
    checkpoint_on_close(connection, true);
    return connection;
  } catch (const SqliteError& error) {
    refuse_path(std::string("can't be opened: ") + error.what(), file);
  }
}

Connection open_for_reading(const std::filesystem::path& file, std::size_t cache_bytes) {
  try {
    Connection connection(text_of(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX);
    checkpoint_on_close(connection, false);
    set_up(connection, cache_bytes / 4);
    return connection;
  } catch (const SqliteError& error) {
    refuse_path(std::string("can't be opened: ") + error.what(), file);
  }
}

}  // namespace hookwright::stores
