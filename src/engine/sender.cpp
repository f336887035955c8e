#include "engine/sender.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace hookwright::engine {

Sender::Sender(const SenderBounds& bounds, std::uint64_t seed, Signer& signer,
               std::string user_agent)
    : bounds_(bounds), signer_(signer), user_agent_(std::move(user_agent)), random_(seed) {
  slow_.max = bounds_.slow_max;
}

Sender::~Sender() = default;

void Sender::handle(ToSender&& message) {
  if (auto* put_message = std::get_if<PutDestination>(&message)) {
    put(put_message->destination);
  } else if (auto* close_message = std::get_if<CloseLane>(&message)) {
    close(close_message->endpoint);
  } else if (auto* feed_message = std::get_if<FeedLane>(&message)) {
    feed(std::move(*feed_message));
  } else if (auto* settled = std::get_if<Settled>(&message)) {
    unsettled_ -= std::min(unsettled_, settled->outcomes);
  } else if (auto* trust = std::get_if<TrustUntil>(&message)) {
    trusted_until_ = trust->until;
  }
}

void Sender::put(const std::shared_ptr<const Destination>& destination) {
  std::unique_ptr<Lane>& slot = lanes_[destination->id];
  if (!slot) slot = std::make_unique<Lane>();
  Lane& lane = *slot;
  lane.to = destination;
  lane.key.reset();
  lane.closed = false;
  lane.rate.limit(destination->profile->policy);
  // A lane with requests under way keeps the host that they were counted for. An endpoint whose
  // host changes gets a lane on the shard of the new one anyway, so at worst one bound is a little
  // generous for the length of a request.
  if (lane.host == nullptr) {
    lane.host_port = destination->host_port;
    lane.host = attach(hosts_, lane.host_port, bounds_.host_max);
  }
  if (lane.tenant == nullptr)
    lane.tenant = attach(tenants_, destination->tenant, bounds_.tenant_max);
  if (destination->status != Status::active) give_back_rows(lane);
}

Sender::Resource* Sender::attach(Resources& resources, const std::string& name, std::size_t max) {
  Resource& resource = resources[name];
  resource.max = max;
  ++resource.lanes;
  return &resource;
}

void Sender::detach(Resources& resources, const std::string& name) {
  const auto found = resources.find(name);
  if (--found->second.lanes == 0) resources.erase(found);
}

void Sender::close(EndpointId endpoint) {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end()) return;
  found->second->closed = true;
  give_back_rows(*found->second);
  forget_if_done(endpoint);
}

void Sender::feed(FeedLane&& message) {
  const auto found = lanes_.find(message.endpoint);
  if (found == lanes_.end() || found->second->closed ||
      found->second->to->status != Status::active) {
    Returned returned{.endpoint = message.endpoint, .epoch = message.epoch};
    for (const Waiting& row : message.rows) returned.rows.push_back(row.delivery.position.row);
    out_.returned.push_back(std::move(returned));
    return;
  }
  Lane& lane = *found->second;
  lane.epoch = message.epoch;
  for (Waiting& row : message.rows) lane.ready.push_back(std::move(row));
  enqueue(lane);
}

void Sender::give_back_rows(Lane& lane) {
  if (lane.ready.empty()) return;
  Returned returned{.endpoint = lane.to->id, .epoch = lane.epoch};
  for (const Waiting& row : lane.ready) returned.rows.push_back(row.delivery.position.row);
  lane.ready.clear();
  out_.returned.push_back(std::move(returned));
}

void Sender::forget_if_done(EndpointId id) {
  const auto found = lanes_.find(id);
  if (found != lanes_.end() && found->second->closed && found->second->in_flight == 0)
    lanes_.erase(found);
}

void Sender::enqueue(Lane& lane) {
  if (lane.queued || lane.ready.empty()) return;
  lane.queued = true;
  turns_.push_back(lane.to->id);
}

std::size_t Sender::start(const Moment& moment, Transport& transport) {
  while (!alarms_.empty() && alarms_.top().at <= moment.steady) {
    const auto found = lanes_.find(alarms_.top().lane);
    alarms_.pop();
    if (found == lanes_.end()) continue;
    found->second->queued = false;
    enqueue(*found->second);
  }
  std::size_t count = 0;
  while (!turns_.empty() && !stopped_ && in_flight_ < bounds_.in_flight_max &&
         unsettled_ < bounds_.unsettled_max && moment.steady < trusted_until_) {
    const auto found = lanes_.find(turns_.front());
    turns_.pop_front();
    if (found == lanes_.end()) continue;
    Lane& lane = *found->second;
    lane.queued = false;
    if (lane.ready.empty()) continue;
    if (!admit(lane, moment)) continue;
    launch(lane, moment, transport);
    ++count;
    enqueue(lane);
  }
  return count;
}

// Whether the lane may start its next delivery; where not, the lane is put where the obstacle's end
// will find it.
bool Sender::admit(Lane& lane, const Moment& moment) {
  const std::array<Resource*, 3> shared = {lane.host, lane.tenant, lane.slow ? &slow_ : nullptr};
  const SteadyTime from = std::max(lane.held_until, lane.rate.next(moment.steady));
  const std::size_t own_max = lane.slow ? 1 : lane.to->profile->policy.in_flight_max;
  const auto full = std::find_if(shared.begin(), shared.end(),
                                 [](Resource* r) { return r != nullptr && r->full(); });
  if (from > moment.steady) {
    lane.queued = true;
    alarms_.push({from, lane.to->id});
  } else if (lane.in_flight >= own_max) {
    // release() queues it again
  } else if (full != shared.end()) {
    lane.queued = true;
    (*full)->waiting.push_back(lane.to->id);
  } else {
    for (Resource* resource : shared) {
      if (resource != nullptr) ++resource->in_use;
    }
    lane.rate.take(moment.steady);
    return true;
  }
  // It may have been woken for a free place that it can't use now: pass that place on.
  for (Resource* resource : shared) {
    if (resource != nullptr && !resource->full()) unpark_one(*resource);
  }
  return false;
}

void Sender::unpark_one(Resource& resource) {
  while (!resource.waiting.empty()) {
    const auto found = lanes_.find(resource.waiting.front());
    resource.waiting.pop_front();
    if (found == lanes_.end()) continue;
    Lane& lane = *found->second;
    lane.queued = false;
    enqueue(lane);
    const bool wants_it = lane.host == &resource || lane.tenant == &resource || &resource == &slow_;
    if (lane.queued && wants_it) return;
  }
}

void Sender::launch(Lane& lane, const Moment& moment, Transport& transport) {
  Flight flight{.what = std::move(lane.ready.front()),
                .lane = lane.to->id,
                .epoch = lane.epoch,
                .slow = lane.slow,
                .started = moment.now};
  lane.ready.pop_front();
  const RequestId id = ++last_request_;
  ++lane.in_flight;
  ++in_flight_;
  ++unsettled_;
  ++started_;
  try {
    Request request = make_request(lane, flight.what, moment);
    flights_.emplace(id, std::move(flight));
    transport.start(id, std::move(request));
  } catch (const std::exception& error) {
    ++signer_errors_;
    flights_.try_emplace(id, std::move(flight));
    complete(Completion{.id = id, .fault = Fault::local, .detail = error.what()}, moment);
  }
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
  request.deadline = moment.steady + to.profile->policy.deadline;
  request.body = std::shared_ptr<const std::string>(waiting.event, &waiting.event->body);
  request.headers.reserve(to.headers.size() + 8);
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"User-Agent", user_agent_});
  lane.key->sign({.event = waiting.event->id,
                  .delivery = waiting.delivery.id,
                  .type = waiting.event->type,
                  .body = waiting.event->body,
                  .at = moment.wall},
                 request.headers);
  request.headers.insert(request.headers.end(), to.headers.begin(), to.headers.end());
  return request;
}

void Sender::complete(Completion&& completion, const Moment& moment) {
  const auto found = flights_.find(completion.id);
  if (found == flights_.end()) return;
  Flight flight = std::move(found->second);
  flights_.erase(found);
  --in_flight_;
  const auto lane_found = lanes_.find(flight.lane);
  Lane& lane = *lane_found->second;  // kept while something of it is under way
  --lane.in_flight;
  if (flight.slow) {
    --slow_.in_use;
    unpark_one(slow_);
  }
  if (!is_ours(completion.fault)) lane.slow = completion.fault == Fault::timeout;
  release(lane);
  report(std::move(flight), std::move(completion), moment);
  forget_if_done(lane.to->id);
}

void Sender::release(Lane& lane) {
  for (Resource* resource : {lane.host, lane.tenant}) {
    --resource->in_use;
    unpark_one(*resource);
  }
  enqueue(lane);
}

void Sender::report(Flight&& flight, Completion&& completion, const Moment& moment) {
  if (completion.fault ==
      Fault::cancelled) {  // says nothing of the receiver: the row waits on as it was
    --unsettled_;
    return;
  }
  Lane& lane = *lanes_.at(flight.lane);
  const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  Outcome outcome;
  outcome.verdict = verdict(lane.to->profile->policy,
                            {.fault = completion.fault,
                             .status = completion.status,
                             .retry_after = completion.retry_after},
                            flight.what.delivery, moment.now, jitter);
  if (outcome.verdict.throttle)
    lane.held_until = std::max(lane.held_until, moment.steady + *outcome.verdict.throttle);
  outcome.what = std::move(flight.what);
  outcome.epoch = flight.epoch;
  outcome.started = flight.started;
  outcome.ended = moment.now;
  outcome.since = moment.steady;
  outcome.elapsed = completion.elapsed;
  outcome.fault = completion.fault;
  outcome.status = completion.status;
  if (outcome.verdict.decision != Decision::delivered) outcome.excerpt = std::move(completion.body);
  outcome.address = std::move(completion.address);
  outcome.detail = std::move(completion.detail);
  out_.outcomes.push_back(std::move(outcome));
}

void Sender::cancel_all(Transport& transport) {
  std::vector<RequestId> ids;
  ids.reserve(flights_.size());
  for (const auto& [id, flight] : flights_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const RequestId id : ids) transport.cancel(id);
}

std::optional<SteadyTime> Sender::next_wake() const {
  if (stopped_ || alarms_.empty()) return std::nullopt;
  return alarms_.top().at;
}

FromSender Sender::take() {
  return std::exchange(out_, {});
}

}  // namespace hookwright::engine
