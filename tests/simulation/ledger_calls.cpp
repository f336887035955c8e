// What is done beside the traffic: what was missed is sent once more, endpoints are tried, latches
// are closed.

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <variant>

#include "simulation/ledger.hpp"

namespace hookwright::simulation {
namespace {

template <class Kind>
const Kind* first_of(const std::vector<Write>& list) {
  for (const Write& one : list) {
    if (const auto* found = std::get_if<Kind>(&one)) return found;
  }
  return nullptr;
}

// The trial's receiver has said yes.
bool passed(const Flight& flight) {
  const Completion& end = *flight.end;
  const bool taken = end.fault == Fault::none && end.status / 100 == 2;
  return taken && (flight.purpose != Purpose::handshake || end.body == *flight.asked);
}

}  // namespace

// --- Recovery

Ledger::Missed Ledger::begins_recovery(Life& life, EndpointId id, const Recovery& what) {
  life.looked = now_;
  Missed missed{.endpoint = endpoint(id)};
  missed.version = missed.endpoint->versions.size();
  const TimePoint since = what.only.since.value_or(TimePoint{});
  if (what.what == Recovery::What::missing) {
    for (const auto& event : events_) {
      const bool kept = database_.events.contains(event->event.id);
      if (kept && event->event.at >= since) missed.events.push_back(event.get());
    }
    return missed;
  }
  for (const auto& story : deliveries_) {
    if (story->endpoint != missed.endpoint || story->state != DeliveryStory::State::dead) continue;
    const bool wanted = !what.delivery || what.delivery == story->id;
    if (wanted && story->died >= since) missed.dead.emplace_back(story.get(), story->letter);
  }
  return missed;
}

void Ledger::recovers_part(EndpointId id, const Recovery& what) {
  if (!what.delivery) endpoint(id)->recoverable += what.at_most;
}

// I1: a recovery that has come to its end has left nothing out.
void Ledger::ends_recovery(const Missed& missed) {
  const EndpointStory& endpoint = *missed.endpoint;
  if (endpoint.now().removed) return;
  for (const auto& [story, letter] : missed.dead) {
    if (story->state == DeliveryStory::State::dead && story->letter == letter)
      fail("I1", "delivery " + std::to_string(story->n) + " is left out by a recovery");
  }
  if (endpoint.versions.size() != missed.version) return;
  const Endpoint& record = endpoint.now().record;
  for (const EventStory* event : missed.events) {
    const EncodedEvent& what = event->event;
    if (!database_.events.contains(what.id)) continue;  // nobody needed it any more
    if (event->tenant == record.tenant && meets(record.conditions, what.body) &&
        subscribes(record, endpoint.rules, what.type, what.family) &&
        !deliveries_of_.contains({event->n, endpoint.n}))
      fail("I1", "event " + std::to_string(event->n) + " is left out by a recovery");
  }
}

std::optional<DeliveryId> Ledger::some_delivery(EndpointId id, std::size_t number) const {
  std::vector<const DeliveryStory*> some;
  std::vector<const DeliveryStory*> dead;
  for (const auto& story : deliveries_) {
    if (story->endpoint->now().record.id != id) continue;
    (story->state == DeliveryStory::State::dead ? dead : some).push_back(story.get());
  }
  const auto& from = dead.empty() ? some : dead;
  if (from.empty()) return std::nullopt;
  return from[number % from.size()]->id;
}

// I2: what is sent once more was a dead letter, and then is none; or its event had no delivery to
// the endpoint, which wants it. It is new, and as it was published.
void Ledger::put_again(Life& life, const Change& change, TimePoint now) {
  const auto* put = first_of<PutDelivery>(change.writes);
  const auto* stored = first_of<PutEvent>(change.writes);
  const auto* drop = first_of<DropDeadLetter>(change.writes);
  const auto found = put == nullptr ? event_by_id_.end() : event_by_id_.find(put->delivery.event);
  EndpointStory* to = put == nullptr ? nullptr : endpoint(put->delivery.endpoint);
  if (found == event_by_id_.end() || to == nullptr || stored == nullptr) {
    fail("I2", "a recovery brings back what was never there");
    return;
  }
  EventStory& event = *found->second;
  const Delivery& row = put->delivery;
  if (!event.stored || stored->event->id != event.event.id ||
      stored->event->body != event.event.body || event.tenant != to->now().record.tenant)
    fail("I2", "event " + std::to_string(event.n) + " is brought back as another");
  ++life.accepted;
  ++life.revived;
  DeliveryStory* dead = nullptr;
  if (drop != nullptr) {
    const auto letter = delivery_by_id_.find(drop->id);
    dead = letter == delivery_by_id_.end() ? nullptr : letter->second;
    const bool removed = to->now().removed;
    if (dead == nullptr || (dead->state != DeliveryStory::State::dead && !removed)) {
      fail("I2", "a delivery is brought back that is no dead letter");
      return;
    }
  } else {
    const bool wanted = std::any_of(to->versions.rbegin(), to->versions.rend(), [&](const auto& v) {
      return !v.removed && subscribes(v.record, to->rules, event.event.type, event.event.family) &&
             meets(v.record.conditions, event.event.body);
    });
    if (!wanted) fail("I2", "an event is brought back for who does not want it");
    if (deliveries_of_.contains({event.n, to->n}))
      fail("I2", "event " + std::to_string(event.n) + " is not missing, and is brought back");
  }
  const Possible known = possible(life, *to, life.decided.knowing);
  const bool open = std::any_of(known.versions.begin(), known.versions.end(), [](const auto* v) {
    return v->record.status == Status::active || v->record.status == Status::paused;
  });
  if (!open && !life.doubtful) fail("I8", "a delivery is brought back to who gets nothing");
  const DeliveryStory* again = put_again_as(dead, event, *to, row);
  trace_.add("brought back delivery, event, endpoint", life.n, again->n, event.n, to->n);
  // Bit by bit, at half of the endpoint's rate and a hundred a second at most.
  const auto rate = static_cast<Duration::rep>(to->rules.rate_per_minute);
  const Duration spacing =
      std::max(Duration(10), rate == 0 ? Duration(0) : Duration(120'000) / rate);
  check_new(life, *again, row, now, spacing * static_cast<Duration::rep>(to->recoverable));
  if (row.expires != TimePoint{} || row.attempts_max != 0)
    fail("I7", "delivery " + std::to_string(again->n) + " is brought back with its old bounds");
}

DeliveryStory* Ledger::put_again_as(DeliveryStory* dead, EventStory& event, EndpointStory& endpoint,
                                    const Delivery& row) {
  DeliveryStory* story = dead;
  if (dead == nullptr || dead->id != row.id) {
    if (dead != nullptr) dead->state = DeliveryStory::State::replaced;
    deliveries_.push_back(std::make_unique<DeliveryStory>());
    story = deliveries_.back().get();
    story->n = static_cast<int>(deliveries_.size()) - 1;
    story->id = row.id;
    story->event = &event;
    story->endpoint = &endpoint;
    deliveries_of_[{event.n, endpoint.n}].push_back(story);
    if (!delivery_by_id_.emplace(row.id, story).second)
      fail("I2", "delivery " + std::to_string(story->n) + " has the id of another");
  }
  const bool removed = endpoint.now().removed;  // its dispatcher has not heard of that yet
  story->state = removed ? DeliveryStory::State::cancelled : DeliveryStory::State::waiting;
  story->position = row.position;
  story->attempts = 0;
  story->first_attempt = story->spared_since = story->expires = {};
  story->attempts_max = 0;
  if (!removed && !by_row_.emplace(row.position.row, story).second)
    fail("I17", "delivery " + std::to_string(story->n) + " has the row number of another");
  return story;
}

// --- Trials

void Ledger::asks_for_test(Life& life, EndpointId id) {
  life.tests.push_back(endpoint(id));
}

// I3: a trial's answer is told once it is in the history, and as it was.
void Ledger::answers_trial(Life& life, EndpointId id, Purpose purpose, const Trial& trial) {
  const EndpointStory* story = endpoint(id);
  if (trial.outcome != EndpointOutcome::ok) {
    const bool made = trial.outcome == EndpointOutcome::store_unavailable ||
                      trial.outcome == EndpointOutcome::over_limit;
    if (!made) std::erase(life.tests, story);
    return;
  }
  const auto found = attempts_.find(trial.attempt.row);
  if (found == attempts_.end() || found->second != nullptr || trial.attempt.purpose != purpose ||
      trial.attempt.endpoint != id)
    fail("I3", "a trial of endpoint " + std::to_string(story->n) +
                   " is answered that is not in the history");
  if (trial.accepted != (trial.attempt.result == AttemptResult::delivered))
    fail("I3", "a trial of endpoint " + std::to_string(story->n) + " contradicts its attempt");
}

// I8: a test is written into the history, as it was, and changes nothing else; a handshake may
// change its endpoint if the receiver has echoed what it was asked.
void Ledger::put_trial(Life& life, const Change& change, const Attempt& attempt) {
  if (attempts_.contains(attempt.row)) return;  // a batch that is repeated
  attempts_.emplace(attempt.row, nullptr);
  const EndpointStory* endpoint = this->endpoint(attempt.endpoint);
  const auto trial_of = [&](bool written) {
    return std::find_if(flights_.rbegin(), flights_.rend(), [&](const auto& flight) {
      return flight->life == life.n && flight->purpose == attempt.purpose &&
             flight->written == written && flight->what == nullptr && flight->end &&
             flight->endpoint == endpoint && flight->end->fault == attempt.fault &&
             flight->end->status == attempt.status && flight->end->elapsed == attempt.elapsed;
    });
  };
  const auto found = trial_of(false);
  // A commit that comes long after its answer was given up, and after it was made again; or that is
  // made again because its endpoint was removed meanwhile, and the store leaves the attempt out.
  const bool left_out = endpoint != nullptr && endpoint->now().removed;
  const bool again = found == flights_.rend() &&
                     (scenario_.has(Hazard::late_commits) || left_out) &&
                     trial_of(true) != flights_.rend();
  if (again) return;
  ++life.trials;
  if (found == flights_.rend()) {
    fail("I2", "the history has a trial that nobody has made, of dispatcher " +
                   std::to_string(life.n) + ", fault " +
                   std::to_string(static_cast<int>(attempt.fault)) + ", purpose " +
                   std::to_string(static_cast<int>(attempt.purpose)));
    return;
  }
  Flight& flight = **found;
  flight.written = true;
  const std::string name = "a trial of endpoint " + std::to_string(flight.endpoint->n);
  trace_.add("trial in the history, endpoint, result", life.n, flight.endpoint->n,
             static_cast<int>(attempt.result));
  const AttemptResult result = passed(flight) ? AttemptResult::delivered : AttemptResult::exhausted;
  if (attempt.result != result || attempt.number != 1)
    fail("I7", name + " is told otherwise than it was");
  const bool changes = change.writes.size() != 1;
  if (changes && flight.purpose == Purpose::test) fail("I8", name + " has consequences");
  if (changes && !passed(flight)) fail("I8", name + " has not passed, and has consequences");
}

// --- Latches

// I2: a latch records the parts that were told, and closes with the last of them, once, in the
// commit that stores its event; one that is to be forgotten is open again then.
void Ledger::put_latch(const Life& life, const Change& change, const Note& note, TimePoint now) {
  LatchStory& latch = latches_[note.key];
  const std::string name = "the latch " + note.key.substr(note.key.find('\0') + 1);
  if (latch.expires != TimePoint{} && latch.expires <= database_.latest) {
    latch.recorded = 0;
    latch.fired = false;
  }
  std::uint32_t recorded = 0;
  const char* end = note.value.data() + note.value.size();
  const char* rest = std::from_chars(note.value.data(), end, recorded).ptr;
  const bool fires = rest != end;
  const auto* stored = first_of<PutEvent>(change.writes);
  trace_.add("latch, fires", life.n, recorded, fires ? 1 : 0);
  if (latch.fired) fail("I2", name + " closes twice");
  if ((recorded & latch.recorded) != latch.recorded) fail("I2", name + " forgets a part");
  if ((recorded & ~latch.asked) != 0) fail("I2", name + " records what nobody has told");
  if (fires != (stored != nullptr)) fail("I2", name + " closes without its event");
  if (fires && stored != nullptr && std::string(rest + 1, end) != stored->event->id.text())
    fail("I2", name + " stands for another event");
  const EventStory* event = nullptr;
  for (const auto& one : events_) {
    if (one->options.latch && latch_key(one->tenant, one->options) == note.key) event = one.get();
  }
  const Latch& asked = *event->options.latch;
  if (fires != ((recorded & asked.parts) == asked.parts))
    fail("I2", name + " closes too early or too late");
  const TimePoint expires = asked.keep ? now + *asked.keep : TimePoint{};
  const bool in_time =
      note.expires == expires || (asked.keep && note.expires < expires &&
                                  (life.doubtful || expires - note.expires <= scenario_.lease));
  if (!in_time) fail("I2", name + " is kept for another time");
  latch.recorded = recorded;
  latch.ever |= recorded;
  latch.fired = fires;
  latch.ever_fired = latch.ever_fired || fires;
  latch.expires = note.expires;
}

}  // namespace hookwright::simulation
