#include "store/sqlite_schema.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "hookwright/error.hpp"
#include "store/file_lock.hpp"

namespace hookwright::stores {
namespace {

constexpr std::int64_t application_id = 0x486F6F6B;  // "Hook"
constexpr std::int64_t version = 3;

// Ids outside are 16 random-ish bytes; inside, what is referred to often has a number. Measured for
// a waiting delivery of 300 bytes, due tomorrow: 342 bytes of event, 20 of event_id, 47 to 54 of
// delivery.
//
// delivery: the queue. One b-tree, in the order in which lanes are read; no index, since a
//   settlement knows the position. `lane` is the endpoint's number, negative for rows that were put
//   before they were due: so what is published now lies close together, and settling it costs the
//   same however many retries wait for tomorrow.
// event: numbered in the order of commits, 4,096 numbers a segment. A segment counts the waiting
//   deliveries that need events of it, and is written once a commit however many of them change.
//   An id is two numbers, so that the index can do with the first half (which holds the time).
// attempt: in the order of rows, so that what is new and what is old lie together. An endpoint's
//   are a chain, see AttemptWriter; a delivery's have an index by the first half of its id, and
//   those that were not delivered one by endpoint and result: they are few, and asked for.
// note: small values by key, so the key's b-tree holds them.
constexpr const char* schema_1 = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tenant(
  no INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE kind(
  no INTEGER PRIMARY KEY, type BLOB NOT NULL, family BLOB NOT NULL, UNIQUE(type, family)) STRICT;
CREATE TABLE endpoint(
  no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, version INTEGER NOT NULL,
  tenant INTEGER NOT NULL, counts INTEGER NOT NULL, deleted INTEGER NOT NULL,
  changed INTEGER NOT NULL UNIQUE, details BLOB NOT NULL) STRICT;
CREATE INDEX endpoint_tenant ON endpoint(tenant, id);
CREATE INDEX endpoint_counts ON endpoint(tenant) WHERE counts = 1 AND deleted = 0;
CREATE INDEX endpoint_deleted ON endpoint(deleted) WHERE deleted = 1;
CREATE TABLE event(
  no INTEGER PRIMARY KEY, id_high INTEGER NOT NULL, id_low INTEGER NOT NULL,
  tenant INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX event_id ON event(id_high);
CREATE TABLE segment(
  no INTEGER PRIMARY KEY, pending INTEGER NOT NULL, stored INTEGER NOT NULL) STRICT;
CREATE TABLE delivery(
  lane INTEGER NOT NULL, due INTEGER NOT NULL, row INTEGER NOT NULL, id BLOB NOT NULL,
  event INTEGER NOT NULL, attempts INTEGER NOT NULL, first_attempt INTEGER NOT NULL,
  spared_since INTEGER NOT NULL, PRIMARY KEY(lane, due, row)) STRICT, WITHOUT ROWID;
CREATE TABLE attempt(
  row INTEGER PRIMARY KEY, older_by INTEGER NOT NULL, delivery_high INTEGER NOT NULL,
  delivery_low INTEGER NOT NULL, event BLOB NOT NULL, endpoint INTEGER NOT NULL,
  number INTEGER NOT NULL, at INTEGER NOT NULL, elapsed INTEGER NOT NULL, result INTEGER NOT NULL,
  fault INTEGER NOT NULL, status INTEGER NOT NULL, excerpt BLOB NOT NULL) STRICT;
CREATE TABLE last_attempt(
  endpoint INTEGER PRIMARY KEY, row INTEGER NOT NULL) STRICT;
CREATE INDEX attempt_delivery ON attempt(delivery_high);
CREATE TABLE dead_letter(
  row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, endpoint INTEGER NOT NULL,
  tenant INTEGER NOT NULL, kind INTEGER NOT NULL, event BLOB NOT NULL, at INTEGER NOT NULL,
  reason INTEGER NOT NULL, attempts INTEGER NOT NULL, fault INTEGER NOT NULL,
  status INTEGER NOT NULL, died INTEGER NOT NULL, expires INTEGER NOT NULL,
  body BLOB NOT NULL) STRICT;
CREATE INDEX dead_letter_endpoint ON dead_letter(endpoint);
CREATE INDEX dead_letter_tenant ON dead_letter(tenant);
CREATE INDEX dead_letter_expires ON dead_letter(expires);
CREATE TABLE note(
  key BLOB PRIMARY KEY, version INTEGER NOT NULL, expires INTEGER NOT NULL, value BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX note_expires ON note(expires) WHERE expires > 0;
INSERT INTO meta VALUES('next_row', 1), ('endpoints_version', 0), ('attempts_linked', 0);
)sql";

// What version 2 adds: a delivery's own end, and what an attempt was for. Zero is what the rows of
// version 1 mean: no end, a delivery, a type that is not known.
constexpr const char* schema_2 = R"sql(
ALTER TABLE delivery ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN attempts_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN purpose INTEGER NOT NULL DEFAULT 0;
)sql";

// What version 3 adds: from when to when the attempts of a stretch of rows started, see
// AttemptWriter. Of what is there already it is not known; one stretch may hold any time. And the
// way to what was not delivered, and a second limit of endpoints.
constexpr const char* schema_3 = R"sql(
CREATE TABLE attempt_span(
  last INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, latest INTEGER NOT NULL) STRICT;
INSERT INTO attempt_span SELECT value, -9223372036854775808, 9223372036854775807 FROM meta
  WHERE key = 'attempts_linked' AND value > 0;
DROP INDEX endpoint_counts;
CREATE INDEX endpoint_counts ON endpoint(tenant, counts) WHERE counts > 0 AND deleted = 0;
CREATE INDEX attempt_undelivered ON attempt(endpoint, result) WHERE result > 0;
)sql";

// What leads from each version to the next.
constexpr std::array<const char*, version> steps = {schema_1, schema_2, schema_3};

void require_version(std::int64_t id, std::int64_t found, const std::filesystem::path& file) {
  if (id != application_id) refuse_path("is a database, but not one of hookwright's", file);
  if (found > version) {
    refuse_path("was written by a newer version of hookwright (schema " + std::to_string(found) +
                    ", this one knows " + std::to_string(version) + ")",
                file);
  }
}

std::int64_t pragma(const Connection& connection, const char* sql) {
  Statement statement(connection, sql);
  Rows rows = statement.rows();
  rows.next();
  return rows.integer(0);
}

// The power went while the file was made out of nothing: whatever is in it, SQLite undoes it by the
// journal, which names the size that the file had: none.
// https://www.sqlite.org/fileformat.html, section 3
bool was_being_made(std::filesystem::path file) {
  std::ifstream stream(file += "-journal", std::ios::binary);
  std::array<char, 20> header{};
  stream.read(header.data(), header.size());
  constexpr std::string_view magic("\xD9\xD5\x05\xF9\x20\xA1\x63\xD7", 8);
  constexpr std::string_view no_pages("\0\0\0\0", 4);
  const std::string_view read(header.data(), static_cast<std::size_t>(stream.gcount()));
  return read.starts_with(magic) && read.ends_with(no_pages) && read.size() == header.size();
}

}  // namespace

void refuse_path(std::string_view rule, const std::filesystem::path& file) {
  throw ConfigError("sqlite.path", rule, text_of(file));
}

void require_ours_or_new(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) return;
  if (status.type() != std::filesystem::file_type::regular)
    refuse_path("is not a regular file", file);

  std::ifstream stream(file, std::ios::binary);
  std::array<char, 100> header{};
  stream.read(header.data(), header.size());
  const auto read = static_cast<std::size_t>(stream.gcount());
  if (stream.bad() || (!stream && !stream.eof())) refuse_path("can't be read", file);
  if (read == 0) return;  // empty: made by us and never finished, or by mktemp
  if (was_being_made(file)) return;

  // https://www.sqlite.org/fileformat.html, section 1.3
  constexpr std::string_view magic("SQLite format 3\0", 16);
  if (read < header.size() || std::string_view(header.data(), magic.size()) != magic) {
    refuse_path("is not a database", file);
  }
  const auto field = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      value = (value << 8U) | static_cast<unsigned char>(header[i]);
    }
    return std::int64_t{value};
  };
  require_version(field(68), field(60), file);
}

void bring_up_to_date(const Connection& connection, const std::filesystem::path& file) {
  std::int64_t found = pragma(connection, "PRAGMA user_version");
  const bool is_new = found == 0 && pragma(connection, "PRAGMA schema_version") == 0;
  if (!is_new) require_version(pragma(connection, "PRAGMA application_id"), found, file);
  if (found == version) return;
  // A new one is made with a rollback journal, so that the file's header names us as soon as there
  // is anything in it; the log comes after. An older one is carried over whole or not at all.
  if (is_new) connection.exec("PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE");
  connection.exec("PRAGMA synchronous = FULL");
  connection.exec("BEGIN IMMEDIATE");
  for (; found < version; ++found) connection.exec(steps[static_cast<std::size_t>(found)]);
  connection.exec("PRAGMA application_id = " + std::to_string(application_id));
  connection.exec("PRAGMA user_version = " + std::to_string(version));
  connection.exec("COMMIT");
}

}  // namespace hookwright::stores
