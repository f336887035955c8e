#include <algorithm>
#include <utility>

#include "engine/committer.hpp"
#include "engine/guard.hpp"
#include "hookwright/error.hpp"
#include "model/codec.hpp"

namespace hookwright::engine {

namespace {
constexpr int latch_tries_max = 64;
}  // namespace

// Each item is done by steps that may be taken twice, and ends with one that can't fail: without
// memory it is taken up again where it stopped.
void Committer::apply(const Moment& moment) {
  Plan& plan = *plan_;
  for (; plan.next < plan.items.size(); ++plan.next) {
    const ChangeResult& result = plan.results[plan.next];
    std::visit([&](auto& item) { applied(item, result, moment); }, plan.items[plan.next]);
  }
  plan_.reset();
}

// Somebody else was faster: nothing of this publish has happened.
bool Committer::latch_changed(const Submission& what, const ChangeResult& result) {
  return !what.latch.note.empty() && result.outcome == ChangeOutcome::mismatch &&
         result.precondition == 0;
}

void Committer::applied(PlannedSubmission& item, const ChangeResult& result, const Moment& moment) {
  auto& what = std::get<Submission>(plan_->queue.front());
  const EventId first = what.events.front()->id;
  const bool repeated = plan_->repeated;
  const bool by_other = latch_changed(what, result);
  Stored stored = item.means;
  EventId stored_as = item.event;
  if (by_other) {  // or by the first try of a batch that is repeated
    what.latch.doubted = what.latch.doubted || repeated;
    stored = what.latch.doubted ? Stored::unknown : Stored::no;
  } else if (result.outcome == ChangeOutcome::mismatch) {
    const bool by_key = !what.idempotency_note.empty() && result.precondition == 0;
    const std::optional<EventId> noted =
        by_key ? noted_event(what.idempotency_note) : std::optional(first);
    stored_as = noted.value_or(first);
    // A repeated batch meets what its first try has written; whether it was that can't be told
    // while the note can't be read.
    if (repeated && !noted) {
      stored = Stored::unknown;
    } else if (!repeated || stored_as != first) {
      stored = Stored::duplicate;
    }
  } else if (result.outcome != ChangeOutcome::applied) {
    stored = Stored::no;
  }
  const bool fresh =
      stored == Stored::yes && (result.outcome == ChangeOutcome::applied ||
                                (repeated && result.outcome == ChangeOutcome::mismatch));
  if (fresh) {
    for (const Waiting& row : item.rows) held_one_more(row.delivery.endpoint, moment.now);
  }
  const std::size_t rows = item.rows.size();
  if (repeated) {
    // Other rows may have been read since these were numbered: they are read from the store, in
    // their order.
    for (const Waiting& row : item.rows) book_.spill(row.delivery.endpoint, row.delivery.position);
  } else if (result.outcome == ChangeOutcome::applied) {
    for (Waiting& row : item.rows) {
      if (book_.take(row.delivery, moment.now)) feed(std::move(row));
    }
  }
  if (by_other && ++what.latch.tries < latch_tries_max) {
    queue_.splice(queue_.end(), plan_->queue, plan_->queue.begin());  // it looks again
    return;
  }
  if (shared_) acquire_at_ = moment.steady;  // lanes that nobody holds can be had now
  const std::string_view why = by_other               ? "others kept changing its latch"
                               : stored == Stored::no ? "the store refuses this event"
                                                      : "";
  if (fresh) counts_.accepted += rows;
  host_.stored(what, stored, stored_as, why);
  plan_->queue.pop_front();
}

// A row that is in the book goes to its lane; without memory it is read again.
void Committer::feed(Waiting&& row) noexcept {
  const Delivery delivery = row.delivery;
  try {
    feeds_[delivery.endpoint].push_back(std::move(row));
  } catch (...) {
    book_.give_back(delivery.endpoint, book_.epoch(delivery.endpoint), delivery.position.row);
  }
}

std::optional<EventId> Committer::noted_event(const std::string& key) {
  const Query query{.kind = RecordKind::notes, .key_prefix = key, .limit = 1};
  const Records found = find(query);
  if (!found.status.ok() || found.notes.empty() || found.notes.front().key != key)
    return std::nullopt;
  return EventId::parse(found.notes.front().value);
}

LatchState Committer::noted_latch(const std::string& key) {
  const Query query{.kind = RecordKind::notes, .key_prefix = key, .limit = 1};
  const Records found = find(query);
  // A store that can't be read is most likely not to be written either; if it is, the version that
  // was not there makes the publish look again.
  if (!found.status.ok() || found.notes.empty() || found.notes.front().key != key) return {};
  return to_latch(found.notes.front().value, found.notes.front().version);
}

void Committer::applied(PlannedOutcome& item, const ChangeResult& result, const Moment& moment) {
  Outcome& what = plan_->outcomes.front();
  const Delivery& delivery = what.what.delivery;
  const EndpointId id = delivery.endpoint;
  constexpr std::size_t first_of_endpoint = 2;  // behind LaneHeld and DeliveryAt
  if (result.outcome == ChangeOutcome::mismatch && result.precondition >= first_of_endpoint) {
    // Somebody else has changed the endpoint: decide again by what it is now.
    refresh_endpoint(id, moment);
    what.since = moment.steady;
    outcomes_.splice(outcomes_.end(), plan_->outcomes, plan_->outcomes.begin());
    return;
  }
  const Settlement& means = item.means;
  const bool counts = result.outcome == ChangeOutcome::applied ||
                      (plan_->repeated && carried_out_before(what, item.means));
  // A heartbeat that was not answered had said so.
  if (result.outcome == ChangeOutcome::lane_lost && book_.holds(id) &&
      book_.epoch(id) == what.epoch)
    lost_.push_back(id);
  if (counts) {
    if (means.endpoint) put_endpoint(*means.endpoint, moment);
    if (means.again) look_again_at(id, moment.now);
    for (; item.told < means.notices.size(); ++item.told) tell_notice(means.notices[item.told]);
  }

  // Sent again it would be refused again, without end: its row counts as in memory for as long as
  // the lane is ours, so that only who has the lane next repeats it, once.
  const bool refused = result.outcome == ChangeOutcome::unstorable;
  if (refused)
    host_.trouble("the store refuses what an attempt meant, so the delivery waits for a restart: ",
                  delivery.id.text());

  // What became of it is not known for sure, or another has decided: the endpoint is read.
  if (!counts && means.endpoint) refresh_endpoint(id, moment);

  // From here on nothing can fail.
  ++settled_[what.shard];
  if (!refused) book_.settle(id, what.epoch, delivery.position.row);
  if (plan_->repeated) book_.spill(id);  // what its first try has left there is read
  if (counts) {
    // It is due already where applying had to wait for memory.
    if (means.again && book_.take(*means.again, moment.now)) feed({*means.again, what.what.event});
    count(means);
    if (means.result) {
      const bool delivered = means.result == AttemptResult::delivered;
      host_.timed(what.elapsed, delivered
                                    ? std::optional<Duration>(what.ended - what.what.event->at)
                                    : std::nullopt);
    }
    Member* member = roster_.find(id);
    if (member != nullptr && means.result == AttemptResult::delivered)
      member->last_success = std::max(member->last_success.value_or(what.started), what.started);
    if (host_.wants_reports() && means.result && what.sent) report(what, means);
  } else {
    ++counts_.fenced;
  }
  plan_->outcomes.pop_front();
}

// A repeated change was refused: because its first try had been carried out, or because somebody
// else has the lane? What it wrote tells.
bool Committer::carried_out_before(const Outcome& what, const Settlement& means) {
  const Delivery& delivery = what.what.delivery;
  Query query{.kind = RecordKind::attempts, .delivery = delivery.id};
  if (const Attempt* attempt = plan_->attempt()) {
    const Records found = find(query);
    return std::any_of(found.attempts.begin(), found.attempts.end(),
                       [&](const Attempt& made) { return made.row == attempt->row; });
  }
  if (!means.again) return false;
  query.kind = RecordKind::waiting;
  query.endpoint = delivery.endpoint;
  const Records found = find(query);
  return std::any_of(found.waiting.begin(), found.waiting.end(), [&](const Waiting& row) {
    return row.delivery.position == means.again->position;
  });
}

const Attempt* Committer::Plan::attempt() const {
  for (const Write& write : batch.changes[next].writes) {
    if (const auto* put = std::get_if<PutAttempt>(&write)) return &put->attempt;
  }
  return nullptr;
}

const StoredEndpoint* Committer::Plan::endpoint() const {
  for (const Write& write : batch.changes[next].writes) {
    if (const auto* put = std::get_if<PutEndpoint>(&write)) return &put->endpoint;
  }
  return nullptr;
}

void Committer::count(const Settlement& settlement) {
  if (settlement.orphan) return;  // counted as cancelled when its endpoint was removed
  if (!settlement.result) {
    ++counts_.spared;
    return;
  }
  switch (*settlement.result) {
    case AttemptResult::delivered:
      ++counts_.delivered;
      return;
    case AttemptResult::failed:
      ++counts_.failed;
      return;
    case AttemptResult::exhausted:
    case AttemptResult::gone:
      ++counts_.dead;
      return;
  }
}

// The history is in the store: a report that there is no memory for is dropped.
void Committer::report(const Outcome& outcome, const Settlement& means) noexcept {
  AttemptReport report;
  try {
    report.tenant = outcome.what.event->tenant;
    report.type = outcome.what.event->type;
    if (const Attempt* attempt = plan_->attempt()) report.attempt = *attempt;
    if (means.again) report.next_attempt = means.again->position.due;
    report.address = outcome.address;
    report.detail = outcome.detail;
  } catch (...) {
    host_.report_dropped();
    return;
  }
  host_.report(std::move(report));
}

void Committer::tell_notice(const Note& note) {
  if (std::optional<Notice> notice = model::to_notice(note.value))
    untold_ += host_.notice(std::move(*notice), note.key) ? 1U : 0U;
}

void Committer::applied(PlannedOp& item, const ChangeResult& result, const Moment& moment) {
  auto& what = std::get<EndpointOp>(plan_->queue.front());
  const EndpointId id = what.id;
  const bool removing = what.kind == EndpointOp::Kind::remove;
  EndpointResult answer;
  switch (result.outcome) {
    case ChangeOutcome::applied:
      answer = {.outcome = EndpointOutcome::ok, .endpoint = *item.result};
      if (removing) {
        remove_endpoint(id);
      } else {
        put_endpoint(*item.result, moment);
        if (item.asks) {
          TrialOp handshake = host_.make_handshake(*item.result);
          start_trial(handshake, moment);
        }
      }
      counts_.cancelled += std::exchange(item.cancelled, 0);
      break;
    case ChangeOutcome::over_limit:
      answer.outcome = EndpointOutcome::over_limit;
      break;
    case ChangeOutcome::mismatch: {
      const bool by_uid = item.uid_at != 0 && result.precondition == item.uid_at;
      answer.outcome = by_uid ? EndpointOutcome::uid_taken : EndpointOutcome::conflict;
      if (by_uid) break;
      const std::optional<StoredEndpoint> now = refresh_endpoint(id, moment);
      // A repeated batch meets what its first try has written; another's version may have the same
      // number.
      const bool done = removing ? roster_.find(id) == nullptr
                                 : now && now->version == item.result->version &&
                                       now->details == plan_->endpoint()->details;
      if (plan_->repeated && done) counts_.cancelled += std::exchange(item.cancelled, 0);
      if (plan_->repeated && done)
        answer = {.outcome = EndpointOutcome::ok, .endpoint = *item.result};
      break;
    }
    case ChangeOutcome::lane_lost:  // we have not heard of it: done again without the lane
      lost_.push_back(id);
      queue_.splice(queue_.begin(), plan_->queue, plan_->queue.begin());
      return;
    case ChangeOutcome::unstorable:
      answer.outcome = EndpointOutcome::store_unavailable;
      break;
  }
  if (what.done) what.done(std::move(answer));
  plan_->queue.pop_front();
}

void Committer::applied(PlannedForgetting&, const ChangeResult&, const Moment&) {
  plan_->forgotten.pop_front();
  untold_ -= std::min<std::size_t>(untold_, 1);
}

void Committer::applied(PlannedRelease& item, const ChangeResult& result, const Moment& moment) {
  if (result.outcome == ChangeOutcome::mismatch) {  // the endpoint is not what we think
    refresh_endpoint(item.endpoint, moment);
    return;
  }
  lose_lane(item.endpoint);
}

void Committer::applied(PlannedHolding& item, const ChangeResult& result, const Moment&) {
  if (result.outcome == ChangeOutcome::lane_lost) lost_.push_back(item.endpoint);
}

void Committer::applied(PlannedProbe&, const ChangeResult&, const Moment&) {}

// Takes over an endpoint as the store has it now. The roster comes last: until it knows of it, what
// could not be done for lack of memory is done again.
void Committer::put_endpoint(const Endpoint& endpoint, const Moment& moment) {
  const EndpointId id = endpoint.id;
  const bool active = endpoint.status == Status::active;
  if (const Member* known = roster_.find(id);
      known != nullptr && known->endpoint.version > endpoint.version)
    return;
  // With one process every lane is ours. A lane that is new to us has no rows, or load_lanes() says
  // so.
  if (!shared_ && !book_.holds(id)) book_.adopt(id, 0, std::nullopt);
  const std::shared_ptr<const Profile> profile = roster_.profile(endpoint.profile);
  std::shared_ptr<Destination> destination;
  if (profile) {
    try {
      destination = std::make_shared<Destination>();
      destination->url = parse_url(endpoint.url, egress_);
      destination->id = id;
      destination->tenant = endpoint.tenant;
      destination->status = endpoint.status;
      destination->host_port = destination->url.host + ':' + std::to_string(destination->url.port);
      destination->profile = profile;
      destination->headers = endpoint.headers;
      destination->secrets = endpoint.secrets;
      // The header carries one signature: the old secret's until the end of its time.
      if (endpoint.overlap_until && !profile->wire.several_signatures)
        std::reverse(destination->secrets.begin(), destination->secrets.end());
      destination->standard_secret = endpoint.standard_secret;
    } catch (const ConfigError& error) {  // the policy has been tightened since it was registered
      destination.reset();
      host_.trouble("endpoint " + id.text() + " is not served: ", error.what());
    }
  } else {
    host_.trouble("endpoint " + id.text() + " is not served: ", "its profile is not known");
  }
  Route& route = routes_[id];
  const std::size_t shard = destination ? shard_of(destination->url) : route.shard;
  if (route.destination && (!destination || shard != route.shard))
    host_.send(route.shard, CloseLane{id});
  const bool was_stopped = route.destination && route.destination->status != Status::active;
  if (destination) host_.send(shard, PutDestination{destination});
  host_.endpoint_changed(endpoint, destination ? profile.get() : nullptr);
  if (active && destination) {
    if (shared_ && was_stopped && !book_.holds(id)) acquire_at_ = moment.steady;
    book_.open(id);
  } else {
    book_.close(id);
  }
  arm(endpoint, moment.now);
  roster_.put(endpoint);
  route = {.shard = shard, .destination = std::move(destination)};
}

void Committer::remove_endpoint(EndpointId id) {
  const Member* member = roster_.find(id);
  if (member == nullptr) return;
  const std::string tenant = member->endpoint.tenant;
  if (const auto route = routes_.find(id); route != routes_.end()) {
    if (route->second.destination) host_.send(route->second.shard, CloseLane{id});
    routes_.erase(route);
  }
  lose_lane(id);
  clear_alarm(id);
  told_held_.erase(id);
  roster_.remove(id);
  host_.endpoint_removed(tenant, id);
}

// Rows on their way to it are another's to send.
void Committer::lose_lane(EndpointId id) noexcept {
  book_.lose(id);
  feeds_.erase(id);
}

// Returns it as the store has it; nothing where it is not there, or can't be read just now.
std::optional<StoredEndpoint> Committer::refresh_endpoint(EndpointId id, const Moment& moment) {
  const Query query{.kind = RecordKind::endpoints, .endpoint = id, .limit = 1};
  Records found = find(query);
  if (!found.status.ok()) {  // what is known of it is wrong: it is read as soon as it can be
    unread_.insert(id);
    return std::nullopt;
  }
  unread_.erase(id);
  if (found.endpoints.empty() || found.endpoints.front().deleted) {
    remove_endpoint(id);
    return std::nullopt;
  }
  StoredEndpoint& stored = found.endpoints.front();
  if (std::optional<Endpoint> endpoint = model::to_endpoint(stored, sealing_))
    put_endpoint(*endpoint, moment);
  return std::move(stored);
}

void Committer::flush_feeds() {
  while (!feeds_.empty()) {
    auto& [id, rows] = *feeds_.begin();
    if (const auto route = routes_.find(id); route != routes_.end()) {
      ToSender message = FeedLane{id, book_.epoch(id), std::move(rows)};
      try {
        host_.send(route->second.shard, std::move(message));
      } catch (...) {
        rows = std::move(std::get<FeedLane>(message).rows);
        throw;
      }
    }
    feeds_.erase(feeds_.begin());
  }
  for (std::size_t shard = 0; shard < settled_.size(); ++shard) {
    if (settled_[shard] == 0) continue;
    host_.send(shard, Settled{settled_[shard]});
    settled_[shard] = 0;
  }
}

}  // namespace hookwright::engine
