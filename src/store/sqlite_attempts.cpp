#include "store/sqlite_attempts.hpp"

#include <algorithm>

namespace hookwright::stores {
namespace {

// Attempts in the tail before the heads are written. A question for an endpoint's history looks
// through the tail, so it must not be long; a head is written for all that came to its endpoint
// meanwhile, so it must not be short.
constexpr std::size_t tail_max = 8'192;

// Heads that are remembered; beyond, those that are written are read again.
constexpr std::size_t heads_max = 32'768;

// How an attempt names the next older one of its endpoint: small numbers take less room.
std::uint64_t distance(std::uint64_t row, std::uint64_t older) {
  return older == 0 ? 0 : row - older;
}

}  // namespace

void AttemptWriter::load() {
  if (loaded_) return;
  linked_ = static_cast<std::uint64_t>(meta_.read("attempts_linked"));
  highest_ = linked_;
  earliest_ = TimePoint::max();
  latest_ = TimePoint::min();
  Rows rows = tail_.rows(linked_);
  while (rows.next()) {
    highest_ = rows.number(0);
    heads_[rows.integer(1)] = {highest_, false};
    note_start(highest_, rows.time(2));
    ++in_tail_;
  }
  loaded_ = true;
}

AttemptWriter::Head& AttemptWriter::head_of(std::int64_t endpoint) {
  load();
  const auto found = heads_.find(endpoint);
  if (found != heads_.end()) return found->second;
  if (heads_.size() >= heads_max) {
    std::erase_if(heads_, [](const auto& head) { return head.second.written; });
  }
  Rows rows = head_.rows(endpoint);
  return heads_.emplace(endpoint, Head{rows.next() ? rows.number(0) : 0, true}).first->second;
}

AttemptWriter::Link AttemptWriter::link_at(std::uint64_t row, std::int64_t endpoint) {
  if (row == 0) return {};
  Rows rows = link_.rows(row);
  // Where maintenance has dropped the older ones, the chain leads to a row that is gone.
  if (!rows.next() || rows.integer(0) != endpoint) return {};
  const std::uint64_t older_by = rows.number(1);
  return {row, older_by == 0 ? 0 : row - older_by};
}

void AttemptWriter::set_head(Head& head, std::int64_t endpoint, std::uint64_t row) {
  head.row = row;
  head.written = row <= linked_;
  if (head.written) put_head_.run(endpoint, row);  // who looks through the tail won't find it
}

void AttemptWriter::insert(const Attempt& attempt, std::int64_t endpoint, std::uint64_t older) {
  const IdNumbers delivery = numbers_of(attempt.delivery);
  put_.run(attempt.row, distance(attempt.row, older), delivery.high, delivery.low, attempt.event,
           endpoint, attempt.number, attempt.at, std::int64_t{attempt.elapsed.count()},
           static_cast<int>(attempt.result), static_cast<int>(attempt.fault), attempt.status,
           attempt.excerpt, names_.kind(attempt.type, {}), static_cast<int>(attempt.purpose));
  highest_ = std::max(highest_, attempt.row);
  note_start(attempt.row, attempt.at);
  ++in_tail_;
}

void AttemptWriter::note_start(std::uint64_t row, TimePoint at) {
  if (row <= linked_) return static_cast<void>(widen_span_.run(row, at));
  earliest_ = std::min(earliest_, at);
  latest_ = std::max(latest_, at);
}

void AttemptWriter::put(const Attempt& attempt, std::int64_t endpoint) {
  Head& head = head_of(endpoint);
  if (attempt.row > head.row) {
    insert(attempt, endpoint, head.row);
    set_head(head, endpoint, attempt.row);
  } else {
    insert_late(attempt, endpoint, head);
  }
}

// Its place is among those that were committed before it.
void AttemptWriter::insert_late(const Attempt& attempt, std::int64_t endpoint, Head& head) {
  Link newer = link_at(head.row, endpoint);
  while (newer.older > attempt.row) {
    const Link next = link_at(newer.older, endpoint);
    if (next.row == 0) break;
    newer = next;
  }
  if (newer.row == attempt.row || newer.older == attempt.row) return;
  insert(attempt, endpoint, newer.older < attempt.row ? newer.older : 0);
  if (newer.row != 0) {
    relink_.run(newer.row, newer.row - attempt.row);
  } else {
    set_head(head, endpoint, attempt.row);  // maintenance has dropped all that were there
  }
}

std::size_t AttemptWriter::drop_some_of(std::int64_t endpoint, std::size_t max) {
  Head& head = head_of(endpoint);
  std::uint64_t row = head.row;
  std::size_t dropped = 0;
  while (dropped < max) {
    const Link link = link_at(row, endpoint);
    if (link.row == 0) break;
    drop_.run(row);
    row = link.older;
    ++dropped;
  }
  if (dropped > 0) set_head(head, endpoint, row);
  return dropped;
}

void AttemptWriter::drop_head_of(std::int64_t endpoint) {
  drop_head_.run(endpoint);
  heads_.erase(endpoint);
}

void AttemptWriter::flush() {
  if (in_tail_ < tail_max) return;
  for (auto& [endpoint, head] : heads_) {
    if (!head.written) put_head_.run(endpoint, head.row);
    head.written = true;
  }
  if (highest_ > linked_) {
    put_span_.run(highest_, earliest_, latest_);
    drop_spans_.run();
  }
  linked_ = highest_;
  in_tail_ = 0;
  earliest_ = TimePoint::max();
  latest_ = TimePoint::min();
  meta_.write("attempts_linked", static_cast<std::int64_t>(linked_));
}

void AttemptWriter::forget() {
  heads_.clear();
  in_tail_ = 0;
  loaded_ = false;
}

}  // namespace hookwright::stores
