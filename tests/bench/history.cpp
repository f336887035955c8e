// Pages of an endpoint's history beside the attempts of others: of the busiest, which makes every
// second one, of those that share the rest, and of one that has been quiet since the beginning.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"
#include "hookwright/stores/sqlite.hpp"

namespace bench {
namespace {

using namespace hookwright;

constexpr std::size_t attempts_a_commit = 1'000;
constexpr std::size_t newest_rows = 7'000;  // with these, the most that lie where no head points
constexpr std::size_t asked_times = 51;

// A hundred attempts a second; for one in a thousand the receiver took 30 seconds.
TimePoint start_of(std::size_t n) {
  const TimePoint settled(Duration(1'700'000'000'000 + 10 * static_cast<Duration::rep>(n)));
  return settled - Duration(n % 1'000 == 7 ? 30'000 : 50);
}

std::size_t endpoint_of(std::size_t n, std::size_t endpoints) {
  if (n < 2 * endpoints) return n % endpoints;
  return n % 2 == 0 ? 0 : 1 + n / 2 % (endpoints - 2);
}

struct History {
  explicit History(const Arguments& arguments)
      : rows(static_cast<std::size_t>(number(arguments, "rows")) + newest_rows),
        store(make_sqlite_store(
            {.path = text(arguments, "file"), .cache_bytes = std::size_t{64} << 20U})) {
    std::uint64_t row = store->open({}, start_of(0)).first_row;
    const auto count = static_cast<std::size_t>(number(arguments, "endpoints", 1'000));
    Batch batch;
    for (std::size_t i = 0; i < count; ++i) {
      endpoints.push_back(ids.next<EndpointId>(start_of(0)));
      batch.changes.push_back(
          {{}, {PutEndpoint{{.id = endpoints.back(), .version = 1, .tenant = "tenant"}}}});
    }
    commit(batch);
    for (std::size_t n = 0; n < rows; ++n) {
      const TimePoint at = start_of(n);
      Attempt attempt{.row = row++,
                      .delivery = ids.next<DeliveryId>(at),
                      .event = ids.next<EventId>(at),
                      .endpoint = endpoints[endpoint_of(n, count)],
                      .type = n % 100 == 0 ? "link.created" : "link.clicked",
                      .number = 1,
                      .at = at,
                      .status = 204};
      if (n % 100 == 50) attempt.result = AttemptResult::failed;
      if (n == 2 * count) attempt.result = AttemptResult::gone;
      if (n % (rows / asked_times) == 0) deliveries.push_back(attempt.delivery);
      batch.changes.push_back({{}, {PutAttempt{std::move(attempt)}}});
      if (batch.changes.size() == attempts_a_commit) commit(batch);
    }
  }

  void commit(Batch& batch) {
    if (!store->commit(batch, start_of(rows)).status.ok()) throw std::runtime_error("commit");
    batch.changes.clear();
  }

  // The first page with anything on it.
  [[nodiscard]] Records search(Query query) const {
    Records page = store->find(query);
    while (page.attempts.empty()) {
      if (!page.status.ok() || page.next.empty()) throw std::runtime_error("nothing is found");
      query.after = std::move(page.next);
      page = store->find(query);
    }
    return page;
  }

  // Milliseconds of a page, the median of some: `ask` makes each question, given how many there
  // were before and what the last one found.
  template <class Ask>
  double page(Ask ask) {
    Records found;
    return median_of([&](std::size_t i) {
      Query query{.kind = RecordKind::attempts, .limit = 50};
      ask(query, i, found);
      found = search(query);
    });
  }

  template <class Do>
  static double median_of(Do what) {
    std::vector<double> took;
    for (std::size_t i = 0; i < asked_times; ++i) {
      const double begun = now_seconds();
      what(i);
      took.push_back((now_seconds() - begun) * 1e3);
    }
    return median(took);
  }

  [[nodiscard]] TimePoint place(std::size_t i) const { return start_of(rows / 5 + rows / 64 * i); }

  std::size_t rows;
  std::unique_ptr<Store> store;
  IdGenerator ids{};
  std::vector<EndpointId> endpoints{};
  std::vector<DeliveryId> deliveries{};
};

}  // namespace

// Arguments: file=, rows=, endpoints=. Answers milliseconds of a page: the first one, the next
// ones, the last one, those of the others, of a delivery, and those that a filter asks for: among
// them the one attempt that has a result like no other, and a page that finds nothing, since no
// attempt has that type.
void pages(const Arguments& arguments) {
  History history(arguments);
  const EndpointId busy = history.endpoints.front();
  const auto of_busy = [&](auto set) {
    return history.page([&](Query& query, std::size_t i, const Records& before) {
      query.endpoint = busy;
      set(query, i, before);
    });
  };
  const auto of_others = [&](auto set) {
    return history.page([&](Query& query, std::size_t i, const Records&) {
      query.endpoint = history.endpoints[1 + i % (history.endpoints.size() - 2)];
      set(query, i);
    });
  };
  const auto until = [&](Query& query, std::size_t i) { query.until = history.place(i); };
  Values found{{"rows", static_cast<double>(history.rows)}};
  found["first"] = of_busy([](Query&, std::size_t, const Records&) {});
  found["next"] = of_busy([](Query& q, std::size_t, const Records& r) { q.after = r.next; });
  found["last"] = of_busy([](Query& q, std::size_t, const Records&) { q.until = start_of(2'060); });
  found["others"] = of_others([](Query&, std::size_t) {});
  found["quiet"] = history.page(
      [&](Query& q, std::size_t, const Records&) { q.endpoint = history.endpoints.back(); });
  found["delivery"] = history.page(
      [&](Query& q, std::size_t i, const Records&) { q.delivery = history.deliveries[i]; });
  found["until"] = of_busy([&](Query& q, std::size_t i, const Records&) { until(q, i); });
  found["o_until"] = of_others([&](Query& q, std::size_t i) { until(q, i); });
  found["type"] = of_busy([&](Query& q, std::size_t i, const Records&) {
    q.type = "link.created";
    until(q, i);
  });
  found["result"] = of_busy([&](Query& q, std::size_t i, const Records&) {
    q.result = AttemptResult::failed;
    until(q, i);
  });
  found["rare"] =
      of_busy([](Query& q, std::size_t, const Records&) { q.result = AttemptResult::gone; });
  found["no_type"] = history.median_of([&](std::size_t i) {
    Query query{.kind = RecordKind::attempts, .endpoint = busy, .type = "link.none"};
    until(query, i);
    if (!history.store->find(query).attempts.empty()) throw std::runtime_error("found");
  });
  print(found);
}

void history(const Settings& settings, Report& report) {
  std::vector<std::size_t> sizes{100'000, 1'000'000, 10'000'000};
  if (settings.quick) sizes = {100'000, 1'000'000};
  if (settings.smoke) sizes = {10'000};
  std::vector<Contestant> contestants;
  for (const std::size_t rows : sizes) {
    contestants.push_back({std::to_string(rows) + " attempts", [&settings, rows] {
                             const Database database(settings);
                             return run("pages",
                                        {{"file", database.path()}, {"rows", std::to_string(rows)}},
                                        sender_core());
                           }});
  }
  Settings once = settings;
  once.rounds = 1;  // of many pages each
  const Rounds rounds(once, contestants);
  const std::vector<std::string> kinds{"first", "next",    "last", "others", "quiet",   "delivery",
                                       "until", "o_until", "type", "rare",   "no_type", "result"};
  report.table("history: ms of a page", rounds, kinds);
  const std::string& most = rounds.names().back();
  for (const std::string& kind : kinds) {
    if (kind == "result") continue;
    report.bar("history: " + kind + ", " + most + " / " + rounds.names().front(),
               rounds.ratio(most, rounds.names().front(), kind), Bound::at_most, 3, 1.5);
  }
  // One in a hundred, so each lies in a page of its own: fifty reads, where the smallest has all of
  // them in the cache.
  report.bar("history: ms, a page of failed ones, " + most, rounds.median(most, "result"),
             Bound::at_most, 2, 1);
}

}  // namespace bench
