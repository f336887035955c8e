#pragma once

// The whole life of a sender, in pieces. Each ends when its dispatchers have ended; Life::verdict()
// says the rest.

#include <cstdlib>
#include <string_view>
#include <vector>

#include "sweep/endpoint_scenarios.hpp"
#include "sweep/event_scenarios.hpp"
#include "sweep/process_scenarios.hpp"
#include "sweep/receiver_scenarios.hpp"

namespace sweep {

// True in the soak tests: at every step, and not at a choice of them.
inline bool whole_sweep() {
  return std::getenv("HOOKWRIGHT_WHOLE_SWEEP") != nullptr;
}

struct Scenario {
  std::string_view name{};
  void (*run)(Life&) = nullptr;
  bool shared = false;  // needs a store that several may use
};

inline std::vector<Scenario> scenarios() {
  return {{"endpoints come and go", endpoints_come_and_go},
          {"an endpoint is edited", an_endpoint_is_edited},
          {"a limit is reached", a_limit_is_reached},
          {"endpoints stop in flight", endpoints_stop_in_flight},
          {"everything is looked at", everything_is_looked_at},
          {"events are published", events_are_published},
          {"keys are forgotten", keys_are_forgotten},
          {"a latch closes", a_latch_closes},
          {"the inbox is full", the_inbox_is_full},
          {"many are subscribed", many_are_subscribed},
          {"receivers fail", receivers_fail},
          {"a receiver hangs", a_receiver_hangs},
          {"receivers ask for patience", receivers_ask_for_patience},
          {"the fault is ours", the_fault_is_ours},
          {"rows spill", rows_spill},
          {"processes follow each other", processes_follow_each_other},
          {"a process ends in flight", a_process_ends_in_flight},
          {"the clock is set", the_clock_is_set},
          {"two share a store", two_share_a_store, true},
          {"weeks pass", weeks_pass},
          {"one endpoint lives", one_endpoint_lives}};
}

}  // namespace sweep
