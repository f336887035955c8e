#include "hookwright/testing/simulated_network.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "model/ascii.hpp"

namespace hookwright::testing {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

}  // namespace

struct SimulatedNetwork::State {
  std::shared_ptr<VirtualClock> clock{};
  std::map<std::string, Receiver, std::less<>> receivers{};
  std::vector<SimulatedRequest> requests{};

  SimulatedAnswer arrive(const Request& request) {
    SimulatedRequest arrived;
    arrived.url = request.url.text;
    arrived.host = request.url.host;
    arrived.headers = request.headers;
    arrived.body = *request.body;
    arrived.at = clock->wall();
    arrived.allowed = std::chrono::floor<Duration>(request.deadline - clock->steady());
    arrived.slow = request.slow;
    requests.push_back(arrived);
    const auto receiver = receivers.find(request.url.host);
    return receiver == receivers.end() ? SimulatedAnswer{} : receiver->second(arrived);
  }
};

std::string_view SimulatedRequest::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

SimulatedNetwork::SimulatedNetwork(std::shared_ptr<VirtualClock> clock)
    : state_(std::make_shared<State>()) {
  state_->clock = std::move(clock);
}

void SimulatedNetwork::answer(const std::string& host, SimulatedAnswer always) {
  answer(host, [always = std::move(always)](const SimulatedRequest&) { return always; });
}

void SimulatedNetwork::answer(const std::string& host, Receiver receiver) {
  state_->receivers[host] = std::move(receiver);
}

std::vector<SimulatedRequest> SimulatedNetwork::requests(std::string_view host) const {
  std::vector<SimulatedRequest> found = state_->requests;
  if (!host.empty())
    std::erase_if(found, [&](const SimulatedRequest& one) { return one.host != host; });
  return found;
}

void SimulatedNetwork::forget() {
  state_->requests.clear();
}

TransportFactory SimulatedNetwork::transports() const {
  return [state = state_](const EgressPolicy&) {
    return std::make_unique<SimulatedTransport>(
        state->clock, [state](const Request& request) { return state->arrive(request); }, true);
  };
}

}  // namespace hookwright::testing
