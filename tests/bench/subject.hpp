#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/process.hpp"
#include "hookwright/hookwright.hpp"

namespace bench {

// The event of all workloads: 300 bytes as it is sent. `sent` is CLOCK_MONOTONIC, for the receiver.
struct Sent {
  static constexpr std::string_view event_type = "bench.sent";
  std::int64_t sent = 0;
  std::string filling = std::string(204, 'x');
  void fields(auto& f) const { f("sent", sent), f("filling", filling); }
  static Sent now() { return Sent{.sent = static_cast<std::int64_t>(now_seconds() * 1e9)}; }
};

// Dispatcher options from arguments: store=sqlite|memory, file=, ca=, connections=, in_flight=,
// deadline= (seconds), names=1 (every name is 127.0.0.1).
hookwright::Options options_for(const Arguments& arguments);

// Where requests go: kind=one|ports|addresses|names, count=, port=, path=, scheme=.
std::vector<std::string> urls_of(const Arguments& arguments);

// One tenant for each endpoint, so that each event has one subscriber.
inline std::string tenant_of(std::size_t endpoint) {
  return "tenant" + std::to_string(endpoint);
}

// Creates those that are not there yet, many at once, so that they share commits.
void subscribe(hookwright::Dispatcher& dispatcher, const std::vector<std::string>& urls,
               std::size_t first_tenant = 0);

// Answers everything at once with 204.
std::unique_ptr<hookwright::Transport> make_prompt_transport();

void sleep_seconds(double seconds);

}  // namespace bench
