#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "hookwright/testing/simulated_transport.hpp"
#include "simulation/stage.hpp"

namespace hookwright::simulation {

// The receivers of a world: each answers in its own way, and in its own moods.
class Network {
 public:
  Network(const Scenario& scenario, Random random, std::shared_ptr<testing::VirtualClock> clock);

  [[nodiscard]] testing::SimulatedAnswer answer(const Request& request);

  // From here on every receiver answers 200.
  void heal() { healed_ = true; }

 private:
  struct Receiver {
    Duration latency_least{};
    Duration latency_most{};
    unsigned fails = 0;          // percent of its answers, always
    Duration period{};           // of a receiver that flaps
    Duration ill{};              // of each period
    unsigned hangs = 0;          // percent
    unsigned asks_for_rest = 0;  // percent
    unsigned gone = 0;           // per mille
    unsigned ours = 0;           // percent
    bool likes_tests = false;    // takes them whatever it does with the rest
  };

  Receiver& receiver_of(int number);

  const Scenario& scenario_;
  Random random_;
  std::shared_ptr<testing::VirtualClock> clock_;
  std::map<int, Receiver> receivers_;
  bool healed_ = false;
};

// A dispatcher's line to the network. poll() does not wait but notes until when it would have, so
// that the world can let every dispatcher work when its time comes; in a call that waits, it lets
// the others run meanwhile.
class Line final : public Transport {
 public:
  Line(Network& network, std::shared_ptr<testing::VirtualClock> clock, Ledger& ledger, Stage& stage,
       std::shared_ptr<Lot> lot);

  void start(RequestId id, Request&& request) override;
  void poll(SteadyTime until, std::vector<Completion>& out) override;
  void cancel(RequestId id) override;
  void wake() override { woken_ = true; }

  // True once poll() was called since the last begin().
  void begin() { polled_ = false; }
  [[nodiscard]] bool polled() const { return polled_; }

  // When its dispatcher has something to do.
  [[nodiscard]] SteadyTime wake_at() const;

 private:
  Network& network_;
  std::shared_ptr<testing::VirtualClock> clock_;
  Ledger& ledger_;
  Stage& stage_;
  std::shared_ptr<Lot> lot_;
  testing::SimulatedTransport wire_;
  std::map<RequestId, Flight*> flights_;
  SteadyTime wish_{};
  bool woken_ = false;
  bool polled_ = false;
  bool brought_ = false;
};

}  // namespace hookwright::simulation
