#include "crash/process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <stdexcept>
#include <thread>

extern char** environ;

namespace hookwright::crash {
namespace {

int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments) {
  const std::string self = "/proc/self/exe";
  std::vector<char*> argv = {const_cast<char*>("hookwright_crash")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  if (::posix_spawn(&pid_, self.c_str(), nullptr, nullptr, argv.data(), environ) != 0)
    throw std::runtime_error("can't start a process");
}

Process::~Process() {
  kill();
}

std::optional<int> Process::wait(std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!ended_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = code_of(status);
    } else if (std::chrono::steady_clock::now() >= end) {
      break;
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  }
  return ended_;
}

int Process::kill() {
  if (ended_) return *ended_;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  ended_ = code_of(status);
  return *ended_;
}

}  // namespace hookwright::crash
