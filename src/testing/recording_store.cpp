#include "hookwright/testing/recording_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

namespace hookwright::testing {

namespace {

// The records of one kind that the changes put, in their order.
template <class Put, class Take>
void each(const std::vector<Change>& changes, Take&& take) {
  for (const Change& change : changes) {
    for (const Write& write : change.writes) {
      if (const auto* put = std::get_if<Put>(&write)) take(*put);
    }
  }
}

}  // namespace

std::vector<Published> StoreRecord::published(std::string_view type) const {
  const std::lock_guard lock(mutex_);
  std::vector<Published> found;
  for (const Change& change : changes_) {
    const std::size_t before = found.size();
    for (const Write& write : change.writes) {
      if (const auto* put = std::get_if<PutEvent>(&write)) {
        const StoredEvent& event = *put->event;
        found.push_back({.id = event.id,
                         .tenant = event.tenant,
                         .type = event.type,
                         .family = event.family,
                         .at = event.at,
                         .body = event.body});
      } else if (const auto* row = std::get_if<PutDelivery>(&write)) {
        // Rows of events that this change stores; others are retries.
        const auto event =
            std::find_if(found.begin() + static_cast<std::ptrdiff_t>(before), found.end(),
                         [&](const Published& one) { return one.id == row->delivery.event; });
        if (event != found.end()) event->endpoints.push_back(row->delivery.endpoint);
      }
    }
  }
  if (!type.empty()) std::erase_if(found, [&](const Published& one) { return one.type != type; });
  return found;
}

std::vector<Attempt> StoreRecord::attempts() const {
  const std::lock_guard lock(mutex_);
  std::vector<Attempt> found;
  each<PutAttempt>(changes_, [&](const PutAttempt& put) { found.push_back(put.attempt); });
  return found;
}

std::vector<DeadLetter> StoreRecord::dead_letters() const {
  const std::lock_guard lock(mutex_);
  std::vector<DeadLetter> found;
  each<PutDeadLetter>(changes_, [&](const PutDeadLetter& put) { found.push_back(put.letter); });
  return found;
}

std::vector<Change> StoreRecord::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::size_t StoreRecord::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

void StoreRecord::forget() {
  const std::lock_guard lock(mutex_);
  changes_.clear();
  commits_ = 0;
}

void StoreRecord::add(const Batch& batch, const Committed& committed) {
  if (!committed.status.ok()) return;
  const std::lock_guard lock(mutex_);
  ++commits_;
  const std::size_t count = std::min(batch.changes.size(), committed.results.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (committed.results[i].outcome == ChangeOutcome::applied)
      changes_.push_back(batch.changes[i]);
  }
}

RecordingStore::RecordingStore(std::unique_ptr<Store> inner, std::shared_ptr<StoreRecord> record)
    : inner_(std::move(inner)), record_(std::move(record)) {
  if (!inner_ || !record_) throw std::logic_error("RecordingStore: needs a store and a record");
}

RecordingStore::~RecordingStore() = default;

Opened RecordingStore::open(const Worker& worker, TimePoint now) {
  return inner_->open(worker, now);
}

Committed RecordingStore::commit(const Batch& batch, TimePoint now) {
  Committed committed = inner_->commit(batch, now);
  record_->add(batch, committed);
  return committed;
}

Pages RecordingStore::fetch(std::span<const LaneCursor> cursors, TimePoint now) {
  return inner_->fetch(cursors, now);
}

Records RecordingStore::find(const Query& query) {
  return inner_->find(query);
}

StoreTraits RecordingStore::traits() const {
  return inner_->traits();
}

Grants RecordingStore::acquire(TimePoint now, std::size_t max) {
  return inner_->acquire(now, max);
}

Beat RecordingStore::heartbeat(TimePoint now) {
  return inner_->heartbeat(now);
}

void RecordingStore::checkpoint() {
  inner_->checkpoint();
}

bool RecordingStore::maintain(TimePoint now, const Budget& budget) {
  return inner_->maintain(now, budget);
}

}  // namespace hookwright::testing
