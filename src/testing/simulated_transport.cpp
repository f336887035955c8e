#include "hookwright/testing/simulated_transport.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace hookwright::testing {
namespace {

SimulatedAnswer answer_ok(const Request&) {
  return {};
}

}  // namespace

SimulatedTransport::SimulatedTransport(std::shared_ptr<VirtualClock> clock, Receiver receiver,
                                       bool poll_moves_clock)
    : clock_(std::move(clock)),
      receiver_(receiver ? std::move(receiver) : Receiver(answer_ok)),
      poll_moves_clock_(poll_moves_clock) {
  if (!clock_) throw std::logic_error("SimulatedTransport: needs a clock");
}

SimulatedTransport::~SimulatedTransport() = default;

void SimulatedTransport::start(RequestId id, Request&& request) {
  if (started_.contains(id)) {
    throw std::logic_error("SimulatedTransport: a request with this id is under way");
  }
  if (!request.body) throw std::logic_error("SimulatedTransport: the request has no body");

  const SteadyTime now = clock_->steady();
  SimulatedAnswer answer = receiver_(request);
  SteadyTime at = now + std::max(answer.latency, Duration::zero());
  Completion completion;
  completion.id = id;
  if (at > request.deadline) {
    at = std::max(now, request.deadline);
    completion.fault = Fault::timeout;
    completion.detail = "simulated: no answer by the deadline";
  } else if (answer.fault != Fault::none) {
    completion.fault = answer.fault;
    completion.detail = "simulated fault";
  } else {
    completion.status = answer.status;
    completion.retry_after = std::move(answer.retry_after);
    completion.body = std::move(answer.body);
  }
  completion.sends = answer.sends;
  completion.elapsed = std::chrono::floor<Duration>(at - now);

  const Moment moment{at, ++serial_};
  started_.emplace(id, moment);
  pending_.emplace(moment, Pending{std::move(completion), now});
}

void SimulatedTransport::poll(SteadyTime until, std::vector<Completion>& out) {
  const bool woken = woken_.exchange(false);
  if (poll_moves_clock_ && !woken && until > clock_->steady()) {
    // Waiting for nothing, for ever, is left to the caller: time must not jump to its end.
    const auto next = next_completion();
    if (next || until != SteadyTime::max())
      clock_->advance_to(std::min(next.value_or(until), until));
  }
  const SteadyTime now = clock_->steady();
  while (!pending_.empty() && pending_.begin()->first.first <= now) {
    out.push_back(std::move(pending_.begin()->second.completion));
    started_.erase(out.back().id);
    pending_.erase(pending_.begin());
  }
}

void SimulatedTransport::cancel(RequestId id) {
  const auto found = started_.find(id);
  if (found == started_.end()) return;
  const SteadyTime now = clock_->steady();
  if (found->second.first <= now) return;  // it has ended already; poll() will say how

  auto node = pending_.extract(found->second);
  Pending& pending = node.mapped();
  Completion cancelled;
  cancelled.id = id;
  cancelled.fault = Fault::cancelled;
  cancelled.sends = pending.completion.sends;
  cancelled.elapsed = std::chrono::floor<Duration>(now - pending.started);
  pending.completion = std::move(cancelled);
  node.key() = Moment{now, ++serial_};
  found->second = node.key();
  pending_.insert(std::move(node));
}

void SimulatedTransport::wake() {
  ++wakes_;
  woken_ = true;
}

std::optional<SteadyTime> SimulatedTransport::next_completion() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.begin()->first.first;
}

}  // namespace hookwright::testing
