#pragma once

#include <array>
#include <chrono>
#include <optional>

namespace hookwright::event {

using TimestampText = std::array<char, 20>;  // 2026-03-04T12:00:00Z, without a NUL

// RFC 3339 in UTC; nothing outside the years 0000 to 9999, which the format can't say.
std::optional<TimestampText> timestamp_text(std::chrono::sys_seconds at) noexcept;

}  // namespace hookwright::event
