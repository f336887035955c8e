#include "store/sqlite_cleaner.hpp"

#include <algorithm>

namespace hookwright::stores {

bool SqliteCleaner::run(TimePoint now, const Budget& budget, SqliteWriter& writer) {
  std::size_t left = budget.rows_max;
  const auto spend = [&](std::size_t rows) { left -= std::min(left, rows); };
  const auto limit = [&] { return static_cast<std::uint64_t>(left); };
  if (left > 0) spend(drop_dead_.run(now, limit()));
  if (left > 0) spend(drop_notes_.run(now, limit()));
  if (left > 0) spend(drop_attempts(budget.attempts_before, left));
  while (left > 0) {
    const std::size_t dropped = writer.drop_some_of_deleted(left);
    if (dropped == 0) break;
    spend(dropped);
  }
  // The counts of what has just gone are part of what is asked next.
  writer.finish();
  while (left > 0) {
    const std::size_t dropped = writer.events().drop_some(budget.events_before, left);
    if (dropped == 0) break;
    spend(dropped);
  }
  return left == 0;
}

std::size_t SqliteCleaner::drop_attempts(TimePoint before, std::size_t max) {
  std::size_t old = 0;
  std::uint64_t last = 0;
  {
    Rows rows = oldest_attempts_.rows(static_cast<std::uint64_t>(max));
    while (rows.next() && rows.time(1) < before) {
      last = rows.number(0);
      ++old;
    }
  }
  return old == 0 ? 0 : drop_attempts_.run(last);
}

}  // namespace hookwright::stores
