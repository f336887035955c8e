// What becomes durable: events and their deliveries, endpoints, notices.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "hookwright/profiles.hpp"
#include "hookwright/sealing.hpp"
#include "model/codec.hpp"
#include "simulation/ledger.hpp"

namespace hookwright::simulation {
namespace {

template <class Kind, class Variant>
const Kind* first_of(const std::vector<Variant>& list) {
  for (const Variant& one : list) {
    if (const auto* found = std::get_if<Kind>(&one)) return found;
  }
  return nullptr;
}

std::string_view host_in(std::string_view url) {
  return url.substr(0, url.find('/', 8));
}

}  // namespace

int number_in_url(std::string_view url) {
  const auto at = url.rfind("/e");
  if (at == std::string_view::npos) return -1;
  int number = -1;
  for (const char c : url.substr(at + 2)) {
    if (c < '0' || c > '9') break;
    number = std::max(number, 0) * 10 + (c - '0');
  }
  return number;
}

WireFormat wire_of(const Scenario& scenario, std::string_view profile) {
  for (const Profile& own : scenario.profiles) {
    if (own.name == profile) return own.wire;
  }
  if (profile == "hypersnap") return profiles::hypersnap().wire;
  if (profile == "snipy") return profiles::snipy().wire;
  if (profile == "snapglyph") return profiles::snapglyph().wire;
  return profiles::standard_webhooks().wire;
}

void Ledger::carried_out(Life& life, const Carried& carried, TimePoint now) {
  const Change& change = carried.change;
  const bool applied = carried.result.outcome == ChangeOutcome::applied;
  if (first_of<DeliveryAt>(change.only_if) != nullptr) {
    if (std::holds_alternative<LaneHeld>(change.only_if.front())) {  // how a settlement begins
      settle(life, carried, now);
    } else {
      give_up(life, carried, now);
    }
    return;
  }
  if (!applied) return;
  for (const Write& write : change.writes) {
    if (std::holds_alternative<DropDelivery>(write))
      fail("I4", "a delivery is dropped that nobody has looked at");
  }
  const auto* first_note = first_of<PutNote>(change.writes);
  if (first_note != nullptr && first_note->note.key.starts_with("revived/")) {
    put_again(life, change, now);
    return;
  }
  if (first_note != nullptr && first_note->note.key.starts_with("latch/"))
    put_latch(life, change, first_note->note, now);
  if (first_of<PutEvent>(change.writes) != nullptr) put_event(life, carried, now);
  if (const auto* put = first_of<PutAttempt>(change.writes)) put_trial(life, change, put->attempt);
  for (const Write& write : change.writes) {
    if (const auto* endpoint = std::get_if<PutEndpoint>(&write))
      put_endpoint(life, endpoint->endpoint);
    if (const auto* note = std::get_if<PutNote>(&write)) put_notice(life, note->note);
    if (const auto* drop = std::get_if<DropNote>(&write)) {
      const auto notice = notices_.find(drop->key);
      if (notice == notices_.end()) continue;
      notice->second.dropped = true;
      if (notice->second.told == 0) fail("I8", "a notice is forgotten that nobody was told");
    }
  }
}

// I2, I12: what becomes durable is what was published, one delivery to each endpoint, of its own
// tenant.
void Ledger::put_event(Life& life, const Carried& carried, TimePoint now) {
  std::set<EventStory*> events;
  for (const Write& write : carried.change.writes) {
    const auto* put = std::get_if<PutEvent>(&write);
    if (put == nullptr) continue;
    const auto found = event_by_id_.find(put->event->id);
    if (found == event_by_id_.end()) {
      fail("I2", "an event is stored that nobody has published");
      return;
    }
    EventStory& story = *found->second;
    const StoredEvent& stored = *put->event;
    if (stored.body != story.event.body || stored.type != story.event.type ||
        stored.family != story.event.family || stored.tenant != story.tenant)
      fail("I2", "event " + std::to_string(story.n) + " is stored other than it was published");
    if (story.stored) fail("I2", "event " + std::to_string(story.n) + " is stored twice");
    story.stored = true;
    const std::string& key = story.options.idempotency_key;
    if (!key.empty() && events.empty()) {  // the key stands for all that come together
      const bool fresh = keys_.emplace(story.tenant + ' ' + key, &story).second;
      if (!fresh)
        fail("I2",
             "an idempotency key is used by event " + std::to_string(story.n) + ", and by another");
    }
    const auto* note = first_of<PutNote>(carried.change.writes);
    if (story.options.latch &&
        (note == nullptr || note->note.key != latch_key(story.tenant, story.options)))
      fail("I2", "event " + std::to_string(story.n) + " is stored without its latch");
    events.insert(&story);
    trace_.add("stored event", life.n, story.n);
    check_routing(life, story, carried.change);
  }
  for (const Write& write : carried.change.writes) {
    const auto* put = std::get_if<PutDelivery>(&write);
    if (put == nullptr) continue;
    const Delivery& row = put->delivery;
    EndpointStory* endpoint = this->endpoint(row.endpoint);
    const auto event = event_by_id_.find(row.event);
    if (endpoint == nullptr) continue;
    ++life.accepted;
    const bool left_out = endpoint->now().removed;  // its dispatcher has not heard of that yet
    if (event == event_by_id_.end() || !events.contains(event->second)) {
      fail("I2", "a delivery is stored for an event that is not");
      continue;
    }
    auto story = std::make_unique<DeliveryStory>();
    story->n = static_cast<int>(deliveries_.size());
    story->id = row.id;
    story->event = event->second;
    story->endpoint = endpoint;
    story->position = row.position;
    const std::string name = "delivery " + std::to_string(story->n);
    trace_.add("stored delivery, event, endpoint", life.n, story->n, story->event->n, endpoint->n);
    if (endpoint->now().record.tenant != story->event->tenant)
      fail("I12", name + " goes to another tenant");
    story->expires = row.expires;
    story->attempts_max = row.attempts_max;
    const PublishOptions& options = story->event->options;
    if (row.expires != options.expires.value_or(TimePoint{}) ||
        row.attempts_max != options.attempts_max)
      fail("I2", name + " has other bounds than it was published with");
    check_new(life, *story, row, now);
    if (!delivery_by_id_.emplace(row.id, story.get()).second)
      fail("I2", name + " has the id of another");
    std::vector<DeliveryStory*>& all = deliveries_of_[{story->event->n, endpoint->n}];
    all.push_back(story.get());
    if (all.size() != 1)
      fail("I2", "event " + std::to_string(story->event->n) + " has two deliveries to endpoint " +
                     std::to_string(endpoint->n));
    if (left_out) story->state = DeliveryStory::State::cancelled;
    if (!left_out && !by_row_.emplace(row.position.row, story.get()).second)
      fail("I17", name + " has the row number of another");
    deliveries_.push_back(std::move(story));
  }
}

void Ledger::check_new(const Life& life, const DeliveryStory& story, const Delivery& row,
                       TimePoint now, Duration later) {
  const std::string name = "delivery " + std::to_string(story.n);
  if (row.attempts != 0 || row.first_attempt != TimePoint{} || row.spared_since != TimePoint{})
    fail("I7", name + " is new and has a past");
  if (row.position.due > now + later ||
      (!life.doubtful && now - row.position.due > scenario_.lease))
    fail("I7", name + " is new and not due in time");
}

// I1: every endpoint that has subscribed gets it, and no other. Where another dispatcher has
// changed an endpoint just now, both are right.
void Ledger::check_routing(Life& life, const EventStory& event, const Change& change) {
  std::map<const EndpointStory*, int> targets;
  for (const Write& write : change.writes) {
    const auto* put = std::get_if<PutDelivery>(&write);
    if (put != nullptr && put->delivery.event == event.event.id)
      ++targets[endpoint(put->delivery.endpoint)];
  }
  for (const auto& endpoint : endpoints_) {
    const Possible known = possible(life, *endpoint, life.decided.knowing);
    const auto gets_it = [&](const EndpointStory::Version* v) {
      const Status status = v->record.status;
      return !v->removed && (status == Status::active || status == Status::paused) &&
             v->record.tenant == event.tenant &&
             subscribes(v->record, endpoint->rules, event.event.type, event.event.family) &&
             meets(v->record.conditions, event.event.body);
    };
    const bool may = std::any_of(known.versions.begin(), known.versions.end(), gets_it);
    const bool must =
        !known.unknown && std::all_of(known.versions.begin(), known.versions.end(), gets_it);
    const int times = targets[endpoint.get()];
    const std::string names =
        "event " + std::to_string(event.n) + ", endpoint " + std::to_string(endpoint->n);
    // A batch whose answer was lost is repeated as it was.
    if (times > 0 && !may && !life.doubtful) fail("I12", names + ": it has not subscribed");
    if (times == 0 && must && !life.doubtful) fail("I1", names + ": it has subscribed");
    if (times > 1) fail("I2", names + ": two deliveries");
  }
  if (targets.contains(nullptr)) fail("I2", "a delivery to an endpoint that was never there");
}

void Ledger::put_endpoint(Life& life, const StoredEndpoint& stored) {
  EndpointStory* story = endpoint(stored.id);
  EndpointStory::Version version{.from = now_, .removed = stored.deleted};
  if (stored.deleted) {
    if (story == nullptr) return;
    version.record = story->now().record;
    version.record.version = stored.version;
  } else {
    std::optional<Endpoint> record = model::to_endpoint(stored, Sealing::none());
    if (!record) {
      fail("I2", "an endpoint is stored that can't be read");
      return;
    }
    version.record = std::move(*record);
  }
  if (story == nullptr) {
    auto made = std::make_unique<EndpointStory>();
    made->n = static_cast<int>(endpoints_.size());
    const std::string& profile = version.record.profile;
    const auto own = std::find_if(scenario_.profiles.begin(), scenario_.profiles.end(),
                                  [&](const Profile& p) { return p.name == profile; });
    made->rules = own == scenario_.profiles.end() ? rules_of_preset(profile) : rules_of(*own);
    made->wire = wire_of(scenario_, profile);
    story = made.get();
    endpoint_by_id_.emplace(stored.id, story);
    endpoints_.push_back(std::move(made));
  } else {
    const Endpoint& before = story->now().record;
    if (version.record.version != before.version + 1)
      fail("I4", "endpoint " + std::to_string(story->n) +
                     " is changed by somebody who has not "
                     "seen its last change");
    if (story->now().removed)
      fail("I11", "endpoint " + std::to_string(story->n) + " lives on after its end");
    if (host_in(version.record.url) !=
        host_in(before.url)) {  // what the old address suffered from is past
      for (auto& [n, of] : story->lives) of.timed_out.reset(), of.rest_until = {};
    }
    if (version.record.tenant != before.tenant || version.record.profile != before.profile)
      fail("I12", "endpoint " + std::to_string(story->n) + " has another tenant or profile");
  }
  trace_.add("stored endpoint, version, status", life.n, story->n,
             static_cast<std::int64_t>(version.record.version),
             stored.deleted ? 9 : static_cast<int>(version.record.status));
  if (!stored.deleted)
    version.verifier = std::make_shared<const Verifier>(story->wire, version.record.secrets);
  story->versions.push_back(std::move(version));
  story->moved = now_;
  if (stored.deleted) cancel_rows(life, *story);
}

void Ledger::cancel_rows(Life& life, const EndpointStory& endpoint) {
  for (auto row = by_row_.begin(); row != by_row_.end();) {
    if (row->second->endpoint != &endpoint) {
      ++row;
      continue;
    }
    row->second->state = DeliveryStory::State::cancelled;
    ++life.cancelled;
    row = by_row_.erase(row);
  }
}

void Ledger::put_notice(const Life& life, const Note& note) {
  if (!note.key.starts_with("notice/")) return;
  const std::optional<Notice> notice = model::to_notice(note.value);
  if (!notice) {
    fail("I8", "a notice can't be read");
    return;
  }
  if (!notices_.emplace(note.key, NoticeStory{.notice = *notice, .by = &life}).second)
    fail("I8", "a notice is written over another");
}

// What its dispatcher has been told, it knows.
void Ledger::answered(Life& life, const Batch& batch, const std::vector<ChangeResult>& results) {
  life.unanswered.reset();
  for (std::size_t i = 0; i < batch.changes.size() && i < results.size(); ++i) {
    if (results[i].outcome != ChangeOutcome::applied) continue;
    for (const Write& write : batch.changes[i].writes) {
      const auto* put = std::get_if<PutEndpoint>(&write);
      EndpointStory* story = put == nullptr ? nullptr : endpoint(put->endpoint.id);
      if (story == nullptr) continue;
      for (std::size_t v = story->versions.size(); v-- > 0;) {
        if (story->versions[v].record.version != put->endpoint.version) continue;
        story->lives[life.n].known = v + 1;
        break;
      }
    }
  }
}

}  // namespace hookwright::simulation
