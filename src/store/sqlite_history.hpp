#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "hookwright/store_query.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_page.hpp"

namespace hookwright::stores {

// Reads attempts, for an endpoint along its chain, for a time by spans (see AttemptWriter), and
// those that were not delivered by an index.
class HistoryReader {
 public:
  explicit HistoryReader(const Connection& connection) : connection_(connection) {}

  void find(const Query& query, Records& answer);
  // The newest attempt of each endpoint that the answer has.
  void find_last(Records& answer);

 private:
  void find_of_delivery(const Query& query, Records& answer);
  void find_of_endpoint(const Query& query, Records& answer);
  [[nodiscard]] std::uint64_t head_below(std::int64_t endpoint, std::uint64_t below,
                                         std::uint64_t linked);
  // Rows between two, without these.
  struct Stretch {
    std::uint64_t above = 0;
    std::uint64_t below = std::numeric_limits<std::int64_t>::max();
  };
  [[nodiscard]] Stretch stretch_of(const Query& query);
  void find_undelivered(const Query& query, std::int64_t endpoint, Records& answer);
  [[nodiscard]] std::uint64_t enter(const Stretch& stretch, std::int64_t endpoint,
                                    std::uint64_t on_chain);

  const Connection& connection_;
  static std::string attempts_where(const char* condition);
  Statement linked_{connection_, "SELECT value FROM meta WHERE key = 'attempts_linked'"};
  Statement endpoint_{connection_, "SELECT no FROM endpoint WHERE id = ?1"};
  Statement head_{connection_, "SELECT row FROM last_attempt WHERE endpoint = ?1"};
  Statement older_{connection_, "SELECT older_by FROM attempt WHERE row = ?1 AND endpoint = ?2"};
  Statement before_since_{
      connection_,
      "SELECT coalesce(max(last), 0) FROM attempt_span WHERE last < coalesce("
      "(SELECT last FROM attempt_span WHERE latest >= ?1 ORDER BY last LIMIT 1),"
      " 9223372036854775807)"};
  Statement until_{connection_,
                   "SELECT last FROM attempt_span WHERE earliest < ?1 ORDER BY last DESC LIMIT 1"};
  Statement down_from_{connection_,
                       "SELECT row, endpoint FROM attempt WHERE row < ?1 ORDER BY row DESC"};
  Statement of_tail_{connection_, attempts_where("a.row > ?1 AND a.row < ?2 AND a.endpoint = ?3"
                                                 " AND a.at >= ?4 AND a.at < ?5"
                                                 " ORDER BY a.row DESC")};
  Statement tail_{connection_, "SELECT row, endpoint FROM attempt WHERE row > ?1 ORDER BY row"};
  Statement one_{connection_, attempts_where("a.row = ?1 AND a.endpoint = ?2")};
  // With `result > 0` in so many words, or the index would not be known to have them all.
  Statement undelivered_{connection_,
                         attempts_where("a.endpoint = ?1 AND a.result = ?2 AND a.result > 0"
                                        " AND a.row > ?3 AND a.row < ?4 ORDER BY a.row DESC")};
  Statement of_delivery_{
      connection_, attempts_where("a.delivery_high = ?1 AND a.delivery_low = ?2 AND a.row < ?3"
                                  " ORDER BY a.row DESC")};
};

}  // namespace hookwright::stores
