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
  const bool moved = lane.to && lane.to->host_port != destination->host_port;
  lane.to = destination;
  lane.key.reset();
  lane.closed = false;
  lane.rate.limit(destination->profile->policy);
  if (moved) {  // what the old host asked for or suffered from says nothing of the new one
    pass_on(lane);
    detach(lane.host);
    lane.held_until = {};
    lane.slow = false;
  }
  if (lane.host == nullptr) lane.host = attach(hosts_, destination->host_port, bounds_.host_max);
  if (lane.tenant == nullptr)
    lane.tenant = attach(tenants_, destination->tenant, bounds_.tenant_max);
  if (destination->status != Status::active) give_back_rows(lane);
  if (moved) {  // it may have been waiting for a place with the old host
    lane.queued = false;
    enqueue(lane);
  }
}

Sender::Resource* Sender::attach(Resources& resources, const std::string& name, std::size_t max) {
  Resource& resource = resources[name];
  resource.name = name;
  resource.max = max;
  ++resource.users;
  return &resource;
}

void Sender::detach(Resource*& resource) {
  Resource* gone = std::exchange(resource, nullptr);
  if (gone == nullptr || --gone->users != 0) return;
  const std::string name = gone->name;
  for (Resources* resources : {&hosts_, &tenants_}) {
    const auto found = resources->find(name);
    if (found != resources->end() && &found->second == gone) {
      resources->erase(found);
      return;
    }
  }
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
  pass_on(lane);
}

void Sender::forget_if_done(EndpointId id) {
  const auto found = lanes_.find(id);
  if (found == lanes_.end() || !found->second->closed || found->second->in_flight != 0) return;
  detach(found->second->host);
  detach(found->second->tenant);
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

// The bounds that a request of the lane counts towards.
std::vector<Sender::Resource*> Sender::resources_of(const Lane& lane) {
  std::vector<Resource*> resources = {lane.host, lane.tenant};
  if (lane.slow) resources.push_back(&slow_);
  return resources;
}

// Whether the lane may start its next delivery; where not, the lane is put where the obstacle's end
// will find it.
bool Sender::admit(Lane& lane, const Moment& moment) {
  const std::vector<Resource*> shared = resources_of(lane);
  const SteadyTime from = std::max(lane.held_until, lane.rate.next(moment.steady));
  const std::size_t own_max = lane.slow ? 1 : lane.to->profile->policy.in_flight_max;
  const auto full =
      std::find_if(shared.begin(), shared.end(), [](const Resource* r) { return r->full(); });
  if (from > moment.steady) {
    lane.queued = true;
    alarms_.push({from, lane.to->id});
  } else if (lane.in_flight >= own_max) {
    // complete() queues it again
  } else if (full != shared.end()) {
    lane.queued = true;
    (*full)->waiting.push_back(lane.to->id);
  } else {
    lane.rate.take(moment.steady);
    return true;
  }
  pass_on(lane);
  return false;
}

// The lane may have been woken for a free place that it doesn't take: somebody else may.
void Sender::pass_on(const Lane& lane) {
  for (Resource* resource : {lane.host, lane.tenant, &slow_}) {
    if (resource != nullptr && !resource->full()) unpark_one(*resource);
  }
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
                .to = lane.to,
                .uses = resources_of(lane),
                .started = moment.now};
  lane.ready.pop_front();
  const RequestId id = ++last_request_;
  for (Resource* resource : flight.uses) {
    ++resource->in_use;
    ++resource->users;
  }
  ++lane.in_flight;
  ++in_flight_;
  ++unsettled_;
  ++started_;
  const Flight& under_way = flights_.emplace(id, std::move(flight)).first->second;
  std::string failure;
  try {
    transport.start(id, make_request(lane, under_way.what, moment));
    return;
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "it threw";
  }
  ++plugin_errors_;
  complete(Completion{.id = id, .fault = Fault::local, .detail = std::move(failure)}, moment);
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
  const EndpointId id = flight.lane;
  Lane& lane = *lanes_.at(id);  // kept while something of it is under way
  --in_flight_;
  --lane.in_flight;
  if (!is_ours(completion.fault) && flight.to->host_port == lane.to->host_port) {
    lane.slow = completion.fault == Fault::timeout;
  }
  release(flight);
  report(std::move(flight), std::move(completion), moment);
  enqueue(lane);
  forget_if_done(id);
}

void Sender::release(Flight& flight) {
  for (Resource* resource : flight.uses) {
    --resource->in_use;
    unpark_one(*resource);
    if (resource == &slow_) {
      --resource->users;
    } else {
      detach(resource);
    }
  }
}

void Sender::report(Flight&& flight, Completion&& completion, const Moment& moment) {
  if (completion.fault ==
      Fault::cancelled) {  // says nothing of the receiver: the row waits on as it was
    --unsettled_;
    const Delivery& row = flight.what.delivery;
    out_.returned.push_back(
        {.endpoint = row.endpoint, .epoch = flight.epoch, .rows = {row.position.row}});
    return;
  }
  Lane& lane = *lanes_.at(flight.lane);
  const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  Outcome outcome;
  outcome.verdict = verdict(flight.to->profile->policy,
                            {.fault = completion.fault,
                             .status = completion.status,
                             .retry_after = completion.retry_after},
                            flight.what.delivery, moment.now, jitter);
  if (outcome.verdict.throttle && flight.to->host_port == lane.to->host_port)
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
