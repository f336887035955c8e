// What is under way: how a request starts and what its end means.

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "engine/request_headers.hpp"
#include "engine/sender.hpp"

namespace hookwright::engine {
namespace {

// In words, if there is memory for them.
std::string said(const char* what) noexcept {
  try {
    return what;
  } catch (...) {
    return {};
  }
}

}  // namespace

// False if there is no memory to note it: then it has not started.
bool Sender::launch(Lane& lane, const Waiting& what, std::uint64_t trial, const Moment& moment,
                    Transport& transport) {
  const RequestId id = last_request_ + 1;
  auto at = flights_.end();
  try {
    Flight flight{.to = lane.to,
                  .uses = resources_of(lane),
                  .since = moment.steady,
                  .probe = lane.breaker.open()};
    flight.outcome.push_back(
        {.what = what, .epoch = lane.epoch, .shard = shard_, .started = moment.now});
    flight.outcome.front().trial = trial;
    at = flights_.emplace_hint(at, id, std::move(flight));  // ids rise
  } catch (...) {
    look_again();
    return false;
  }
  last_request_ = id;
  const Flight& flight = at->second;
  if (trial == 0) lane.ready.pop_front();
  for (Resource* resource : flight.uses) {
    if (resource == nullptr) continue;
    ++resource->in_use;
    ++resource->users;
  }
  ++lane.in_flight;
  ++in_flight_;
  ++unsettled_;
  ++started_;
  lane.rate.take(moment.steady);
  Completion failed{.id = id, .fault = Fault::local};
  try {
    transport.start(id, make_request(lane, flight.outcome.front().what, moment));
    return true;
  } catch (const std::exception& error) {
    failed.detail = said(error.what());
  } catch (...) {
    failed.detail = said("it threw");
  }
  ++plugin_errors_;
  complete(std::move(failed), moment);
  return true;
}

Request Sender::make_request(Lane& lane, const Waiting& waiting, const Moment& moment) {
  const Destination& to = *lane.to;
  if (!lane.key) {
    lane.key = signer_.prepare(to.profile->wire, to.secrets,
                               to.standard_secret ? &*to.standard_secret : nullptr);
  }
  Request request;
  request.url = to.url;
  request.slow = lane.slow;
  request.untried = !lane.tried;
  request.deadline = moment.steady + to.profile->policy.deadline;
  request.body = std::shared_ptr<const std::string>(waiting.event, &waiting.event->body);
  append_headers(to.headers, user_agent_, *lane.key,
                 {.event = waiting.event->id,
                  .delivery = waiting.delivery.id,
                  .type = waiting.event->type,
                  .body = waiting.event->body,
                  .at = moment.wall},
                 request.headers);
  return request;
}

void Sender::complete(Completion&& completion, const Moment& moment) noexcept {
  now_ = moment.steady;
  const auto found = flights_.find(completion.id);
  if (found == flights_.end()) return;
  Flight flight = std::move(found->second);
  flights_.erase(found);
  const EndpointId id = flight.to->id;
  Lane& lane = *lanes_.at(id);  // kept while something of it is under way
  --(flight.waiting ? waiting_ : in_flight_);
  --lane.in_flight;
  const bool of_lane = flight.outcome.front().trial == 0;
  if (of_lane && flight.to->host_port == lane.to->host_port) {
    if (!is_ours(completion.fault)) heard_from(lane, completion.fault);
    lane.breaker.ended(completion.fault, flight.probe, moment.steady);
  }
  for (std::size_t i = 1; i < completion.sends; ++i) lane.rate.take(moment.steady);
  for (Resource*& resource : flight.uses) release(resource);
  report(std::move(flight), std::move(completion), moment);
  enqueue(lane);
  forget_if_done(id);
}

void Sender::heard_from(Lane& lane, Fault fault) {
  lane.tried = true;
  lane.slow = fault == Fault::timeout;
  if (lane.waits_for != &untried_) return;
  lane.waits_for = nullptr;  // it need not wait there any more
  lane.queued = false;
}

void Sender::release(Resource*& resource) {
  if (resource == nullptr) return;
  --resource->in_use;
  unpark_one(*resource);
  if (resource == &slow_ || resource == &untried_) {
    --std::exchange(resource, nullptr)->users;
  } else {
    detach(resource);
  }
}

// Requests that have waited for long leave their places to others, all but those with the host and
// among the slow ones.
void Sender::note_waiting(SteadyTime now) {
  auto at = flights_.lower_bound(first_young_);
  for (; at != flights_.end() && at->second.since + patience <= now; ++at) {
    if (waiting_ >= bounds_.waiting_max) return;
    Flight& flight = at->second;
    first_young_ = at->first + 1;
    flight.waiting = true;
    ++waiting_;
    --in_flight_;
    Lane& lane = *lanes_.at(flight.to->id);
    if (!lane.tried) lane.slow = true;
    if (flight.uses[1] != &slow_) release(flight.uses[1]);
  }
}

void Sender::report(Flight&& flight, Completion&& completion, const Moment& moment) {
  if (completion.fault == Fault::cancelled) {
    --unsettled_;
    out_.cut_off.splice(out_.cut_off.end(), flight.outcome);
    return;
  }
  Lane& lane = *lanes_.at(flight.to->id);
  const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  Outcome& outcome = flight.outcome.front();
  outcome.verdict = verdict(flight.to->profile->policy,
                            {.fault = completion.fault,
                             .status = completion.status,
                             .retry_after = completion.retry_after},
                            outcome.what.delivery, moment.now, jitter);
  if (outcome.trial == 0 && outcome.verdict.throttle && flight.to->host_port == lane.to->host_port)
    lane.held_until = std::max(lane.held_until, moment.steady + *outcome.verdict.throttle);
  outcome.ended = moment.now;
  outcome.since = moment.steady;
  outcome.elapsed = completion.elapsed;
  outcome.fault = completion.fault;
  outcome.status = completion.status;
  // A trial's answer is looked into even where it is a good one: it may echo a challenge.
  if (outcome.trial != 0 || outcome.verdict.decision != Decision::delivered)
    outcome.excerpt = std::move(completion.body);
  outcome.address = std::move(completion.address);
  outcome.detail = std::move(completion.detail);
  out_.outcomes.splice(out_.outcomes.end(), flight.outcome);
}

// In the order in which they were started.
void Sender::cancel_all(Transport& transport) {
  for (const auto& [id, flight] : flights_) transport.cancel(id);
}

}  // namespace hookwright::engine
