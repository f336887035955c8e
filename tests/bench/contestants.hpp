#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "bench/process.hpp"
#include "bench/report.hpp"

namespace bench {

// A database file's name that nobody uses yet; the files are gone with the object.
class Database {
 public:
  explicit Database(const Settings& settings) {
    static int count = 0;
    path_ = settings.folder + "/bench-" + std::to_string(getpid()) + '-' + std::to_string(++count) +
            ".db";
  }
  ~Database() {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + end);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// hookwright, in a process of its own and on a new database unless `arguments` names a file,
// measured once; with what the receiver saw meanwhile.
Values measure_sender(const Settings& settings, Process& receiver, Arguments arguments,
                      const Cores& cores);

}  // namespace bench
