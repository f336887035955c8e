#pragma once

#include <string_view>

namespace hookwright::policy {

// Header names are compared as HTTP does, ASCII letters without regard to case.
[[nodiscard]] bool same_header_name(std::string_view a, std::string_view b);

// `prefix` is in lower case.
[[nodiscard]] bool header_name_starts_with(std::string_view name, std::string_view prefix);

// What HTTP, the transport or intermediaries set or act on, and what carries credentials: neither
// an endpoint nor a profile may name it.
[[nodiscard]] bool reserved_header(std::string_view name);

}  // namespace hookwright::policy
