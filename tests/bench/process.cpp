#include "bench/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double clock_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void pin(const Cores& cores) {
  if (cores.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(static_cast<unsigned>(core), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

}  // namespace

std::size_t want_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit more{65'536, 65'536};
  if (limit.rlim_max >= more.rlim_max || setrlimit(RLIMIT_NOFILE, &more) != 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Cores all_cores() {
  static const Cores cores = [] {
    Cores found;
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    for (int core = 0; core < CPU_SETSIZE && found.size() < 2; ++core) {
      if (CPU_ISSET(static_cast<unsigned>(core), &set)) found.push_back(core);
    }
    return found;
  }();
  return cores;
}

Cores receiver_core() {
  return {all_cores().front()};
}

Cores sender_core() {
  return {all_cores().back()};
}

Process::Process(const std::string& role, const Arguments& arguments, const Cores& cores)
    : role_(role) {
  std::vector<std::string> words = {"hookwright_bench", "--role=" + role};
  for (const auto& [name, value] : arguments) words.push_back(name + "=" + value);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  all_cores();  // asked before anybody is pinned
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    pin(cores);
    want_descriptors();
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  in_ = in[1];
  out_ = out[0];
}

Process::~Process() {
  close(in_);  // the end of its input ends it
  close(out_);
  for (int waits = 0; waits < 500; ++waits) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
    usleep(10'000);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Values Process::ask(std::string_view line) {
  const std::string command = std::string(line) + '\n';
  if (write(in_, command.data(), command.size()) < 0) throw std::runtime_error(role_ + " is gone");
  return read();
}

Values Process::read() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    char bytes[4096];
    const ssize_t size = ::read(out_, bytes, sizeof(bytes));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw std::runtime_error("the role " + role_ + " ended without an answer");
    buffer_.append(bytes, static_cast<std::size_t>(size));
  }
  std::istringstream words(buffer_.substr(0, end));
  buffer_.erase(0, end + 1);
  Values values;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    values[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
  }
  return values;
}

Values run(const std::string& role, const Arguments& arguments, const Cores& cores) {
  Process process(role, arguments, cores);
  return process.read();
}

void print(const Values& values) {
  for (const auto& [name, value] : values) std::printf("%s=%.9g ", name.c_str(), value);
  std::printf("\n");
  std::fflush(stdout);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double thread_cpu_seconds() {
  return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}

double now_seconds() {
  return clock_seconds(CLOCK_MONOTONIC);
}

double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

std::string text(const Arguments& arguments, const std::string& name, std::string otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : found->second;
}

double number(const Arguments& arguments, const std::string& name, double otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : std::stod(found->second);
}

}  // namespace bench
