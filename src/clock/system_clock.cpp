#include <chrono>
#include <memory>

#include "hookwright/clock.hpp"

namespace hookwright {
namespace {

class SystemClock final : public Clock {
 public:
  TimePoint wall() override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  SteadyTime steady() override { return std::chrono::steady_clock::now(); }
};

}  // namespace

Clock::~Clock() = default;

std::shared_ptr<Clock> make_system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace hookwright
