#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// What a role is told, by name.
using Arguments = std::map<std::string, std::string>;

// What was measured, by name. Rates are per second of wall time, costs are microseconds of CPU.
using Values = std::map<std::string, double>;

using Cores = std::vector<int>;

// The cores this program may use: the receiver's is the first, the sender's the last.
Cores all_cores();

// Lets this process have as many open files as it can, up to 65,536; returns how many.
std::size_t want_descriptors();

Cores receiver_core();
Cores sender_core();

// This program, started again in one of its roles (roles.hpp), so that its CPU and its memory are
// nobody else's. It answers each line on its standard input with one line of values.
class Process {
 public:
  Process(const std::string& role, const Arguments& arguments, const Cores& cores);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Sends a line and reads the answer. Throws std::runtime_error if the process has ended.
  Values ask(std::string_view line);

  // Reads a line.
  Values read();

 private:
  int pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string role_;
  std::string buffer_;
};

// Runs a role that answers once, without being asked.
Values run(const std::string& role, const Arguments& arguments, const Cores& cores);

// The other side: one line of values.
void print(const Values& values);

// Of this process so far, all threads.
double cpu_seconds();
// Of this thread.
double thread_cpu_seconds();
double resident_mib();
double now_seconds();

std::string text(const Arguments& arguments, const std::string& name, std::string otherwise = {});
double number(const Arguments& arguments, const std::string& name, double otherwise = 0);

}  // namespace bench
