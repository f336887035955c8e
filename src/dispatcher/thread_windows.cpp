#include <utility>

#include "dispatcher/core.hpp"

namespace hookwright {

std::thread start_quiet_thread(std::function<void()> body) {
  return std::thread(std::move(body));
}

}  // namespace hookwright
