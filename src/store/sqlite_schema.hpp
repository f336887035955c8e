#pragma once

#include <filesystem>
#include <string_view>

#include "store/sqlite_connection.hpp"

namespace hookwright::stores {

// Throws ConfigError.
[[noreturn]] void refuse_path(std::string_view rule, const std::filesystem::path& file);

// Throws ConfigError if the file is another program's or a newer version's. Reads its first bytes
// only, so that such a file and what lies beside it stay as they are.
void require_ours_or_new(const std::filesystem::path& file);

// Brings the database of `connection` to the present version: an empty one is made, an older one is
// carried over. Throws ConfigError if it is not ours or newer.
void bring_up_to_date(const Connection& connection, const std::filesystem::path& file);

}  // namespace hookwright::stores
