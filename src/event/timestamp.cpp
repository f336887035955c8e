#include "event/timestamp.hpp"

#include <cstdint>

namespace hookwright::event {

namespace {

constexpr std::chrono::sys_seconds first = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr std::chrono::sys_seconds end = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

void put_digits(char* last, std::uint64_t value, int count) noexcept {
  for (; count > 0; --count, value /= 10) *last-- = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<TimestampText> timestamp_text(std::chrono::sys_seconds at) noexcept {
  if (at < first || at >= end) return std::nullopt;
  const auto midnight = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(midnight);
  const auto seconds = static_cast<std::uint64_t>((at - midnight).count());
  TimestampText text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0',
                     'T', '0', '0', ':', '0', '0', ':', '0', '0', 'Z'};
  put_digits(&text[3], static_cast<std::uint64_t>(int{date.year()}), 4);
  put_digits(&text[6], unsigned{date.month()}, 2);
  put_digits(&text[9], unsigned{date.day()}, 2);
  put_digits(&text[12], seconds / 3600, 2);
  put_digits(&text[15], seconds / 60 % 60, 2);
  put_digits(&text[18], seconds % 60, 2);
  return text;
}

}  // namespace hookwright::event
