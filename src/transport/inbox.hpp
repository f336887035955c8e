#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "hookwright/resolver.hpp"

namespace hookwright::transport {

// What other threads leave for a transport: answers of the resolver, and the wish that poll()
// returns. It outlives the transport, since a resolver may answer late.
class Inbox {
 public:
  struct Arrival {
    std::uint64_t serial = 0;
    Resolution resolution{};
  };

  // From any thread.
  void put(std::uint64_t serial, Resolution&& resolution);
  void ask_to_return();

  // From the transport's thread.
  // What ends its wait, from any thread; empty: nobody is to be woken any more.
  void attach(std::function<void()> wake);
  void take(std::vector<Arrival>& arrivals);
  [[nodiscard]] bool take_wish();

  // False if something is here already, so that waiting would be wrong. Otherwise whatever comes
  // until end_wait() wakes it; without it nobody is woken, and a wake costs nothing.
  [[nodiscard]] bool begin_wait();
  void end_wait();

 private:
  void wake_if_waiting();

  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  std::function<void()> wake_;
  bool waiting_ = false;
  bool wish_ = false;
};

}  // namespace hookwright::transport
