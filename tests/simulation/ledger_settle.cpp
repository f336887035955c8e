// What an attempt's end does to the records: the whole of each change is foretold and compared.

#include <algorithm>
#include <string>
#include <variant>

#include "hookwright/sealing.hpp"
#include "model/codec.hpp"
#include "simulation/ledger.hpp"

namespace hookwright::simulation {
namespace {

template <class Kind, class Variant>
const Kind* only(const std::vector<Variant>& list) {
  const Kind* found = nullptr;
  for (const Variant& one : list) {
    if (const auto* kind = std::get_if<Kind>(&one)) found = kind;
  }
  return found;
}

std::string name_of(const DeliveryStory& story) {
  return "delivery " + std::to_string(story.n);
}

}  // namespace

void Ledger::settle(Life& life, const Carried& carried, TimePoint now) {
  const Change& change = carried.change;
  const DeliveryAt& at = *only<DeliveryAt>(change.only_if);
  const auto waiting = by_row_.find(at.position.row);
  DeliveryStory* story = waiting == by_row_.end() ? nullptr : waiting->second;
  const auto* lane = only<LaneHeld>(change.only_if);
  const std::uint64_t epoch = scenario_.shared && lane != nullptr ? lane->epoch : 0;
  // Which attempt it speaks of: this dispatcher's, of this row, that has ended; under this epoch,
  // or under one that had ended, which its sender did not know.
  Flight* flight = nullptr;
  for (Flight* one : flights_of_row_[at.position.row]) {
    if (one->life != life.n || !one->end || (one->over && !life.over)) continue;
    if (epoch == 0 || one->epoch == epoch || (flight == nullptr && !one->held)) flight = one;
  }
  if (carried.result.outcome != ChangeOutcome::applied) {
    const bool decided =
        carried.result.outcome == ChangeOutcome::lane_lost || carried.result.precondition < 2;
    if (flight != nullptr && decided) {  // fenced off
      trace_.add("fenced off delivery", life.n, flight->what->n);
      finish(life, *flight, true);
    }
    return;
  }
  if (story == nullptr) {
    const EndpointStory* endpoint = this->endpoint(at.endpoint);
    const bool removed = endpoint != nullptr && endpoint->now().removed;
    if (!removed) fail("I3", "a delivery is settled that does not wait");
    ++life.orphans;
    if (flight != nullptr) finish(life, *flight, false);
    for (const Write& write : change.writes) {
      if (const auto* note = std::get_if<PutNote>(&write)) put_notice(life, note->note);
    }
    return;
  }
  if (!carried.held) fail("I4", name_of(*story) + " is settled by somebody without its lane");
  const auto* letter = only<PutDeadLetter>(change.writes);
  const auto* attempt = only<PutAttempt>(change.writes);
  if (letter != nullptr && attempt == nullptr && letter->letter.reason == DeathReason::expired) {
    expire(life, *story, change, now);
    return;
  }
  if (flight == nullptr) {
    fail("I1", name_of(*story) + " is settled without an answer");
    return;
  }
  const Expected expected =
      expected_of(*story, *flight, letter == nullptr ? nullptr : &letter->letter);
  trace_.add("settled delivery, attempt, result", life.n, story->n,
             static_cast<std::int64_t>(story->attempts) + (expected.result ? 1 : 0),
             expected.result ? static_cast<int>(*expected.result) : -1);
  const auto* drop = only<DropDelivery>(change.writes);
  if (drop == nullptr || drop->position != story->position)
    fail("I17", name_of(*story) + ": its row stays after it was settled");
  const auto* next = only<PutDelivery>(change.writes);
  check_attempt(*story, *flight, expected, attempt == nullptr ? nullptr : &attempt->attempt);
  check_again(*story, *flight, expected, next == nullptr ? nullptr : &next->delivery, now);
  check_dead(*story, *flight, expected, letter == nullptr ? nullptr : &letter->letter, now);
  check_effect(life, *story, *flight, expected, change);

  by_row_.erase(story->position.row);
  if (expected.result) {
    ++life.settled[*expected.result];
  } else {
    ++life.spared;
  }
  if (expected.result == AttemptResult::delivered) {
    story->state = DeliveryStory::State::delivered;
    EndpointStory& endpoint = *story->endpoint;
    endpoint.last_success = std::max(endpoint.last_success, flight->started_wall);
    endpoint.newest_success = flight->started_wall;
  } else if (letter != nullptr) {
    story->state = DeliveryStory::State::dead;
    story->letter = letter->letter.row;
    story->died = letter->letter.died;
  } else if (next != nullptr) {
    const Delivery& row = next->delivery;
    story->position = row.position;
    story->attempts = row.attempts;
    story->first_attempt = row.first_attempt;
    story->spared_since = row.spared_since;
    if (!by_row_.emplace(row.position.row, story).second)
      fail("I17", name_of(*story) + " has the row number of another");
  }
  finish(life, *flight, false);
  for (const Write& write : change.writes) {
    if (const auto* put = std::get_if<PutEndpoint>(&write)) put_endpoint(life, put->endpoint);
    if (const auto* note = std::get_if<PutNote>(&write)) put_notice(life, note->note);
  }
}

// Where the delay to its next attempt ends beyond its own end, a delivery ends now; the delay is
// known within bounds.
Expected Ledger::expected_of(const DeliveryStory& story, const Flight& flight,
                             const DeadLetter* letter) {
  Expected expected = judge(story.endpoint->rules, *flight.end, story.attempts, story.attempts_max,
                            story.spared_since, flight.ended_wall);
  const TimePoint latest = flight.ended_wall + expected.most + scenario_.slack();
  const bool may_expire = expected.result == AttemptResult::failed &&
                          story.expires != TimePoint{} && latest >= story.expires;
  if (!may_expire || letter == nullptr) return expected;
  expected.result = AttemptResult::exhausted;
  expected.death = DeathReason::expired;
  return expected;
}

// I7: what has not been sent by its end is given up, and that says nothing of its endpoint.
void Ledger::expire(Life& life, DeliveryStory& story, const Change& change, TimePoint now) {
  const std::string name = name_of(story);
  trace_.add("expired delivery", life.n, story.n);
  if (story.expires == TimePoint{} || story.expires > now + scenario_.slack())
    fail("I7", name + " expires before its time");
  const DeadLetter& letter = only<PutDeadLetter>(change.writes)->letter;
  if (letter.id != story.id || letter.attempts != story.attempts ||
      letter.event.body != story.event->event.body)
    fail("I2", name + ": its dead letter is another's");
  if (only<PutEndpoint>(change.writes) != nullptr || only<PutDelivery>(change.writes) != nullptr)
    fail("I8", name + " has expired, and that changes more than itself");
  std::size_t notices = 0;
  for (const Write& write : change.writes) {
    const auto* note = std::get_if<PutNote>(&write);
    if (note == nullptr) continue;
    ++notices;
    put_notice(life, note->note);
  }
  if (notices != 1) fail("I8", name + " has expired with " + std::to_string(notices) + " notices");
  by_row_.erase(story.position.row);
  story.state = DeliveryStory::State::dead;
  story.letter = letter.row;
  story.died = letter.died;
  ++life.settled[AttemptResult::exhausted];
}

// I8: what waits for an endpoint that was stopped is given up when it must be, and not before.
void Ledger::give_up(Life& life, const Carried& carried, TimePoint now) {
  if (carried.result.outcome != ChangeOutcome::applied) return;
  const Change& change = carried.change;
  const DeliveryAt& at = *only<DeliveryAt>(change.only_if);
  ++life.given_up;
  const auto waiting = by_row_.find(at.position.row);
  if (waiting == by_row_.end()) {
    const EndpointStory* endpoint = this->endpoint(at.endpoint);
    if (endpoint == nullptr || !endpoint->now().removed)
      fail("I3", "a delivery is given up that does not wait");
    return;
  }
  DeliveryStory& story = *waiting->second;
  const std::string name = name_of(story);
  trace_.add("gave up delivery", life.n, story.n);
  if (under_way(story)) fail("I8", name + " is given up while it is under way");
  const auto* letter = only<PutDeadLetter>(change.writes);
  if (letter == nullptr) {
    fail("I1", name + " is given up and is no dead letter");
    return;
  }
  const auto lane = database_.lanes.find(at.endpoint);
  const std::size_t rows = lane == database_.lanes.end() ? 1 : lane->second.rows.size() + 1;
  const bool may_be_fewer = life.doubtful || scenario_.shared;  // by now
  const Possible known = possible(life, *story.endpoint, life.decided.knowing);
  const bool right =
      std::any_of(known.versions.begin(), known.versions.end(), [&](const auto* version) {
        const Rules& rules = story.endpoint->rules;
        const std::size_t were = may_be_fewer ? std::max(rows, rules.held_max + 1) : rows;
        return !version->removed && must_die(version->record, rules, at.position.due, were, now) ==
                                        letter->letter.reason;
      });
  if (!right)
    fail("I8", name + " is given up for reason " +
                   std::to_string(static_cast<int>(letter->letter.reason)));
  const EncodedEvent& event = story.event->event;
  if (letter->letter.id != story.id || letter->letter.attempts != story.attempts ||
      letter->letter.event.id != event.id || letter->letter.event.body != event.body)
    fail("I2", name + ": its dead letter is another's");
  story.state = DeliveryStory::State::dead;
  story.letter = letter->letter.row;
  story.died = letter->letter.died;
  by_row_.erase(waiting);
  bool told = false;
  for (const Write& write : change.writes) {
    const auto* note = std::get_if<PutNote>(&write);
    if (note == nullptr) continue;
    put_notice(life, note->note);
    told = true;
  }
  if (!told) fail("I8", name + " is given up, and nobody is to hear of it");
}

// By one who has its lane.
bool Ledger::under_way(const DeliveryStory& story) const {
  const std::uint64_t epoch = lane_epoch(story.endpoint->now().record.id);
  return std::any_of(story.flights.begin(), story.flights.end(), [&](const Flight* flight) {
    const Life& sender = *lives_[static_cast<std::size_t>(flight->life) - 1];
    return !flight->over && !flight->end && flight->row == story.position.row && flight->held &&
           !sender.over && flight->epoch == epoch &&
           holds_lane(sender, story.endpoint->now().record.id);
  });
}

// The history says what happened.
void Ledger::check_attempt(const DeliveryStory& story, const Flight& flight,
                           const Expected& expected, const Attempt* attempt) {
  if (!expected.result) {
    if (attempt != nullptr) fail("I7", name_of(story) + " is charged for a fault of ours");
    return;
  }
  if (attempt == nullptr) {
    fail("I7", name_of(story) + ": an attempt is not in the history");
    return;
  }
  attempts_.emplace(attempt->row, &story);
  const Completion& end = *flight.end;
  if (attempt->result != *expected.result)
    fail("I7", name_of(story) + " has result " + std::to_string(static_cast<int>(attempt->result)) +
                   ", expected " + std::to_string(static_cast<int>(*expected.result)));
  if (attempt->number != story.attempts + 1)
    fail("I7", name_of(story) + " counts its attempts wrongly");
  if (attempt->delivery != story.id || attempt->event != story.event->event.id ||
      attempt->endpoint != story.endpoint->now().record.id)
    fail("I2", name_of(story) + ": its attempt names something else");
  if (attempt->fault != end.fault || attempt->status != end.status ||
      attempt->elapsed != end.elapsed)
    fail("I2", name_of(story) + ": the history tells another story");
  const std::string excerpt =
      *expected.result == AttemptResult::delivered ? std::string() : end.body;
  if (attempt->excerpt != excerpt) fail("I2", name_of(story) + ": another excerpt");
  if (attempt->at > flight.started_wall + scenario_.slack() ||
      attempt->at + scenario_.slack() < flight.started_wall)
    fail("I7", name_of(story) + ": an attempt started at another time");
}

// I7: the next attempt is due as scheduled, counted from the end of the last; never earlier.
void Ledger::check_again(const DeliveryStory& story, const Flight& flight, const Expected& expected,
                         const Delivery* next, TimePoint now) {
  const bool again = !expected.result || *expected.result == AttemptResult::failed;
  if (!again) {
    if (next != nullptr) fail("I7", name_of(story) + " has ended and goes on");
    return;
  }
  if (next == nullptr) {
    fail("I1", name_of(story) + " is dropped and has not ended");
    return;
  }
  const bool charged = expected.result.has_value();
  if (next->id != story.id || next->event != story.event->event.id ||
      next->endpoint != story.endpoint->now().record.id)
    fail("I2", name_of(story) + " changes its identity");
  if (next->attempts != story.attempts + (charged ? 1U : 0U))
    fail("I7", name_of(story) + " counts its attempts wrongly");
  const Duration slack = scenario_.slack();
  const TimePoint least = flight.ended_wall + expected.least - slack;
  const TimePoint most =
      std::max(flight.ended_wall + expected.most + slack, now + Duration(1) + slack);
  if (next->position.due < least)
    fail("I7", name_of(story) + " is due " + std::to_string((least - next->position.due).count()) +
                   " ms too early");
  if (next->position.due > most)
    fail("I7", name_of(story) + " is due " + std::to_string((next->position.due - most).count()) +
                   " ms too late");
  if (charged && story.expires != TimePoint{} && least >= story.expires + slack)
    fail("I7", name_of(story) + " goes on although it ends before its next attempt");
  if (next->expires != story.expires || next->attempts_max != story.attempts_max)
    fail("I2", name_of(story) + " forgets its bounds");
  if (!charged && next->spared_since == TimePoint{})
    fail("I7", name_of(story) + " forgets that it was spared");
}

// A delivery that has been given up is kept whole.
void Ledger::check_dead(const DeliveryStory& story, const Flight& flight, const Expected& expected,
                        const DeadLetter* letter, TimePoint now) {
  const bool dead =
      expected.result == AttemptResult::exhausted || expected.result == AttemptResult::gone;
  if (!dead) {
    if (letter != nullptr) fail("I7", name_of(story) + " is given up too early");
    return;
  }
  if (letter == nullptr) {
    fail("I1", name_of(story) + " is given up and is no dead letter");
    return;
  }
  const EncodedEvent& event = story.event->event;
  const bool same = letter->id == story.id && letter->endpoint == story.endpoint->now().record.id &&
                    letter->event.id == event.id && letter->event.body == event.body &&
                    letter->event.tenant == story.event->tenant &&
                    letter->event.type == event.type && letter->event.family == event.family;
  if (!same) fail("I2", name_of(story) + ": its dead letter is another's");
  if (letter->reason != expected.death || letter->attempts != story.attempts + 1 ||
      letter->fault != flight.end->fault || letter->status != flight.end->status)
    fail("I7", name_of(story) + ": its dead letter tells another story");
  if (letter->expires - letter->died != story.endpoint->rules.dead_letter_retention ||
      letter->died > now)
    fail("I7", name_of(story) + ": its dead letter is kept for another time");
}

// I8: the endpoint's status, and what people are told, follow from it in the same commit.
void Ledger::check_effect(Life& life, const DeliveryStory& story, const Flight& flight,
                          const Expected& expected, const Change& change) {
  EndpointStory& endpoint = *story.endpoint;
  const auto* put = only<PutEndpoint>(change.writes);
  std::vector<NoticeKind> kinds;
  for (const Write& write : change.writes) {
    const auto* note = std::get_if<PutNote>(&write);
    if (note == nullptr) continue;
    const std::optional<Notice> notice = model::to_notice(note->note.value);
    if (!notice) continue;
    kinds.push_back(notice->kind);
    if (notice->tenant != story.event->tenant || notice->delivery != story.id ||
        notice->endpoint != endpoint.now().record.id || notice->type != story.event->event.type)
      fail("I8", name_of(story) + ": a notice names something else");
  }
  // A batch that is repeated means what it meant when it was made, whatever the time is by now.
  const auto agrees = [&](const Endpoint& before, bool spared) {
    const Effect effect = effect_on(
        before, endpoint.rules, expected,
        {.before = story.attempts, .own_max = story.attempts_max, .after_success = spared},
        life.decided.at);
    if (effect.notices != kinds || effect.changes != (put != nullptr)) return false;
    if (put == nullptr) return true;
    const std::optional<Endpoint> after = model::to_endpoint(put->endpoint, Sealing::none());
    return after && after->status == effect.status && after->reason == effect.reason &&
           after->failing == effect.failing && after->warned == effect.warned &&
           after->first_exhausted.has_value() == effect.exhausted_before &&
           after->url == before.url && after->events == before.events &&
           after->secrets == before.secrets && after->uid == before.uid &&
           after->conditions == before.conditions;
  };
  const bool lenient = endpoint.rules.exhaust_endpoint == ExhaustEndpoint::unless_succeeded_since;
  const TimePoint first = story.attempts == 0 ? flight.started_wall : story.first_attempt;
  const bool reads_fail = scenario_.has(Hazard::failing_reads) ||
                          scenario_.has(Hazard::throwing_store) || scenario_.jump_max.count() != 0;
  const bool may_spare = lenient && endpoint.last_success != TimePoint{} &&
                         (endpoint.last_success >= first || scenario_.jump_max.count() != 0);
  // Several workers' history is not in the order of time.
  const bool may_not = !lenient || reads_fail || lives_.size() > 1 ||
                       endpoint.newest_success < first || endpoint.newest_success == TimePoint{};
  const Possible known = possible(life, endpoint, life.decided.knowing);
  for (const EndpointStory::Version* version : known.versions) {
    if (put != nullptr && version != &endpoint.now()) break;  // its version was checked
    if (may_not && agrees(version->record, false)) return;
    if (may_spare && agrees(version->record, true)) return;
  }
  fail("I8", name_of(story) + " ends with result " +
                 std::to_string(expected.result ? static_cast<int>(*expected.result) : -1) +
                 ", and endpoint " + std::to_string(endpoint.n) +
                 (put == nullptr ? " is left as it was, with " : " is changed, with ") +
                 std::to_string(kinds.size()) + " notices");
}

}  // namespace hookwright::simulation
