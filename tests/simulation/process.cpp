#include "simulation/process.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace hookwright::simulation {
namespace {

// The host's ears. It may be unwell, and it dies with its process.
class Witness final : public Observer {
 public:
  Witness(const Parts& parts, std::shared_ptr<Lot> lot) : parts_(parts), lot_(std::move(lot)) {}

  void attempt(const AttemptReport& report) override {
    if (!lot_->dead) parts_.ledger.reported(report);
  }
  void notice(const Notice& notice) override {
    if (lot_->dead) return;
    if (parts_.scenario.has(Hazard::sick_observer) && !parts_.stage.healed() &&
        lot_->random.chance(30))
      throw std::runtime_error("simulated: the observer is unwell");
    lot_->step();
    if (lot_->dead) return;
    parts_.ledger.told(lot_->life, notice);
    lot_->step();
  }

 private:
  Parts parts_;
  std::shared_ptr<Lot> lot_;
};

}  // namespace

const Catalog& catalog() {
  static const Catalog events = [] {
    Catalog made;
    made.add(DynamicEvent{.type = "sim.tick", .data = "{}"});
    made.add(DynamicEvent{.type = "sim.tock.late", .data = "{}"});
    made.add(DynamicEvent{.type = "sim.snap", .data = "{}", .family = "hypersnap"});
    made.add(DynamicEvent{.type = "sim.snip", .data = "{}", .family = "snipy"});
    return made;
  }();
  return events;
}

Process::Process(const Parts& parts, Life& life, Random random, Duration wall_ahead)
    : parts_(parts), lot_(std::make_shared<Lot>(life, random)) {
  lot_->wall_ahead = wall_ahead;
  Options options;
  options.store = std::make_unique<SimulatedStore>(parts.database, parts.clock, parts.scenario,
                                                   parts.ledger, parts.stage, lot_);
  options.catalog = catalog();
  options.profiles = parts.scenario.profiles;
  options.default_profile = parts.scenario.profiles.front().name;
  options.transport = [this](const EgressPolicy&) {
    auto line =
        std::make_unique<Line>(parts_.network, parts_.clock, parts_.ledger, parts_.stage, lot_);
    line_ = line.get();
    return line;
  };
  options.clock = std::make_shared<ProcessClock>(parts.clock, lot_);
  options.observer = std::make_shared<Witness>(parts_, lot_);
  options.threads = 0;
  options.sealing = Sealing::none();
  options.seed = parts.scenario.seed * 64 + static_cast<std::uint64_t>(life.n) + 1;
  options.lease = parts.scenario.lease;
  options.limits = parts.scenario.limits;
  core_ = std::make_unique<DispatcherCore>(std::move(options));
}

Process::~Process() {
  lot_->dead = true;
  core_.reset();
  parts_.ledger.ends(lot_->life);
}

void Process::round() {
  line_->begin();
  core_->work_until([this] { return line_->polled(); }, std::chrono::hours(1'000));
  if (lot_->dead) return;
  look_at_receipts(false);
  check_memory(*core_, lot_->life, parts_.scenario, *parts_.database, parts_.violations);
}

SteadyTime Process::wake_at() const {
  return std::max(line_->wake_at(), paused_until);
}

void Process::publish(std::string_view tenant, std::vector<EncodedEvent> events,
                      const PublishOptions& options) {
  std::vector<EncodedEvent> listened;
  for (const EncodedEvent& event : events) {
    if (options.latch || core_->listening(tenant, event.family, event.type)) {
      listened.push_back(event);
    } else {
      parts_.ledger.nobody_listening(lot_->life, tenant, event.type, event.family);
    }
  }
  if (listened.empty()) return;
  Pending pending;
  for (const EncodedEvent& event : listened) {
    pending.events.push_back(event.id);
    parts_.ledger.published(event, std::string(tenant), options);
  }
  pending.receipt = core_->publish(tenant, std::move(listened), options);
  const Limits& limits = parts_.scenario.limits;
  if (pending.receipt.queued()) {
    receipts_.push_back(std::move(pending));
  } else if (pending.receipt.refusal() == Refusal::inbox_full) {
    std::size_t queued = pending.events.size();
    for (const Pending& other : receipts_) queued += other.events.size();
    if (queued <= limits.inbox_events_max)
      parts_.violations.add("I13", "an event is refused although the inbox has room");
  } else if (pending.receipt.refusal() != Refusal::store_unavailable) {
    parts_.violations.add("I1", "an event is refused: " + pending.receipt.message());
  }
}

// Whatever has been decided is told; what has not, later.
void Process::look_at_receipts(bool ending) {
  std::erase_if(receipts_, [&](const Pending& pending) {
    const Stored stored = pending.receipt.stored();
    if (stored == Stored::pending) return false;
    parts_.ledger.receipt(lot_->life, pending.events, stored, ending);
    return true;
  });
}

void Process::shut_down(Duration at_most) {
  lot_->blocking = true;
  core_->shutdown(at_most);
  lot_->blocking = false;
  if (lot_->dead) return;
  look_at_receipts(true);
  if (!receipts_.empty())
    parts_.violations.add("I1", "a dispatcher has ended, and a receipt says neither yes nor no");
  check_metrics();
}

// I15: what a dispatcher has counted is what has happened.
void Process::check_metrics() {
  const Metrics metrics = core_->metrics();
  Life& life = lot_->life;
  const auto same = [&](std::string_view name, std::uint64_t counted, std::uint64_t happened) {
    if (counted != happened)
      parts_.violations.add("I15", std::string(name) + " is " + std::to_string(counted) + ", but " +
                                       std::to_string(happened) + " happened");
  };
  same("metrics.attempts", metrics.attempts, life.starts);
  same("metrics.stored", metrics.stored, life.stored);
  same("metrics.in_flight", metrics.in_flight, 0);
  same("metrics.inbox_events", metrics.inbox_events, 0);
  if (life.doubtful) return;
  // Of a removed endpoint's, a dispatcher counts those that it settled before it had heard.
  const auto about = [&](std::string_view name, std::uint64_t counted, std::uint64_t happened) {
    const bool more = counted > happened && counted - happened <= life.orphans;
    if (!more) same(name, counted, happened);
  };
  about("metrics.delivered", metrics.delivered, life.settled[AttemptResult::delivered]);
  about("metrics.failed", metrics.failed, life.settled[AttemptResult::failed]);
  about("metrics.dead", metrics.dead,
        life.settled[AttemptResult::exhausted] + life.settled[AttemptResult::gone] + life.given_up);
  same("metrics.accepted", metrics.accepted, life.accepted);
  if (!parts_.scenario.shared) same("metrics.cancelled", metrics.cancelled, life.cancelled);
  about("metrics.spared", metrics.spared, life.spared);
  same("metrics.trials", metrics.trials, life.trials);
}

}  // namespace hookwright::simulation
