// What the host is told: receipts, notices, reports.

#include <algorithm>
#include <string>
#include <utility>

#include "simulation/ledger.hpp"

namespace hookwright::simulation {

Ledger::Ledger(const Scenario& scenario, Trace& trace, Violations& violations,
               const MemoryDatabase& database)
    : scenario_(scenario), trace_(trace), violations_(violations), database_(database) {}

Life& Ledger::begins(int n) {
  lives_.push_back(std::make_unique<Life>());
  lives_.back()->n = n;
  return *lives_.back();
}

// Requests of a dispatcher that is gone say nothing more; what they carried is sent again.
void Ledger::ends(Life& life) {
  life.over = true;
  for (const auto& flight : flights_) {
    if (flight->life == life.n && !flight->over) finish(life, *flight, true);
  }
}

std::string latch_key(std::string_view tenant, const PublishOptions& options) {
  return "latch/" + std::string(tenant) + '\0' + options.latch->key;
}

void Ledger::published(EncodedEvent event, std::string tenant, const PublishOptions& options) {
  if (options.latch) latches_[latch_key(tenant, options)].asked |= options.latch->part;
  const auto known = event_by_id_.find(event.id);
  if (known != event_by_id_.end()) {
    known->second->again = true;
    return;
  }
  auto story = std::make_unique<EventStory>();
  story->n = static_cast<int>(events_.size());
  story->event = std::move(event);
  story->tenant = std::move(tenant);
  story->options = options;
  event_by_id_.emplace(story->event.id, story.get());
  event_by_body_.emplace(story->event.body, story.get());
  events_.push_back(std::move(story));
}

// I1: a receipt says that an event is durable only if it is, and that it is not only if it isn't.
// At the end of a dispatcher what was sent to the store may still be there.
void Ledger::receipt(Life& life, const std::vector<EventId>& events, Stored stored, bool ending) {
  if (stored == Stored::yes) life.stored += events.size();
  for (const EventId& id : events) {
    const EventStory& story = *event_by_id_.at(id);
    trace_.add("receipt event, stored", life.n, story.n, static_cast<int>(stored));
    const std::string name = "event " + std::to_string(story.n);
    if (stored == Stored::yes && !story.stored)
      fail("I1", name + " is reported as stored and is not");
    const PublishOptions& options = story.options;
    const LatchStory latch =
        options.latch ? latches_.at(latch_key(story.tenant, options)) : LatchStory();
    const bool by_another = !options.idempotency_key.empty() || latch.ever_fired;
    if (stored == Stored::duplicate && !story.stored && !by_another)
      fail("I1", name + " is reported as stored before and was not");
    if (stored == Stored::recorded && (!options.latch || (latch.ever & options.latch->part) == 0))
      fail("I1", name + " is reported as a latch's part, and is not recorded");
    if (stored == Stored::no && story.stored && !ending && !story.again)
      fail("I1", name + " is reported as lost and is stored");
  }
}

// I4: a change that is reported as made has been made, and is not another's.
void Ledger::changed(const Endpoint& reported) {
  const EndpointStory& story = *endpoint(reported.id);
  const bool stored =
      std::any_of(story.versions.begin(), story.versions.end(), [&](const auto& version) {
        const Endpoint& record = version.record;
        return record.version == reported.version && record.updated == reported.updated &&
               record.status == reported.status && record.url == reported.url &&
               record.events == reported.events && record.secrets == reported.secrets &&
               record.uid == reported.uid && record.conditions == reported.conditions;
      });
  if (!stored)
    fail("I4", "endpoint " + std::to_string(story.n) + " is reported as changed and is not");
}

// Nobody may be said to listen where somebody has subscribed for longer than a lease. (Where an
// answer got lost, and what it was about can't be read either, a moment longer.)
void Ledger::nobody_listening(const Life& life, std::string_view tenant, std::string_view type,
                              std::string_view family) {
  if (life.doubtful && (scenario_.has(Hazard::failing_reads) || scenario_.loses_lanes())) return;
  for (const auto& endpoint : endpoints_) {
    if (endpoint->now().record.tenant != tenant) continue;
    const Possible known = possible(life, *endpoint, known_since(life));
    const bool always =
        !known.unknown &&
        std::all_of(known.versions.begin(), known.versions.end(), [&](const auto* v) {
          return !v->removed && subscribes(v->record, endpoint->rules, type, family);
        });
    if (always)
      fail("I1", "nobody is said to listen to " + std::string(type) + ", but endpoint " +
                     std::to_string(endpoint->n) + " does");
  }
}

// I8: what a person is told has happened, and is durable.
void Ledger::told(const Life& life, const Notice& notice) {
  const EndpointStory* endpoint = this->endpoint(notice.endpoint);
  trace_.add("told notice, endpoint", life.n, static_cast<int>(notice.kind),
             endpoint == nullptr ? -1 : endpoint->n);
  bool found = false;
  for (auto& [key, story] : notices_) {
    const Notice& known = story.notice;
    if (known.kind != notice.kind || known.endpoint != notice.endpoint ||
        known.delivery != notice.delivery || known.at != notice.at ||
        known.tenant != notice.tenant || known.type != notice.type || known.reason != notice.reason)
      continue;
    ++story.told;
    found = true;
  }
  if (!found) {
    fail("I8", "a notice is told that nobody has written: " + std::string(to_string(notice.kind)) +
                   " of endpoint " + std::to_string(endpoint == nullptr ? -1 : endpoint->n));
  }
}

// A report tells of an attempt whose outcome is durable.
void Ledger::reported(const AttemptReport& report) {
  if (report.attempt.purpose != Purpose::delivery) fail("I3", "a trial is reported as an attempt");
  const auto found = delivery_by_id_.find(report.attempt.delivery);
  if (found == delivery_by_id_.end()) {
    fail("I2", "an attempt is reported of a delivery that was never stored");
    return;
  }
  const DeliveryStory& story = *found->second;
  const bool deleted = story.state == DeliveryStory::State::cancelled;
  if (!attempts_.contains(report.attempt.row) && !deleted)
    fail("I3", "an attempt of delivery " + std::to_string(story.n) +
                   " is reported before its outcome is durable");
  if (report.tenant != story.event->tenant || report.type != story.event->event.type)
    fail("I12", "a report names another tenant or type than its event has");
}

EndpointStory* Ledger::endpoint(EndpointId id) {
  const auto found = endpoint_by_id_.find(id);
  return found == endpoint_by_id_.end() ? nullptr : found->second;
}

SteadyTime Ledger::known_since(const Life& life) const {
  SteadyTime since = now_;
  if (scenario_.shared) since = std::max(life.knows_until, now_ - scenario_.lease);
  if (life.unanswered) since = std::min(since, *life.unanswered);
  return since;
}

void Ledger::decides(Life& life, TimePoint now) {
  if (!life.unanswered)
    life.decided = {.knowing = std::min(known_since(life), life.reads_since), .at = now};
  life.reads_since = SteadyTime::max();
}

// A batch may be made from what it knew before it read the latches.
void Ledger::reads(Life& life, const Query& query) {
  if (query.kind == RecordKind::notes)
    life.reads_since = std::min(life.reads_since, known_since(life));
}

Ledger::Possible Ledger::possible(const Life& life, const EndpointStory& endpoint,
                                  SteadyTime since) const {
  const auto of = endpoint.lives.find(life.n);
  const std::size_t told = of == endpoint.lives.end() ? 0 : of->second.known;
  Possible found;
  for (std::size_t i = endpoint.versions.size(); i-- > 0;) {
    found.versions.push_back(&endpoint.versions[i]);
    if (i + 1 == told || endpoint.versions[i].from < since) return found;
  }
  found.unknown = true;
  return found;
}

std::uint64_t Ledger::lane_epoch(const EndpointId& id) const {
  const auto lane = database_.lanes.find(id);
  return lane == database_.lanes.end() ? 0 : lane->second.epoch;
}

bool Ledger::holds_lane(const Life& life, const EndpointId& id) const {
  if (!scenario_.shared) return true;
  const auto lane = database_.lanes.find(id);
  return lane != database_.lanes.end() && lane->second.holder == life.worker;
}

void Ledger::finish(Life& life, Flight& flight, bool explains) {
  if (flight.over) return;
  flight.over = true;
  flight.explains = explains;
  --life.unsettled;
  if (!flight.end) leave_wire(life, flight);
}

void Ledger::leave_wire(Life& life, const Flight& flight) {
  --life.in_flight;
  --flight.endpoint->lives[life.n].in_flight;
  --life.to_host[flight.host];
  std::erase(life.on_wire, &flight);
  if (flight.slow) --life.slow_in_flight;
}

}  // namespace hookwright::simulation
