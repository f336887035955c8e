#pragma once

#include <chrono>

#include "hookwright/time.hpp"

namespace hookwright {

// The time by which the wire is waited for. The engine asks its Clock instead.
inline SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace hookwright
