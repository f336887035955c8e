#include "engine/sender.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hookwright::engine {
namespace {

constexpr std::chrono::milliseconds look_again_after{50};

// Started before it is looked whether some have been answered: where receivers are quick no more
// are under way than keep everybody busy, whatever the bounds allow. A request costs 1.3 times as
// much beside 256 as beside 64.
constexpr std::size_t starts_max = 32;
// The same of endpoints that may hang, whose requests mostly need new connections: those of the
// others, which are kept, must not wait behind a crowd of them.
constexpr std::size_t doubtful_starts_max = 4;
// Once so many of them have not answered, another one joins them each millisecond: their requests
// need the more work, and who answers must find somebody at rest.
constexpr std::size_t crowd = 32;
constexpr std::chrono::milliseconds crowd_pace{1};

}  // namespace

Sender::Sender(const SenderBounds& bounds, std::uint64_t seed, std::size_t shard, Signer& signer,
               std::string user_agent)
    : bounds_(bounds),
      shard_(shard),
      signer_(signer),
      user_agent_(std::move(user_agent)),
      random_(seed) {
  slow_.max = bounds_.slow_max;
  untried_.max = bounds_.untried_max;
}

Sender::~Sender() = default;

void Sender::handle(ToSender& message) {
  if (auto* put_message = std::get_if<PutDestination>(&message)) {
    put(put_message->destination);
  } else if (auto* close_message = std::get_if<CloseLane>(&message)) {
    close(close_message->endpoint);
  } else if (auto* feed_message = std::get_if<FeedLane>(&message)) {
    feed(*feed_message);
  } else if (auto* trial = std::get_if<SendTrial>(&message)) {
    trials_.push_back(*trial);
  } else if (auto* settled = std::get_if<Settled>(&message)) {
    unsettled_ -= std::min(unsettled_, settled->outcomes);
  } else if (auto* trust = std::get_if<TrustUntil>(&message)) {
    trusted_until_ = trust->until;
  }
}

void Sender::put(const std::shared_ptr<const Destination>& destination) {
  // Whatever needs memory comes first.
  Resource& host = find_or_make(hosts_, destination->host_port, bounds_.host_max);
  Resource& tenant = find_or_make(tenants_, destination->tenant, bounds_.tenant_max);
  auto found = lanes_.find(destination->id);
  if (found == lanes_.end()) {
    auto fresh = std::make_unique<Lane>();
    fresh->to = destination;
    found = lanes_.emplace(destination->id, std::move(fresh)).first;
  }
  Lane& lane = *found->second;
  if (destination->status != Status::active) give_back_rows(lane);

  const bool moved = lane.host != nullptr && lane.host != &host;
  lane.to = destination;
  lane.key.reset();
  lane.closed = false;
  lane.rate.limit(destination->profile->policy);
  lane.breaker.limit(bounds_.breaker_after, bounds_.breaker_pause_max);
  if (moved) {  // what the old host asked for or suffered from says nothing of the new one
    pass_on(lane);
    detach(lane.host);
    lane.held_until = {};
    lane.breaker.reset();
    lane.tried = lane.slow = false;
  }
  if (lane.host == nullptr) attach(lane.host, host);
  if (lane.tenant == nullptr) attach(lane.tenant, tenant);
  if (moved) {  // it may have been waiting for a place with the old host
    lane.waits_for = nullptr;
    lane.queued = false;
    enqueue(lane);
  }
}

Sender::Resource& Sender::find_or_make(Resources& resources, const std::string& name,
                                       std::size_t max) {
  Resource& resource = resources[name];
  resource.name = name;
  resource.max = max;
  return resource;
}

void Sender::attach(Resource*& slot, Resource& resource) {
  slot = &resource;
  ++resource.users;
}

void Sender::detach(Resource*& resource) {
  Resource* gone = std::exchange(resource, nullptr);
  if (gone == nullptr || --gone->users != 0) return;
  for (Resources* resources : {&hosts_, &tenants_}) {
    const auto found = resources->find(gone->name);
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

void Sender::feed(FeedLane& message) {
  const auto found = lanes_.find(message.endpoint);
  if (found == lanes_.end() || found->second->closed ||
      found->second->to->status != Status::active) {
    Returned returned{.endpoint = message.endpoint, .epoch = message.epoch};
    for (const Waiting& row : message.rows) returned.rows.push_back(row.delivery.position.row);
    out_.returned.push_back(std::move(returned));
    return;
  }
  Lane& lane = *found->second;
  // Where the epoch has risen by one nobody else has had the lane in between.
  if (message.epoch > lane.epoch + 1) lane.rate.forget();
  lane.epoch = message.epoch;
  auto row = message.rows.begin();
  try {
    for (; row != message.rows.end(); ++row) lane.ready.push_back(std::move(*row));
  } catch (...) {  // those that found a place are not fed again
    message.rows.erase(message.rows.begin(), row);
    enqueue(lane);
    throw;
  }
  enqueue(lane);
}

void Sender::give_back_rows(Lane& lane) {
  if (lane.ready.empty()) return;
  Returned returned{.endpoint = lane.to->id, .epoch = lane.epoch};
  for (const Waiting& row : lane.ready) returned.rows.push_back(row.delivery.position.row);
  out_.returned.push_back(std::move(returned));
  lane.ready.clear();
  pass_on(lane);
}

void Sender::forget_if_done(EndpointId id) {
  const auto found = lanes_.find(id);
  if (found == lanes_.end() || !found->second->closed || found->second->in_flight != 0) return;
  detach(found->second->host);
  detach(found->second->tenant);
  lanes_.erase(found);
}

// A turn that can't be noted is found again by looking at every lane.
void Sender::look_again() noexcept {
  look_again_at_ = now_ + look_again_after;
}

void Sender::enqueue(Lane& lane) noexcept {
  if (lane.queued || lane.ready.empty()) return;
  try {
    (lane.tried && !lane.slow ? turns_ : doubtful_turns_).push_back(lane.to->id);
    lane.queued = true;
  } catch (...) {
    look_again();
  }
}

void Sender::wait_for(Lane& lane, Resource& resource) noexcept {
  try {
    resource.waiting.push_back(lane.to->id);
    lane.waits_for = &resource;
    lane.queued = true;
  } catch (...) {
    look_again();
  }
}

void Sender::wait_until(Lane& lane, SteadyTime at) noexcept {
  try {
    alarms_.push({at, lane.to->id});
    lane.queued = true;
  } catch (...) {
    look_again();
  }
}

std::size_t Sender::start(const Moment& moment, Transport& transport) {
  now_ = moment.steady;
  if (look_again_at_ && *look_again_at_ <= moment.steady) {
    look_again_at_.reset();
    for (const auto& [id, lane] : lanes_) enqueue(*lane);
  }
  while (!alarms_.empty() && alarms_.top().at <= moment.steady) {
    const auto found = lanes_.find(alarms_.top().lane);
    alarms_.pop();
    if (found == lanes_.end()) continue;
    found->second->queued = false;
    enqueue(*found->second);
  }
  note_waiting(moment.steady);
  start_trials(moment, transport);
  // The few first: the many might leave them no place, while they have bounds of their own.
  const std::size_t doubtful =
      start_some(doubtful_turns_, doubtful_starts(moment.steady), moment, transport);
  if (doubtful != 0) crowd_grows_at_ = moment.steady + crowd_pace;
  const std::size_t count = doubtful + start_some(turns_, starts_max, moment, transport);
  const bool paced = doubtful_starts(moment.steady) == 0;
  more_ =
      count != 0 && may_start(moment) && !(turns_.empty() && (paced || doubtful_turns_.empty()));
  waits_for_crowd_ = paced && !doubtful_turns_.empty();
  return count;
}

std::size_t Sender::doubtful_starts(SteadyTime now) const {
  if (slow_.in_use + untried_.in_use < crowd) return doubtful_starts_max;
  return now >= crowd_grows_at_ ? 1 : 0;
}

bool Sender::may_start(const Moment& moment) const {
  return !stopped_ && in_flight_ < bounds_.in_flight_max && unsettled_ < bounds_.unsettled_max &&
         moment.steady < trusted_until_;
}

// Up to `max` deliveries, of the lanes whose turn it is.
std::size_t Sender::start_some(std::deque<EndpointId>& turns, std::size_t max, const Moment& moment,
                               Transport& transport) {
  std::size_t count = 0;
  while (count < max && !turns.empty() && may_start(moment)) {
    const auto found = lanes_.find(turns.front());
    turns.pop_front();
    if (found == lanes_.end()) continue;
    Lane& lane = *found->second;
    lane.queued = false;
    expire(lane, moment);
    if (lane.ready.empty()) {
      pass_on(lane);
      continue;
    }
    if (!admit(lane, moment)) continue;
    if (!launch(lane, lane.ready.front(), 0, moment, transport)) break;
    ++count;
    enqueue(lane);
  }
  return count;
}

// The bounds that a request of the lane counts towards. Endpoints that are slow, and those of which
// nothing is known yet, may hang: they have bounds of their own, and leave places to the others.
Sender::Uses Sender::resources_of(const Lane& lane) {
  if (lane.slow) return {lane.host, &slow_};
  return {lane.host, lane.tried ? lane.tenant : &untried_};
}

// Whether the lane may start its next delivery; where not, the lane is put where the obstacle's end
// will find it.
bool Sender::admit(Lane& lane, const Moment& moment) {
  const Uses shared = resources_of(lane);
  const SteadyTime from =
      std::max({lane.held_until, lane.breaker.until(), lane.rate.next(moment.steady)});
  const bool careful = lane.slow || lane.breaker.open();
  const std::size_t own_max = careful ? 1 : lane.to->profile->policy.in_flight_max;
  const auto full = std::find_if(shared.begin(), shared.end(),
                                 [](const Resource* r) { return r != nullptr && r->full(); });
  if (from > moment.steady) {
    wait_until(lane, from);
  } else if (lane.in_flight >= own_max) {
    // complete() queues it again
  } else if (full != shared.end()) {
    wait_for(lane, **full);
  } else {
    return true;
  }
  pass_on(lane);
  return false;
}

// The lane may have been woken for a free place that it doesn't take: somebody else may.
void Sender::pass_on(const Lane& lane) {
  for (Resource* resource : {lane.host, lane.tenant, &slow_, &untried_}) {
    if (resource != nullptr && !resource->full()) unpark_one(*resource);
  }
}

void Sender::unpark_one(Resource& resource) {
  while (!resource.waiting.empty()) {
    const auto found = lanes_.find(resource.waiting.front());
    resource.waiting.pop_front();
    if (found == lanes_.end() || found->second->waits_for != &resource) continue;
    Lane& lane = *found->second;
    lane.waits_for = nullptr;
    lane.queued = false;
    enqueue(lane);
    const Uses uses = resources_of(lane);
    const bool wants_it = std::find(uses.begin(), uses.end(), &resource) != uses.end();
    if (lane.queued && wants_it) return;
  }
}

// People wait for these, so they go before everything else, as far as the rate allows: it counts
// every POST, and as long as what is known of the endpoints can be trusted: others may have changed
// them since. The committer bounds how many there are.
void Sender::start_trials(const Moment& moment, Transport& transport) {
  trial_at_.reset();
  const bool may = !stopped_ && moment.steady < trusted_until_;
  for (auto trial = trials_.begin(); may && trial != trials_.end();) {
    const auto found = lanes_.find(trial->endpoint);
    if (found == lanes_.end() || found->second->closed) {
      end_unsent(trial->what, 0, trial->number, moment);
    } else if (const SteadyTime from = found->second->rate.next(moment.steady);
               from > moment.steady) {
      trial_at_ = std::min(trial_at_.value_or(from), from);
      ++trial;
      continue;
    } else if (!launch(*found->second, trial->what, trial->number, moment, transport)) {
      return;
    }
    trial = trials_.erase(trial);
  }
}

// What is not to be sent any more ends here.
void Sender::expire(Lane& lane, const Moment& moment) {
  while (!lane.ready.empty()) {
    const TimePoint expires = lane.ready.front().delivery.expires;
    if (expires == TimePoint{} || expires > moment.now) return;
    end_unsent(lane.ready.front(), lane.epoch, 0, moment);
    lane.ready.pop_front();
  }
}

void Sender::end_unsent(const Waiting& what, std::uint64_t epoch, std::uint64_t trial,
                        const Moment& moment) {
  out_.outcomes.push_back(
      {.what = what,
       .epoch = epoch,
       .shard = shard_,
       .verdict = {.decision = Decision::given_up, .death = DeathReason::expired},
       .started = moment.now,
       .ended = moment.now,
       .since = moment.steady,
       .fault = trial != 0 ? Fault::local : Fault::none,
       .sent = false,
       .trial = trial});
  ++unsettled_;
}

std::optional<SteadyTime> Sender::next_wake() const {
  if (stopped_) return std::nullopt;
  if (more_) return now_;
  std::optional<SteadyTime> at = look_again_at_;
  const auto or_at = [&](SteadyTime other) { at = std::min(at.value_or(other), other); };
  if (trial_at_) or_at(*trial_at_);
  if (waits_for_crowd_) or_at(crowd_grows_at_);
  if (!alarms_.empty()) or_at(alarms_.top().at);
  const auto young = flights_.lower_bound(first_young_);
  if (young != flights_.end() && waiting_ < bounds_.waiting_max)
    or_at(young->second.since + patience);
  return at;
}

FromSender Sender::take() noexcept {
  return std::exchange(out_, {});
}

}  // namespace hookwright::engine
