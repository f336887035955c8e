#include "crash/armed_store.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace hookwright::crash {
namespace {

template <class Kind>
bool writes(const Change& change) {
  return std::ranges::any_of(
      change.writes, [](const Write& write) { return std::holds_alternative<Kind>(write); });
}

bool is_outcome(const Change& change) {
  return writes<DropDelivery>(change);
}

bool is_notice(const Write& write) {
  const auto* note = std::get_if<PutNote>(&write);
  return note != nullptr && note->note.key.starts_with("notice/");
}

Committed all_applied(const Batch& batch) {
  Committed answer;
  answer.results.resize(batch.changes.size());
  return answer;
}

}  // namespace

ArmedStore::~ArmedStore() {
  doing_ = {.closing = true};
  store_.reset();
  doing_ = {};
}

Opened ArmedStore::open(const Worker& worker, TimePoint now) {
  doing_ = {.opening = true};
  Opened opened = store_->open(worker, now);
  doing_ = {};
  return opened;
}

Committed ArmedStore::commit(const Batch& batch, TimePoint now) {
  Doing doing;
  for (const Change& change : batch.changes) {
    const bool outcome = is_outcome(change);
    doing.events = doing.events || writes<PutEvent>(change);
    doing.outcomes = doing.outcomes || outcome;
    doing.stops = doing.stops || (outcome && writes<PutEndpoint>(change));
    doing.rotates = doing.rotates || (!outcome && writes<PutEndpoint>(change));
  }
  if (doing.events) fuse_.pass(Point::before_insert);
  if (doing.rotates) fuse_.pass(Point::rotation);
  doing_ = doing;
  Committed answer = carry_out(batch, now);
  doing_ = {};
  if (doing.events) fuse_.pass(Point::after_commit);
  if (doing.outcomes) fuse_.pass(Point::settle_after_commit);
  if (doing.rotates) fuse_.pass(Point::rotation);
  if (fuse_.armed_for(Point::purge)) {
    static_cast<void>(maintain(now, {.rows_max = 200,
                                     .attempts_before = now - std::chrono::milliseconds(200),
                                     .events_before = now + std::chrono::milliseconds(1)}));
  }
  return answer;
}

bool ArmedStore::maintain(TimePoint now, const Budget& budget) {
  doing_ = {.purging = true};
  const bool more = store_->maintain(now, budget);
  doing_ = {};
  return more;
}

Committed ArmedStore::carry_out(const Batch& batch, TimePoint now) {
  switch (mutation_) {
    case Mutation::receipt_before_commit:
      if (!held_back_.changes.empty()) {
        const Committed done = store_->commit(std::exchange(held_back_, {}), now);
        if (!done.status.ok()) return done;
      }
      if (!doing_.events) return store_->commit(batch, now);
      held_back_ = batch;
      return all_applied(batch);
    case Mutation::commit_dropped:
      if (!doing_.events || ++event_commits_ % 10 != 0) return store_->commit(batch, now);
      return store_->commit(mutated(batch), now);
    case Mutation::settlement_forgotten:
    case Mutation::dead_letter_dropped:
    case Mutation::notice_dropped:
    case Mutation::status_dropped:
      return store_->commit(mutated(batch), now);
    default:
      return store_->commit(batch, now);
  }
}

// The batch without what the mutation forgets; as many changes as before.
Batch ArmedStore::mutated(const Batch& batch) const {
  Batch changed = batch;
  for (Change& change : changed.changes) {
    if (mutation_ == Mutation::commit_dropped && writes<PutEvent>(change)) change = {};
    if (!is_outcome(change)) continue;
    switch (mutation_) {
      case Mutation::settlement_forgotten:
        change = {};
        break;
      case Mutation::dead_letter_dropped:
        std::erase_if(change.writes, [](const Write& write) {
          return std::holds_alternative<PutDeadLetter>(write);
        });
        break;
      case Mutation::notice_dropped:
        std::erase_if(change.writes, is_notice);
        break;
      case Mutation::status_dropped:
        // With the precondition that the endpoint is as it was left in memory, nothing would go on.
        std::erase_if(change.writes, [](const Write& write) {
          return std::holds_alternative<PutEndpoint>(write);
        });
        std::erase_if(change.only_if, [](const Precondition& condition) {
          return std::holds_alternative<EndpointAt>(condition);
        });
        break;
      default:
        break;
    }
  }
  return changed;
}

}  // namespace hookwright::crash
