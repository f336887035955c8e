#include "secrets/console.hpp"

#include <unistd.h>

#include <iostream>
#include <stdexcept>

namespace secrets_test {
namespace {

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  std::clog.flush();
  std::fflush(nullptr);
}

}  // namespace

Console::Console() : file_(std::tmpfile()) {
  if (file_ == nullptr) throw std::runtime_error("no file to take the console's text");
  flush_all();
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
    saved_[output - STDOUT_FILENO] = ::dup(output);
    ::dup2(::fileno(file_), output);
  }
}

Console::~Console() {
  give_back();
  std::fclose(file_);
}

void Console::give_back() {
  flush_all();
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
    int& saved = saved_[output - STDOUT_FILENO];
    if (saved < 0) continue;
    ::dup2(saved, output);
    ::close(saved);
    saved = -1;
  }
}

std::string Console::taken() {
  give_back();
  std::string text;
  std::rewind(file_);
  char bytes[4096];
  for (std::size_t count = 0; (count = std::fread(bytes, 1, sizeof bytes, file_)) > 0;) {
    text.append(bytes, count);
  }
  return text;
}

}  // namespace secrets_test
