#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/header.hpp"
#include "hookwright/options.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"
#include "hookwright/time.hpp"

namespace hookwright::testing {

// One request, as its receiver saw it.
struct SimulatedRequest {
  std::string url{};
  std::string host{};
  std::vector<Header> headers{};
  std::string body{};
  TimePoint at{};      // wall time of its arrival
  Duration allowed{};  // until its deadline
  bool slow = false;   // as in Request

  // The value of a header, whatever its case; empty if there is none.
  [[nodiscard]] HOOKWRIGHT_EXPORT std::string_view header(std::string_view name) const;
};

// Receivers by host name, in virtual time, and what has arrived at them. A handle: copies, and the
// transports made by transports(), share one network. For dispatchers without threads, one thread.
class HOOKWRIGHT_EXPORT SimulatedNetwork {
 public:
  using Receiver = std::function<SimulatedAnswer(const SimulatedRequest&)>;

  explicit SimulatedNetwork(std::shared_ptr<VirtualClock> clock);

  // How a host answers from now on. Others answer 200 after 10 ms.
  void answer(const std::string& host, SimulatedAnswer always);
  void answer(const std::string& host, Receiver receiver);

  // What arrived, in order: anywhere, or at one host.
  [[nodiscard]] std::vector<SimulatedRequest> requests(std::string_view host = {}) const;
  void forget();

  // For Options::transport. Waiting there moves the clock.
  [[nodiscard]] TransportFactory transports() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace hookwright::testing
