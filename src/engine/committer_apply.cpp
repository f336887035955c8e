#include <utility>

#include "engine/committer.hpp"
#include "engine/guard.hpp"
#include "hookwright/error.hpp"
#include "model/codec.hpp"

namespace hookwright::engine {

void Committer::apply(Plan&& plan, const std::vector<ChangeResult>& results, const Moment& moment) {
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    Planned& item = plan.items[i];
    if (auto* submission = std::get_if<PlannedSubmission>(&item)) {
      applied(std::move(*submission), results[i], plan.repeated, moment);
    } else if (auto* outcome = std::get_if<PlannedOutcome>(&item)) {
      applied(std::move(*outcome), results[i], plan.repeated, moment);
    } else if (auto* op = std::get_if<PlannedOp>(&item)) {
      applied(std::move(*op), results[i], plan.repeated, moment);
    }
  }
}

void Committer::applied(PlannedSubmission&& item, const ChangeResult& result, bool repeated,
                        const Moment& moment) {
  const EventId first = item.what.events.front()->id;
  const bool done = result.outcome == ChangeOutcome::applied;
  if (repeated) {
    // Other rows may have been read since these were numbered: they are read from the store, in
    // their order.
    for (const Waiting& row : item.rows) book_.spill(row.delivery.endpoint);
  } else if (done) {
    for (Waiting& row : item.rows) {
      if (book_.take(row.delivery, moment.now))
        feeds_[row.delivery.endpoint].push_back(std::move(row));
    }
    if (shared_) acquire_at_ = moment.steady;  // lanes that nobody holds can be had now
  }
  switch (result.outcome) {
    case ChangeOutcome::applied:
      host_.stored(item.what, Stored::yes, first, {});
      return;
    case ChangeOutcome::mismatch: {
      const bool by_key = !item.what.idempotency_note.empty() && result.precondition == 0;
      const std::optional<EventId> earlier =
          by_key ? noted_event(item.what.idempotency_note) : std::nullopt;
      // A repeated batch meets what its first try has written.
      const bool own = repeated && earlier.value_or(first) == first;
      host_.stored(item.what, own ? Stored::yes : Stored::duplicate, earlier.value_or(first), {});
      return;
    }
    case ChangeOutcome::lane_lost:
    case ChangeOutcome::over_limit:
    case ChangeOutcome::unstorable:
      host_.stored(item.what, Stored::no, {}, "the store refuses this event");
      return;
  }
}

std::optional<EventId> Committer::noted_event(const std::string& key) {
  const Query query{.kind = RecordKind::notes, .key_prefix = key, .limit = 1};
  const Records found = find(query);
  if (!found.status.ok() || found.notes.empty() || found.notes.front().key != key)
    return std::nullopt;
  return EventId::parse(found.notes.front().value);
}

void Committer::applied(PlannedOutcome&& item, const ChangeResult& result, bool repeated,
                        const Moment& moment) {
  const Delivery& delivery = item.what.what.delivery;
  const EndpointId id = delivery.endpoint;
  constexpr std::size_t first_of_endpoint = 2;  // behind LaneHeld and DeliveryAt
  if (result.outcome == ChangeOutcome::mismatch && result.precondition >= first_of_endpoint) {
    // Somebody else has changed the endpoint: decide again by what it is now.
    refresh_endpoint(id, moment);
    outcomes_.push_back(std::move(item.what));
    return;
  }
  ++settled_[item.what.shard];
  book_.settle(id, item.what.epoch, delivery.position.row);

  const bool done = result.outcome == ChangeOutcome::applied;
  if (!done && !repeated) {
    ++counts_.fenced;
    return;
  }
  if (item.means.again) {
    if (repeated) book_.spill(id);
    (void)book_.take(*item.means.again, moment.now);
  }
  count(item.means);
  Member* member = roster_.find(id);
  if (member != nullptr && item.means.result == AttemptResult::delivered) {
    member->last_success =
        std::max(member->last_success.value_or(item.what.started), item.what.started);
  }
  if (host_.wants_reports() && item.means.result) report(item);
  tell_notices(item.means.notices);
  if (item.means.endpoint) put_endpoint(std::move(*item.means.endpoint), moment);
}

void Committer::count(const Settlement& settlement) {
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

void Committer::report(const PlannedOutcome& item) {
  AttemptReport report;
  report.tenant = item.what.what.event->tenant;
  report.type = item.what.what.event->type;
  for (const Write& write : item.means.change.writes) {
    if (const auto* put = std::get_if<PutAttempt>(&write)) report.attempt = put->attempt;
  }
  if (item.means.again) report.next_attempt = item.means.again->position.due;
  report.address = item.what.address;
  report.detail = item.what.detail;
  host_.report(std::move(report));
}

void Committer::tell_notices(const std::vector<Note>& notes) {
  for (const Note& note : notes) {
    if (std::optional<Notice> notice = model::to_notice(note.value))
      host_.notice(std::move(*notice), note.key);
  }
}

void Committer::applied(PlannedOp&& item, const ChangeResult& result, bool repeated,
                        const Moment& moment) {
  EndpointResult answer;
  const EndpointId id = item.what.id;
  switch (result.outcome) {
    case ChangeOutcome::applied:
      answer = {.outcome = EndpointOutcome::ok, .endpoint = item.result};
      if (item.what.kind == EndpointOp::Kind::remove) {
        remove_endpoint(id);
      } else {
        put_endpoint(std::move(item.result), moment);
      }
      break;
    case ChangeOutcome::over_limit:
      answer.outcome = EndpointOutcome::over_limit;
      break;
    case ChangeOutcome::mismatch: {
      const bool by_uid = item.uid_at != 0 && result.precondition == item.uid_at;
      answer.outcome = by_uid ? EndpointOutcome::uid_taken : EndpointOutcome::conflict;
      if (by_uid) break;
      refresh_endpoint(id, moment);
      // A repeated batch meets what its first try has written.
      const Member* now = roster_.find(id);
      const bool removing = item.what.kind == EndpointOp::Kind::remove;
      const bool done = removing ? now == nullptr
                                 : now != nullptr && now->endpoint.version == item.result.version;
      if (repeated && done)
        answer = {.outcome = EndpointOutcome::ok, .endpoint = std::move(item.result)};
      break;
    }
    case ChangeOutcome::lane_lost:
    case ChangeOutcome::unstorable:
      answer.outcome = EndpointOutcome::store_unavailable;
      break;
  }
  if (item.what.done) item.what.done(std::move(answer));
}

// Takes over an endpoint as the store has it now.
void Committer::put_endpoint(Endpoint&& endpoint, const Moment& moment) {
  const EndpointId id = endpoint.id;
  const bool active = endpoint.status == Status::active;
  if (const Member* known = roster_.find(id);
      known != nullptr && known->endpoint.version > endpoint.version)
    return;
  // With one process every lane is ours. A lane that is new to us has no rows, or load_lanes() says
  // so.
  if (!shared_ && !book_.holds(id)) book_.adopt(id, 0, std::nullopt);
  const Member* member = roster_.put(std::move(endpoint));
  std::shared_ptr<Destination> destination;
  if (member != nullptr) {
    const Endpoint& now = member->endpoint;
    try {
      destination = std::make_shared<Destination>();
      destination->url = parse_url(now.url, egress_);
      destination->id = id;
      destination->tenant = now.tenant;
      destination->status = now.status;
      destination->host_port = destination->url.host + ':' + std::to_string(destination->url.port);
      destination->profile = member->profile;
      destination->headers = now.headers;
      destination->secrets = now.secrets;
      destination->standard_secret = now.standard_secret;
    } catch (const ConfigError& error) {  // the policy has been tightened since it was registered
      destination.reset();
      host_.trouble("endpoint " + id.text() + " is not served: " + error.what());
    }
  } else {
    host_.trouble("endpoint " + id.text() + " is not served: its profile is not known");
  }
  Route& route = routes_[id];
  const std::size_t shard = destination ? shard_of(destination->url) : route.shard;
  if (route.destination && (!destination || shard != route.shard))
    host_.send(route.shard, CloseLane{id});
  const bool was_stopped = route.destination && route.destination->status != Status::active;
  route = {.shard = shard, .destination = destination};
  if (destination) host_.send(shard, PutDestination{destination});
  if (active && destination) {
    if (shared_ && was_stopped && !book_.holds(id)) acquire_at_ = moment.steady;
    book_.open(id);
  } else {
    book_.close(id);
  }
  const Member* current = roster_.find(id);
  host_.endpoint_changed(current->endpoint, destination ? current->profile.get() : nullptr);
}

void Committer::remove_endpoint(EndpointId id) {
  const Member* member = roster_.find(id);
  if (member == nullptr) return;
  const std::string tenant = member->endpoint.tenant;
  if (const auto route = routes_.find(id); route != routes_.end()) {
    if (route->second.destination) host_.send(route->second.shard, CloseLane{id});
    routes_.erase(route);
  }
  book_.lose(id);
  roster_.remove(id);
  host_.endpoint_removed(tenant, id);
}

void Committer::refresh_endpoint(EndpointId id, const Moment& moment) {
  const Query query{.kind = RecordKind::endpoints, .endpoint = id, .limit = 1};
  const Records found = find(query);
  if (!found.status.ok()) return;
  if (found.endpoints.empty() || found.endpoints.front().deleted) {
    remove_endpoint(id);
  } else if (std::optional<Endpoint> endpoint = model::to_endpoint(found.endpoints.front())) {
    put_endpoint(std::move(*endpoint), moment);
  }
}

void Committer::flush_feeds() {
  for (auto& [id, rows] : feeds_) {
    const auto route = routes_.find(id);
    if (route == routes_.end()) continue;
    host_.send(route->second.shard, FeedLane{id, book_.epoch(id), std::move(rows)});
  }
  feeds_.clear();
  for (std::size_t shard = 0; shard < settled_.size(); ++shard) {
    if (settled_[shard] != 0) host_.send(shard, Settled{std::exchange(settled_[shard], 0)});
  }
}

}  // namespace hookwright::engine
