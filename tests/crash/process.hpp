#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hookwright::crash {

// This program once more, with other arguments, in a process of its own; killed with the object.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // How it ended; nothing if it has not by then. A signal is 128 and its number, as in a shell.
  std::optional<int> wait(std::chrono::milliseconds at_most);

  // SIGKILL. Returns how it ended.
  int kill();

 private:
  pid_t pid_ = 0;
  std::optional<int> ended_{};
};

}  // namespace hookwright::crash
