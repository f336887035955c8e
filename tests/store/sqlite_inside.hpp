#pragma once

#include <sqlite3.h>

#include <mutex>
#include <string>
#include <vector>

// The connections that stores open while it lives, so that a test can look at their statements and
// make them fail.
class OpenedConnections {
 public:
  OpenedConnections() {
    current() = this;
    sqlite3_auto_extension(entry());
  }
  ~OpenedConnections() {
    sqlite3_cancel_auto_extension(entry());
    current() = nullptr;
  }
  OpenedConnections(const OpenedConnections&) = delete;
  OpenedConnections& operator=(const OpenedConnections&) = delete;

  // The first is the one that writes, the second the one that reads.
  [[nodiscard]] sqlite3* writing() const { return all_.at(0); }
  [[nodiscard]] sqlite3* reading() const { return all_.at(1); }

  [[nodiscard]] static std::vector<sqlite3_stmt*> statements_of(sqlite3* connection) {
    std::vector<sqlite3_stmt*> found;
    for (sqlite3_stmt* at = sqlite3_next_stmt(connection, nullptr); at != nullptr;
         at = sqlite3_next_stmt(connection, at)) {
      found.push_back(at);
    }
    return found;
  }

 private:
  static OpenedConnections*& current() {
    static OpenedConnections* instance = nullptr;
    return instance;
  }
  static int note(sqlite3* connection, const char** /*error*/,
                  const sqlite3_api_routines* /*api*/) {
    if (current() != nullptr) current()->all_.push_back(connection);
    return SQLITE_OK;
  }
  static void (*entry())() { return reinterpret_cast<void (*)()>(&note); }

  std::vector<sqlite3*> all_{};
};
