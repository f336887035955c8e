#pragma once

#include <cstdio>
#include <string>

namespace secrets_test {

// Takes what the process writes to its standard output and error output, in C or in C++, from here
// to taken().
class Console {
 public:
  Console();
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Gives both back, and says what has been written meanwhile.
  std::string taken();

 private:
  void give_back();

  std::FILE* file_ = nullptr;
  int saved_[2] = {-1, -1};
};

}  // namespace secrets_test
