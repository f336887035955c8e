#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "hookwright/store_query.hpp"
#include "store/rules.hpp"
#include "store/sqlite_connection.hpp"

namespace hookwright::stores {

// Bytes of bodies and the like that one answer holds before it is cut short.
inline constexpr std::size_t answer_bytes_max = std::size_t{4} << 20U;

// Rows below this one, for a walk from the newest down.
inline std::uint64_t row_below(const Query& query) {
  if (query.after.empty()) return std::numeric_limits<std::int64_t>::max();
  return cursor_number(query).value_or(0);
}

// How much of an answer there is already.
class PageLimits {
 public:
  explicit PageLimits(const Query& query) : limit_(limit_of(query)) {}

  [[nodiscard]] bool reached() const {
    return kept_ == limit_ || examined_ == examined_max || bytes_ >= answer_bytes_max;
  }
  // A record was looked at, and its bytes were taken into the answer, or it was not.
  void count(std::optional<std::size_t> taken) {
    ++examined_;
    if (!taken) return;
    ++kept_;
    bytes_ += *taken;
  }

 private:
  std::size_t limit_;
  std::size_t kept_ = 0;
  std::size_t bytes_ = 0;
  std::size_t examined_ = 0;
};

// Takes rows that `keep` accepts into the answer, up to the limits; `keep` says how many bytes it
// took, or nothing. `key` of the last row that was looked at becomes the cursor if there are
// others.
template <class Source, class Keep, class Key>
void walk(const Query& query, Records& answer, Source&& rows, Keep keep, Key key) {
  PageLimits limits(query);
  std::optional<decltype(key(rows.row()))> last;
  while (rows.next()) {
    if (limits.reached()) {
      answer.next = cursor(query.kind, *last);
      return;
    }
    limits.count(keep(rows.row()));
    last = key(rows.row());
  }
}

}  // namespace hookwright::stores
