#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace hookwright::crash {

// Lines that outlive their writer: each call is one write to a file that only grows.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::runtime_error("can't write " + path);
  }
  ~Journal() { ::close(file_); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void write(const std::string& lines) const {
    if (::write(file_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()))
      ::_exit(3);
  }

 private:
  int file_;
};

}  // namespace hookwright::crash
