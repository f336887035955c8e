#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "hookwright/delivery.hpp"
#include "hookwright/store_batch.hpp"
#include "store/sqlite_connection.hpp"

// How the writing connection sees its tables: each class knows one, keeps what it may remember
// between transactions, and forgets it when one is rolled back.
namespace hookwright::stores {

// Single values.
class MetaTable {
 public:
  explicit MetaTable(const Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::int64_t read(std::string_view key);
  void write(std::string_view key, std::int64_t value);

 private:
  const Connection& connection_;
  Statement read_{connection_, "SELECT value FROM meta WHERE key = CAST(?1 AS TEXT)"};
  Statement write_{connection_, "UPDATE meta SET value = ?2 WHERE key = CAST(?1 AS TEXT)"};
};

// Numbers for tenants and for kinds of events (type and family).
class NameTables {
 public:
  explicit NameTables(const Connection& connection) : connection_(connection) {}

  [[nodiscard]] std::int64_t tenant(const std::string& name);  // makes one if there is none
  [[nodiscard]] std::optional<std::int64_t> known_tenant(const std::string& name);
  [[nodiscard]] std::int64_t kind(const std::string& type, const std::string& family);
  void forget();

 private:
  using Kind = std::pair<std::string, std::string>;

  const Connection& connection_;
  std::unordered_map<std::string, std::int64_t> tenants_{};
  std::map<Kind, std::int64_t> kinds_{};
  Statement find_tenant_{connection_, "SELECT no FROM tenant WHERE name = ?1"};
  Statement add_tenant_{connection_, "INSERT INTO tenant(name) VALUES(?1)"};
  Statement find_kind_{connection_, "SELECT no FROM kind WHERE type = ?1 AND family = ?2"};
  Statement add_kind_{connection_, "INSERT INTO kind(type, family) VALUES(?1, ?2)"};
};

// Endpoints, and the numbers that other tables know them by.
class EndpointTable {
 public:
  EndpointTable(const Connection& connection, MetaTable& meta, NameTables& names)
      : connection_(connection), meta_(meta), names_(names) {}

  // Its number if it exists, deleted or not.
  [[nodiscard]] std::optional<std::int64_t> known(const EndpointId& id);
  // Its number if records of it may be kept: it exists and is not deleted.
  [[nodiscard]] std::optional<std::int64_t> living(const EndpointId& id);
  [[nodiscard]] std::uint64_t version(const EndpointId& id);
  [[nodiscard]] bool fewer_count(const TenantCountBelow& below);
  [[nodiscard]] std::uint64_t changes();  // Opened::endpoints_version
  void put(const StoredEndpoint& endpoint);
  [[nodiscard]] std::optional<std::int64_t> first_deleted();
  void drop(std::int64_t no);
  void forget();

 private:
  struct Entry {
    std::int64_t no = 0;
    bool deleted = false;
  };
  [[nodiscard]] const Entry* entry(const EndpointId& id);

  const Connection& connection_;
  MetaTable& meta_;
  NameTables& names_;
  std::unordered_map<EndpointId, Entry> entries_{};
  std::optional<std::uint64_t> changes_{};
  Statement find_{connection_, "SELECT no, deleted FROM endpoint WHERE id = ?1"};
  Statement version_{connection_, "SELECT version FROM endpoint WHERE id = ?1"};
  Statement count_{connection_,
                   "SELECT count(*) FROM (SELECT 1 FROM endpoint"
                   " WHERE tenant = ?1 AND counts = ?2 AND counts > 0 AND deleted = 0 LIMIT ?3)"};
  Statement put_{connection_,
                 "INSERT INTO endpoint(id, version, tenant, counts, deleted, changed, details)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE SET"
                 " version = ?2, tenant = ?3, counts = ?4, deleted = ?5, changed = ?6,"
                 " details = ?7"};
  Statement first_deleted_{connection_, "SELECT no FROM endpoint WHERE deleted = 1 LIMIT 1"};
  Statement drop_{connection_, "DELETE FROM endpoint WHERE no = ?1"};
};

// 4,096 events share a segment.
inline constexpr unsigned segment_bits = 12;

// Events, by numbers that rise in the order of commits, and the segments that count who needs them.
class EventTable {
 public:
  EventTable(const Connection& connection, NameTables& names)
      : connection_(connection), names_(names) {}

  [[nodiscard]] std::optional<std::int64_t> find(const EventId& id);
  // Its number. One that exists already is left as it is.
  std::int64_t put(const StoredEvent& event, TimePoint now);
  // A waiting delivery that needs the event came (+1) or went (-1).
  void need(std::int64_t no, std::int64_t change);

  // What has to be written about each segment.
  struct Count {
    std::int64_t pending = 0;           // to add
    std::optional<TimePoint> stored{};  // last time an event came, if one did
  };
  using Counts = std::unordered_map<std::int64_t, Count>;
  [[nodiscard]] const Counts& counts() const { return counts_; }
  void restore(Counts counts) { counts_ = std::move(counts); }
  // Writes them: the last thing before a COMMIT.
  void flush();

  // Drops up to `max` events of the oldest segment that was last stored into before `before` and
  // that no waiting delivery needs. Returns how many records went; 0: there is no such segment.
  std::size_t drop_some(TimePoint before, std::size_t max);
  void forget();

 private:
  std::int64_t take_number(const StoredEvent& event, TimePoint now);
  [[nodiscard]] std::optional<std::int64_t> idle_segment(TimePoint before);

  const Connection& connection_;
  NameTables& names_;
  Counts counts_{};
  std::optional<std::int64_t> next_{};
  std::optional<std::int64_t> highest_{};  // no event has a higher first half of its id
  std::size_t segment_bytes_ = 0;          // in the segment being filled, since we opened
  std::optional<TimePoint> segment_since_{};
  Statement find_{connection_, "SELECT no FROM event WHERE id_high = ?1 AND id_low = ?2"};
  Statement last_{connection_, "SELECT max(no) FROM event"};
  Statement find_highest_{connection_, "SELECT max(id_high) FROM event"};
  Statement put_{connection_, "INSERT INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
  Statement count_{connection_,
                   "INSERT INTO segment VALUES(?1, ?2, ?3) ON CONFLICT(no) DO UPDATE SET"
                   " pending = pending + ?2, stored = max(stored, ?3)"};
  Statement segments_{connection_, "SELECT no, pending, stored FROM segment ORDER BY no"};
  Statement drop_events_{connection_,
                         "DELETE FROM event WHERE no IN"
                         " (SELECT no FROM event WHERE no >= ?1 AND no < ?2 ORDER BY no LIMIT ?3)"};
  Statement drop_segment_{connection_, "DELETE FROM segment WHERE no = ?1"};
};

// The time that an event's id was made, which the table keeps its own time relative to: most are
// the same, and then cost nothing.
[[nodiscard]] TimePoint time_in(std::int64_t id_high);

}  // namespace hookwright::stores
