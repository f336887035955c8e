#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "hookwright/id.hpp"
#include "hookwright/store_batch.hpp"
#include "hookwright/time.hpp"

namespace hookwright::stores {

// What SQLite refused. Thrown inside the store only; `what()` holds no bodies and no secrets.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}

  [[nodiscard]] int code() const { return code_; }  // an extended one
  [[nodiscard]] int primary() const { return code_ & 0xFF; }

 private:
  int code_;
};

// How long other programs that look into the file are waited for.
inline constexpr int busy_timeout_ms = 5'000;

// True for what concerns one record and not the database.
[[nodiscard]] bool concerns_one_record(const SqliteError& error);

// What it means to the caller of a store. `at_commit`: while a transaction was being made durable.
[[nodiscard]] StoreStatus status_of(const SqliteError& error, bool at_commit);

// A database connection. Used by one thread at a time.
class Connection {
 public:
  // `flags` and `vfs` as for sqlite3_open_v2.
  Connection(const std::string& path, int flags, const char* vfs = nullptr);

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

  // Runs statements that give no rows worth reading.
  void exec(const std::string& sql) const;

  // Ends a transaction if one is open. If even that fails, the next BEGIN says so.
  void roll_back() const;

  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// The rows of a running statement, which is ready to run again when they go out of scope.
class Rows {
 public:
  Rows(const Connection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~Rows() { sqlite3_reset(statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // Steps to the next row. False: there is none.
  bool next();

  [[nodiscard]] const Rows& row() const { return *this; }

  // Columns of the row. Views live until the next step.
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  [[nodiscard]] TimePoint time(int column) const { return TimePoint(Duration(integer(column))); }
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] IdBytes id(int column) const;

 private:
  const Connection& connection_;
  sqlite3_stmt* statement_;
};

// A statement, prepared when it first runs and kept.
class Statement {
 public:
  Statement(const Connection& connection, std::string sql)
      : connection_(connection), sql_(std::move(sql)) {}

  // Binds the values, in the order of ?1, ?2, ... Bytes and ids must outlive the rows.
  template <class... Values>
  [[nodiscard]] Rows rows(const Values&... values) {
    prepare();
    int at = 0;
    (bind(++at, values), ...);
    return Rows(connection_, handle_.get());
  }

  // Runs it to its end. Returns how many records it wrote.
  template <class... Values>
  std::size_t run(const Values&... values) {
    Rows running = rows(values...);
    while (running.next()) {
    }
    return static_cast<std::size_t>(sqlite3_changes(connection_.handle()));
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void prepare();
  void check(int code) const {
    if (code != SQLITE_OK) connection_.fail(code);
  }
  void bind(int at, std::int64_t value) { check(sqlite3_bind_int64(handle_.get(), at, value)); }
  void bind(int at, std::uint64_t value) { bind(at, static_cast<std::int64_t>(value)); }
  void bind(int at, std::uint32_t value) { bind(at, std::int64_t{value}); }
  void bind(int at, int value) { bind(at, std::int64_t{value}); }
  void bind(int at, bool value) { bind(at, std::int64_t{value ? 1 : 0}); }
  void bind(int at, TimePoint value) { bind(at, std::int64_t{value.time_since_epoch().count()}); }
  void bind(int at, std::string_view bytes);
  void bind(int at, const std::string& bytes) { bind(at, std::string_view(bytes)); }
  void bind(int at, const IdBytes& id);

  const Connection& connection_;
  std::string sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_{};
};

// An id as two numbers, for tables whose index needs the first alone.
struct IdNumbers {
  std::int64_t high = 0;
  std::int64_t low = 0;
};
[[nodiscard]] IdNumbers numbers_of(const IdBytes& id);
[[nodiscard]] IdBytes id_of(const IdNumbers& numbers);

}  // namespace hookwright::stores
