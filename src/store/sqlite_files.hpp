#pragma once

#include <filesystem>

#include "hookwright/stores/sqlite.hpp"
#include "store/sqlite_connection.hpp"

namespace hookwright::stores {

// The file that the options mean, by its canonical path. Throws ConfigError for options that can't
// work and for a file that is not ours, having changed nothing.
[[nodiscard]] std::filesystem::path sqlite_file_of(const SqliteOptions& options);

// Opens the file, making it if need be. Throws ConfigError. The caller holds the file's lock.
[[nodiscard]] Connection open_for_writing(const std::filesystem::path& file,
                                          std::size_t cache_bytes);
[[nodiscard]] Connection open_for_reading(const std::filesystem::path& file,
                                          std::size_t cache_bytes);

}  // namespace hookwright::stores
