#pragma once

#include <filesystem>

#include "hookwright/stores/sqlite.hpp"
#include "store/file_lock.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_log_file.hpp"

namespace hookwright::stores {

// The file that the options mean, by its canonical path. Throws ConfigError for options that can't
// work. Does not look into the file.
[[nodiscard]] std::filesystem::path sqlite_file_of(const SqliteOptions& options);

// Takes the lock and opens the file, making it if need be. Throws ConfigError, having changed
// nothing if the file is not ours.
[[nodiscard]] Connection open_for_writing(const std::filesystem::path& file, FileLock& lock,
                                          const LogFiles& log_files, std::size_t cache_bytes);
[[nodiscard]] Connection open_for_reading(const std::filesystem::path& file,
                                          std::size_t cache_bytes);

}  // namespace hookwright::stores
