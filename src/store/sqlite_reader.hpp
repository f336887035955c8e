#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "hookwright/store.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_history.hpp"

namespace hookwright::stores {

// Reads events by number, each once for one answer.
class EventReader {
 public:
  explicit EventReader(const Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::shared_ptr<const StoredEvent> read(std::int64_t no);
  // Starts a new answer.
  void begin() { read_.clear(), bytes_ = 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  const Connection& connection_;
  std::unordered_map<std::int64_t, std::shared_ptr<const StoredEvent>> read_{};
  std::size_t bytes_ = 0;
  Statement statement_{connection_,
                       "SELECT e.id_high, e.id_low, t.name, k.type, k.family, e.at, e.body"
                       " FROM event e JOIN tenant t ON t.no = e.tenant JOIN kind k ON k.no = e.kind"
                       " WHERE e.no = ?1"};
};

// The rows of one endpoint behind a position, in order: those of its two lanes in the table,
// merged.
class LaneRows {
 public:
  LaneRows(Statement& near, Statement& far, std::int64_t endpoint, const LanePosition& after);

  bool next();
  [[nodiscard]] const Rows& row() const { return *row_; }

 private:
  void step(Rows& rows, std::optional<LanePosition>& at);

  Rows near_;
  Rows far_;
  std::optional<LanePosition> near_at_{};
  std::optional<LanePosition> far_at_{};
  Rows* row_ = nullptr;
};

// Reads the waiting rows of one endpoint in order.
class LaneReader {
 public:
  explicit LaneReader(const Connection& connection) : connection_(connection) {}

  // Fills a page for fetch().
  void fill(LanePage& page, const LaneCursor& cursor, TimePoint now, EventReader& events);
  // Answers a question for waiting rows.
  void find(const Query& query, Records& answer, EventReader& events);

 private:
  [[nodiscard]] std::optional<std::int64_t> number_of(const EndpointId& endpoint);

  const Connection& connection_;
  Statement endpoint_{connection_, "SELECT no FROM endpoint WHERE id = ?1"};
  static std::string rows_of_lane();
  Statement near_{connection_, rows_of_lane()};
  Statement far_{connection_, rows_of_lane()};
};

// Answers questions, on a connection of its own that only reads.
class SqliteFinder {
 public:
  explicit SqliteFinder(const Connection& connection) : connection_(connection) {}

  // `query` has no mistake in it; notes that have expired at `latest` are left out.
  [[nodiscard]] Records find(const Query& query, TimePoint latest);

 private:
  void find_endpoints(const Query& query, Records& answer);
  void find_lanes(const Query& query, Records& answer);
  [[nodiscard]] std::optional<TimePoint> first_due(std::int64_t endpoint);
  [[nodiscard]] std::size_t count_rows(std::int64_t endpoint);
  void find_dead_letters(const Query& query, Records& answer);
  void find_events(const Query& query, Records& answer);
  void find_notes(const Query& query, TimePoint latest, Records& answer);

  const Connection& connection_;
  EventReader events_{connection_};
  LaneReader lanes_{connection_};
  HistoryReader history_{connection_};
  Statement begin_{connection_, "BEGIN"};

  static std::string endpoints_where(const char* condition);
  Statement endpoint_{connection_, endpoints_where("e.id = ?1")};
  Statement endpoints_{connection_, endpoints_where("e.id > ?1 ORDER BY e.id")};
  Statement endpoints_of_tenant_{
      connection_, endpoints_where("e.tenant = (SELECT no FROM tenant WHERE name = ?1)"
                                   " AND e.id > ?2 ORDER BY e.id")};
  Statement endpoints_changed_{connection_, endpoints_where("e.changed > ?1 ORDER BY e.changed")};
  Statement endpoint_by_number_{connection_, "SELECT id, deleted FROM endpoint WHERE no = ?1"};
  Statement endpoint_number_{connection_, "SELECT no FROM endpoint WHERE id = ?1"};

  Statement next_near_{connection_, "SELECT min(lane) FROM delivery WHERE lane > ?1"};
  Statement next_far_{connection_, "SELECT max(lane) FROM delivery WHERE lane < ?1"};
  Statement first_row_{connection_,
                       "SELECT due FROM delivery WHERE lane = ?1 ORDER BY due, row LIMIT 1"};
  Statement count_rows_{connection_,
                        "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE lane = ?1 LIMIT ?2)"};

  static std::string dead_letters_where(const char* condition);
  Statement dead_letter_{connection_, dead_letters_where("d.id = ?1")};
  Statement dead_letters_{connection_, dead_letters_where("d.row < ?1 ORDER BY d.row DESC")};
  Statement dead_letters_of_endpoint_{
      connection_, dead_letters_where("d.endpoint = ?1 AND d.row < ?2 ORDER BY d.row DESC")};
  Statement dead_letters_of_tenant_{
      connection_, dead_letters_where("d.tenant = (SELECT no FROM tenant WHERE name = ?1)"
                                      " AND d.row < ?2 ORDER BY d.row DESC")};

  Statement event_{connection_, "SELECT no FROM event WHERE id_high = ?1 AND id_low = ?2"};
  Statement tenant_number_{connection_, "SELECT no FROM tenant WHERE name = ?1"};
  Statement segments_since_{connection_,
                            "SELECT no FROM segment WHERE stored >= ?1 ORDER BY no LIMIT 1"};
  Statement events_behind_{connection_, "SELECT no, tenant FROM event WHERE no > ?1 ORDER BY no"};
  Statement notes_{connection_,
                   "SELECT key, version, expires, value FROM note WHERE key >= ?1 ORDER BY key"};
};

}  // namespace hookwright::stores
