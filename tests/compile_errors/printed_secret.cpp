// expect: error: .*deleted
#include <iostream>

#include "hookwright/secret.hpp"

void mistake(const hookwright::Secret& secret) {
  std::cout << secret;
}
