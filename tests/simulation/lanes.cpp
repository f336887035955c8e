// What a dispatcher has in memory, beside what is in the store: row by row.

#include <string>

#include "simulation/process.hpp"

namespace hookwright::simulation {
namespace {

using engine::LaneBook;

void check_lane(const LaneBook::View& lane, const MemoryDatabase::Lane& stored, const Life& life,
                Violations& violations, bool may_be_given_up, bool changed_by_others) {
  const auto said = [&](std::uint64_t row) {
    return "row " + std::to_string(row) + " in dispatcher " + std::to_string(life.n);
  };
  std::size_t found = 0;
  for (const auto& [position, row] : stored.rows) {
    const bool in_memory = lane.rows->contains(position.row);
    found += in_memory ? 1 : 0;
    if (in_memory || lane.closed || changed_by_others) continue;
    if (position <= lane.cursor) {
      violations.add("I17", said(position.row) +
                                " is passed over: it is neither behind the "
                                "cursor nor in memory");
    } else if (lane.whole && position.due < lane.next_due) {
      violations.add("I17", said(position.row) + " is due before the lane is read again");
    }
  }
  // What a stopped endpoint holds may be given up by another, before or long after its last
  // request: an outcome that its holder still has is fenced off then.
  const bool given_up_by_others = may_be_given_up && found < lane.rows->size();
  if (found != lane.rows->size() && !given_up_by_others)
    violations.add("I17", "dispatcher " + std::to_string(life.n) +
                              " holds rows in memory that are not in the store");
}

}  // namespace

void check_memory(DispatcherCore& core, const Life& life, const Scenario& scenario,
                  const MemoryDatabase& database, Violations& violations) {
  const engine::Committer& committer = core.committer();
  const LaneBook& book = committer.book();
  const Limits& limits = scenario.limits;
  if (book.rows() > limits.rows_max) violations.add("I13", "more rows in memory than rows_max");
  const Metrics metrics = core.metrics();
  if (metrics.in_flight != life.in_flight)
    violations.add("I15", "metrics.in_flight is not what is under way");
  if (metrics.attempts != life.starts)
    violations.add("I15", "metrics.attempts is not what was started");
  if (metrics.inbox_events > limits.inbox_events_max)
    violations.add("I13", "more events in the inbox than inbox_events_max");
  for (const EndpointId& id : book.held()) {
    const std::optional<LaneBook::View> lane = book.view(id);
    const auto stored = database.lanes.find(id);
    if (!lane) continue;
    if (lane->rows->size() > limits.lane_rows_max)
      violations.add("I13", "more rows of one endpoint in memory than lane_rows_max");
    if (stored == database.lanes.end() || !database.accepts(id)) continue;
    const bool held = !scenario.shared ||
                      (stored->second.holder == life.worker && stored->second.epoch == lane->epoch);
    if (!held || committer.in_doubt()) continue;  // the fence sees to it
    bool changed_by_others = false;
    if (scenario.shared) {
      const auto worker = database.workers.find(life.worker);
      changed_by_others = worker != database.workers.end() && worker->second.dirty.contains(id);
    }
    const auto endpoint = database.endpoints.find(id);
    const bool ever_changed =
        endpoint != database.endpoints.end() && endpoint->second.endpoint.version != 1;
    check_lane(*lane, stored->second, life, violations, scenario.shared && ever_changed,
               changed_by_others);
  }
}

}  // namespace hookwright::simulation
