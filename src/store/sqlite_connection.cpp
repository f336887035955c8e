#include "store/sqlite_connection.hpp"

#include <algorithm>

#include "store/rules.hpp"

namespace hookwright::stores {

bool concerns_one_record(const SqliteError& error) {
  const int code = error.primary();
  return code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH;
}

StoreStatus status_of(const SqliteError& error, bool at_commit) {
  const auto made = [&](StoreCode code) { return StoreStatus{code, error.what()}; };
  switch (error.primary()) {
    case SQLITE_FULL:
      return made(StoreCode::full);
    case SQLITE_IOERR:
      // While the log is being written or synced, the transaction may have reached the disk whole.
      return made(at_commit ? StoreCode::unknown : StoreCode::unavailable);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
      return made(StoreCode::unavailable);
    case SQLITE_READONLY:
      return made(error.code() == SQLITE_READONLY_DBMOVED ? StoreCode::broken
                                                          : StoreCode::unavailable);
    default:
      return made(StoreCode::broken);
  }
}

Connection::Connection(const std::string& path, int flags, const char* vfs) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, vfs);
  handle_.reset(opened);
  if (opened == nullptr) throw SqliteError(SQLITE_NOMEM, "out of memory");
  if (code != SQLITE_OK)
    throw SqliteError(sqlite3_extended_errcode(opened), sqlite3_errmsg(opened));
  sqlite3_extended_result_codes(opened, 1);
}

void Connection::exec(const std::string& sql) const {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Connection::roll_back() const {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::fail(int code) const {
  std::string message = sqlite3_errstr(code & 0xFF);
  const std::string detail = sqlite3_errmsg(handle());
  if (detail != message) message += " (" + detail + ")";
  throw SqliteError(code, message + ", SQLite code " + std::to_string(code));
}

bool Rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

std::string_view Rows::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr) {
    if (sqlite3_errcode(connection_.handle()) == SQLITE_NOMEM) connection_.fail(SQLITE_NOMEM);
    return {};
  }
  return {data, static_cast<std::size_t>(size)};
}

IdBytes Rows::id(int column) const {
  IdBytes id;
  const std::string_view found = bytes(column);
  if (found.size() != id.bytes.size()) {
    throw SqliteError(SQLITE_CORRUPT, "an id in the database has a wrong length");
  }
  std::ranges::transform(found, id.bytes.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

void Statement::prepare() {
  if (handle_) return;
  sqlite3_stmt* prepared = nullptr;
  check(sqlite3_prepare_v3(connection_.handle(), sql_.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                           &prepared, nullptr));
  handle_.reset(prepared);
}

void Statement::bind(int at, std::string_view bytes) {
  // No pointer would bind NULL, which an empty value is not.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  check(sqlite3_bind_blob64(handle_.get(), at, data, bytes.size(), SQLITE_STATIC));
}

void Statement::bind(int at, const IdBytes& id) {
  bind(at, bytes_of(id));
}

IdNumbers numbers_of(const IdBytes& id) {
  const auto read = [&](std::size_t from) {
    std::uint64_t number = 0;
    for (std::size_t i = from; i < from + 8; ++i) number = (number << 8U) | id.bytes[i];
    return static_cast<std::int64_t>(number);
  };
  return {read(0), read(8)};
}

IdBytes id_of(const IdNumbers& numbers) {
  IdBytes id;
  const auto write = [&](std::size_t from, std::int64_t number) {
    for (std::size_t i = 0; i < 8; ++i) {
      id.bytes[from + i] =
          static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (56U - 8U * i));
    }
  };
  write(0, numbers.high);
  write(8, numbers.low);
  return id;
}

}  // namespace hookwright::stores
