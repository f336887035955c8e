#include "store/sqlite_history.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace hookwright::stores {
namespace {

// An attempt from the columns of attempts_where().
Attempt attempt_from(const Rows& rows) {
  Attempt attempt;
  attempt.row = rows.number(0);
  attempt.delivery = DeliveryId{id_of({rows.integer(2), rows.integer(3)})};
  attempt.event = EventId{rows.id(4)};
  attempt.endpoint = EndpointId{rows.id(5)};
  attempt.number = static_cast<std::uint32_t>(rows.number(6));
  attempt.at = rows.time(7);
  attempt.elapsed = Duration(rows.integer(8));
  attempt.result = static_cast<AttemptResult>(rows.integer(9));
  attempt.fault = static_cast<Fault>(rows.integer(10));
  attempt.status = static_cast<int>(rows.integer(11));
  attempt.excerpt = rows.text(12);
  attempt.type = rows.text(13);
  attempt.purpose = static_cast<Purpose>(rows.integer(14));
  return attempt;
}

// Takes it if it matches.
std::optional<std::size_t> keep_in(const Query& query, Records& answer, const Rows& rows) {
  if (query.result && rows.integer(9) != static_cast<int>(*query.result)) return std::nullopt;
  if (query.endpoint && rows.id(5) != query.endpoint) return std::nullopt;
  if (!matches(query, rows.bytes(13), rows.time(7))) return std::nullopt;
  answer.attempts.push_back(attempt_from(rows));
  return answer.attempts.back().excerpt.size();
}

// Rows that can be walked down one after the other in the time that it takes to find one.
constexpr int downs_a_link = 16;

}  // namespace

std::string HistoryReader::attempts_where(const char* condition) {
  return std::string(
             "SELECT a.row, a.older_by, a.delivery_high, a.delivery_low, a.event, e.id,"
             " a.number, a.at, a.elapsed, a.result, a.fault, a.status, a.excerpt,"
             " k.type, a.purpose FROM attempt a JOIN endpoint e ON e.no = a.endpoint"
             " LEFT JOIN kind k ON k.no = a.kind WHERE ") +
         condition;
}

void HistoryReader::find(const Query& query, Records& answer) {
  if (query.delivery) {
    find_of_delivery(query, answer);
  } else {
    find_of_endpoint(query, answer);
  }
}

// The tail is looked through once for all of them; it is short.
void HistoryReader::find_last(Records& answer) {
  std::unordered_map<std::int64_t, std::uint64_t> newest;
  {
    Rows mark = linked_.rows();
    Rows rows = tail_.rows(mark.next() ? mark.number(0) : std::uint64_t{0});
    while (rows.next()) newest[rows.integer(1)] = rows.number(0);
  }
  for (const StoredEndpoint& endpoint : answer.endpoints) {
    Rows number = endpoint_.rows(endpoint.id);
    if (!number.next()) continue;
    std::uint64_t row = 0;
    if (const auto found = newest.find(number.integer(0)); found != newest.end()) {
      row = found->second;
    } else if (Rows head = head_.rows(number.integer(0)); head.next()) {
      row = head.number(0);
    }
    Rows rows = one_.rows(row, number.integer(0));
    if (rows.next()) answer.attempts.push_back(attempt_from(rows));
  }
}

void HistoryReader::find_of_delivery(const Query& query, Records& answer) {
  const IdNumbers id = numbers_of(query.delivery);
  walk(
      query, answer, of_delivery_.rows(id.high, id.low, row_below(query)),
      [&](const Rows& rows) { return keep_in(query, answer, rows); },
      [](const Rows& rows) { return rows.number(0); });
}

// Of what is linked, where attempts that started within the query's times can lie at all.
HistoryReader::Stretch HistoryReader::stretch_of(const Query& query) {
  Stretch stretch;
  if (query.since) {
    Rows rows = before_since_.rows(*query.since);
    rows.next();
    stretch.above = rows.number(0);
  }
  if (query.until) {
    Rows rows = until_.rows(*query.until);
    stretch.below = rows.next() ? rows.number(0) + 1 : 1;
  }
  return stretch;
}

// Where the chain of an endpoint enters a stretch, on its way from `on_chain` down; 0: it does not.
// The attempt it comes from may be far above, and the one it leads to far below: both ways are gone
// at once, and the shorter one decides. If both are too long for one call, an attempt that is still
// above, from where the next call goes on.
std::uint64_t HistoryReader::enter(const Stretch& stretch, std::int64_t endpoint,
                                   std::uint64_t on_chain) {
  Rows down = down_from_.rows(stretch.below);
  for (std::size_t steps = 0; steps < examined_max && on_chain >= stretch.below; ++steps) {
    for (int i = 0; i < downs_a_link; ++i) {
      if (!down.next() || down.number(0) <= stretch.above) return 0;
      if (down.integer(1) == endpoint) return down.number(0);
    }
    Rows link = older_.rows(on_chain, endpoint);
    if (!link.next() || link.integer(0) == 0) return 0;
    on_chain -= link.number(0);
  }
  return on_chain;
}

// Where to go on where the tail has nothing more below a row: behind that row, if it is one of the
// endpoint's, or else at the head that was written last.
std::uint64_t HistoryReader::head_below(std::int64_t endpoint, std::uint64_t below,
                                        std::uint64_t linked) {
  {
    Rows rows = older_.rows(below, endpoint);
    if (rows.next()) return rows.integer(0) == 0 ? 0 : below - rows.number(0);
  }
  if (below <= linked) return 0;
  Rows rows = head_.rows(endpoint);
  return rows.next() ? rows.number(0) : 0;
}

void HistoryReader::find_undelivered(const Query& query, std::int64_t endpoint, Records& answer) {
  const Stretch stretch = stretch_of(query);
  walk(
      query, answer,
      undelivered_.rows(endpoint, static_cast<int>(*query.result), stretch.above,
                        std::min(stretch.below, row_below(query))),
      [&](const Rows& rows) { return keep_in(query, answer, rows); },
      [](const Rows& rows) { return rows.number(0); });
}

void HistoryReader::find_of_endpoint(const Query& query, Records& answer) {
  std::int64_t endpoint = 0;
  std::uint64_t linked = 0;
  {
    Rows number = endpoint_.rows(query.endpoint);
    if (!number.next()) return;
    endpoint = number.integer(0);
    Rows mark = linked_.rows();
    if (mark.next()) linked = mark.number(0);
  }
  if (query.result && *query.result != AttemptResult::delivered) {
    find_undelivered(query, endpoint, answer);
    return;
  }
  const std::uint64_t below = row_below(query);
  const Stretch stretch = stretch_of(query);
  PageLimits limits(query);
  std::uint64_t last = 0;   // row that was looked at
  std::uint64_t older = 0;  // the next one in the chain
  // False: the page is full.
  const auto take = [&](const Rows& rows) {
    if (limits.reached()) {
      answer.next = cursor(query.kind, last);
      return false;
    }
    last = rows.number(0);
    older = rows.number(1) == 0 ? 0 : last - rows.number(1);
    limits.count(keep_in(query, answer, rows));
    return true;
  };
  if (below > linked) {
    Rows rows = of_tail_.rows(linked, below, endpoint, query.since.value_or(TimePoint::min()),
                              query.until.value_or(TimePoint::max()));
    while (rows.next()) {
      if (!take(rows)) return;
    }
  }
  if (last == 0) older = head_below(endpoint, below, linked);
  if (older >= stretch.below) older = enter(stretch, endpoint, older);
  if (older >= stretch.below) {
    answer.next = cursor(query.kind, older);
    return;
  }
  while (older > stretch.above) {
    Rows rows = one_.rows(older, endpoint);
    // Maintenance has dropped it and all that are older.
    if (!rows.next() || !take(rows)) return;
  }
}

}  // namespace hookwright::stores
