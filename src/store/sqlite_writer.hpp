#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hookwright/store.hpp"
#include "store/sqlite_attempts.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_tables.hpp"

namespace hookwright::stores {

// Thrown where a change can't be carried out for a reason of its own.
struct Unstorable {};

// Reads and writes records inside a transaction that the caller has begun.
class SqliteWriter {
 public:
  explicit SqliteWriter(const Connection& connection) : connection_(connection) {}

  // Throws Unstorable or SqliteError half way; the caller then rolls back.
  [[nodiscard]] ChangeResult apply(const Change& change, TimePoint now, TimePoint latest);

  // Counts what the changes add up to: the last thing before a COMMIT.
  void finish() {
    events_.flush();
    attempts_.flush();
  }

  // After a rollback of everything, or of one change.
  void forget();
  void forget_change(EventTable::Counts counts_before);
  [[nodiscard]] const EventTable::Counts& counts() const { return events_.counts(); }

  [[nodiscard]] MetaTable& meta() { return meta_; }
  [[nodiscard]] EndpointTable& endpoints() { return endpoints_; }
  [[nodiscard]] EventTable& events() { return events_; }

  // No row from this one on is in the store. Rises with what is put.
  [[nodiscard]] std::uint64_t next_row() const { return next_row_; }
  void start_rows_at(std::uint64_t row) { next_row_ = row; }

  // Drops up to `max` rows of the first endpoint that is deleted, and at last its record. Returns
  // how many records went; 0: no endpoint is deleted.
  std::size_t drop_some_of_deleted(std::size_t max);

 private:
  friend struct SqliteCheck;
  friend struct SqliteCarry;

  // What a change has found out already, so that it is not looked up twice.
  struct Seen {
    EndpointId endpoint{};
    LanePosition position{};
    DeliveryId delivery{};
    std::int64_t lane = 0;  // where the row is in the table; 0: it is not
    std::int64_t event = 0;
    std::uint32_t attempts = 0;
  };
  [[nodiscard]] Seen look_at(const EndpointId& endpoint, const LanePosition& position);
  void remember(const Seen& row);
  [[nodiscard]] bool holds(const DeliveryAt& at);
  [[nodiscard]] std::int64_t event_of(const Delivery& delivery);
  void put(const Delivery& delivery, TimePoint now);
  void drop(const DropDelivery& drop);
  void put(const Attempt& attempt);
  void put(const DeadLetter& letter);
  [[nodiscard]] std::uint64_t note_version(const std::string& key, TimePoint now);
  void note_row(std::uint64_t row);
  std::size_t drop_some_of_lane(std::int64_t lane, std::size_t max);

  const Connection& connection_;
  MetaTable meta_{connection_};
  NameTables names_{connection_};
  EndpointTable endpoints_{connection_, meta_, names_};
  EventTable events_{connection_, names_};
  AttemptWriter attempts_{connection_, meta_, names_};
  std::uint64_t next_row_ = 0;
  Seen seen_{};                                       // the row of the last DeliveryAt
  std::unordered_map<std::uint64_t, Seen> recent_{};  // rows put since, and still there: by row
  std::optional<std::pair<EventId, std::int64_t>> event_{};  // the last event put

  Statement find_row_{connection_,
                      "SELECT event, attempts, id FROM delivery"
                      " WHERE lane = ?1 AND due = ?2 AND row = ?3"};
  Statement put_row_{connection_,
                     "INSERT INTO delivery VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
  Statement drop_row_{connection_,
                      "DELETE FROM delivery WHERE lane = ?1 AND due = ?2 AND row = ?3"};
  Statement drop_dead_{connection_, "DELETE FROM dead_letter WHERE id = ?1"};
  Statement put_dead_{connection_,
                      "INSERT INTO dead_letter VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                      " ?11, ?12, ?13, ?14)"};
  Statement note_version_{connection_, "SELECT version, expires FROM note WHERE key = ?1"};
  Statement put_note_{connection_,
                      "INSERT INTO note VALUES(?1, ?2, ?3, ?4) ON CONFLICT(key) DO UPDATE SET"
                      " version = ?2, expires = ?3, value = ?4"};
  Statement drop_note_{connection_, "DELETE FROM note WHERE key = ?1"};
  Statement lane_head_{connection_,
                       "SELECT due, row, event FROM delivery WHERE lane = ?1"
                       " ORDER BY due, row LIMIT ?2"};
  Statement drop_lane_head_{connection_,
                            "DELETE FROM delivery WHERE lane = ?1 AND (due, row) <= (?2, ?3)"};
  Statement drop_dead_of_{connection_,
                          "DELETE FROM dead_letter WHERE row IN (SELECT row FROM dead_letter"
                          " WHERE endpoint = ?1 ORDER BY row LIMIT ?2)"};
};

}  // namespace hookwright::stores
