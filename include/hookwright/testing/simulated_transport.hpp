#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/testing/virtual_clock.hpp"
#include "hookwright/time.hpp"
#include "hookwright/transport.hpp"

namespace hookwright::testing {

// How a simulated receiver reacts to one request.
struct SimulatedAnswer {
  int status = 200;           // of the final header block; without meaning if there is a fault
  Duration latency{10};       // until the completion; beyond the deadline it is a timeout
  Fault fault = Fault::none;  // what goes wrong instead of an answer
  std::string retry_after{};  // as in Completion
  std::string body{};         // as in Completion
  std::size_t sends = 1;      // as in Completion
};

// A transport without a network, in virtual time: what a request meets with is decided by a
// function of the test, when it is started, and comes out of poll() once the clock has got there.
// Completions come in the order of their times, those of one moment in the order of their starts,
// so the same test always sees the same run.
//
// Threads: as Transport; next_completion() and under_way() belong to the transport's thread too.
// Time: poll() never sleeps. With `poll_moves_clock` it waits in virtual time, moving the clock to
// the next completion or to `until`, whichever comes first; else it only takes what is due, and
// whoever drives the test moves the clock to next_completion().
// Errors: misuse that a real transport could not notice (an id under way twice, a request without
// a body) throws std::logic_error; what the function throws passes through start().
class HOOKWRIGHT_EXPORT SimulatedTransport final : public Transport {
 public:
  using Receiver = std::function<SimulatedAnswer(const Request&)>;

  // An empty `receiver` answers 200 to all.
  explicit SimulatedTransport(std::shared_ptr<VirtualClock> clock, Receiver receiver = {},
                              bool poll_moves_clock = false);
  ~SimulatedTransport() override;

  void start(RequestId id, Request&& request) override;
  void poll(SteadyTime until, std::vector<Completion>& out) override;
  void cancel(RequestId id) override;
  void wake() override;

  // When the next completion is due; nothing if no request is under way.
  [[nodiscard]] std::optional<SteadyTime> next_completion() const;

  [[nodiscard]] std::size_t under_way() const { return started_.size(); }

  // How often wake() was called. Any thread.
  [[nodiscard]] std::uint64_t wakes() const { return wakes_; }

 private:
  using Moment = std::pair<SteadyTime, std::uint64_t>;  // when, and a serial number for the order

  struct Pending {
    Completion completion{};
    SteadyTime started{};
  };

  std::shared_ptr<VirtualClock> clock_;
  Receiver receiver_;
  bool poll_moves_clock_;
  std::uint64_t serial_ = 0;
  std::map<Moment, Pending> pending_;
  std::unordered_map<RequestId, Moment> started_;
  std::atomic<std::uint64_t> wakes_{0};
  std::atomic<bool> woken_{false};
};

}  // namespace hookwright::testing
