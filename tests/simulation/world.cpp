#include "simulation/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/stores/memory.hpp"

namespace hookwright::simulation {
namespace {

using namespace std::chrono_literals;

// A world that needs more than this is stuck.
constexpr std::size_t rounds_max = 3'000'000;

}  // namespace

World::World(const Scenario& scenario, bool keep_trace)
    : scenario_(scenario),
      trace_(keep_trace),
      violations_(trace_),
      clock_(std::make_shared<testing::VirtualClock>()),
      database_(make_memory_database()),
      ledger_(scenario_, trace_, violations_, *database_),
      random_(scenario.seed),
      network_(scenario_, random_.fork(), clock_),
      seats_(scenario.processes),
      events_left_(scenario.events) {
  for (Seat& seat : seats_) {
    const Duration skew = scenario_.skew_max;
    seat.wall_ahead = random_.between(-skew, skew);
  }
  move_to(clock_->steady());
}

World::~World() = default;

void World::move_to(SteadyTime to) {
  clock_->advance_to(to);
  ledger_.set_time(now());
  trace_.set_time(now());
}

SteadyTime World::next_wake() const {
  SteadyTime next = SteadyTime::max();
  for (const Seat& seat : seats_) {
    if (!seat.busy && seat.process) next = std::min(next, seat.process->wake_at());
  }
  for (const LateCommit& late : late_) next = std::min(next, late.at);
  return next;
}

// Lets each dispatcher work whose time has come.
void World::work_due() {
  run_late_commits();
  for (Seat& seat : seats_) {
    if (seat.busy || !seat.process || seat.process->wake_at() > now()) continue;
    ++rounds_;
    seat.busy = true;
    seat.process->round();
    seat.busy = false;
    if (seat.process->dead()) {
      trace_.add("crash", seat.process->life().n);
      seat.process.reset();
      seat.start_at = now() + random_.between(Duration(1), 3 * scenario_.lease);
    }
  }
}

void World::run_late_commits() {
  for (std::size_t i = 0; i < late_.size();) {
    // A one-process store dies with its process.
    const bool with_process = !scenario_.shared && late_[i].life->over;
    if (late_[i].at > now() && !with_process) {
      ++i;
      continue;
    }
    const LateCommit late = std::move(late_[i]);
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    if (with_process) continue;
    trace_.add("late commit", late.life->n);
    const Decision decided = std::exchange(late.life->decided, late.decided);
    (void)carry_out(*database_, ledger_, scenario_, *late.life, late.batch, late.now);
    late.life->decided = decided;
  }
}

void World::let_others_run(Lot& lot, SteadyTime until) {
  if (++rounds_ >= rounds_max) lot.dead = true;  // it waits for ever
  while (rounds_ < rounds_max) {
    const SteadyTime next = next_wake();
    if (next > until) break;
    move_to(std::max(next, now()));
    work_due();
  }
  move_to(until);
}

void World::run_until(SteadyTime end, bool with_host) {
  while (now() < end && rounds_ < rounds_max && violations_.count() < 20) {
    SteadyTime next = std::min(end, next_wake());
    if (with_host) next = std::min(next, act_at_);
    for (const Seat& seat : seats_) {
      if (!seat.process) next = std::min(next, seat.start_at);
    }
    move_to(std::max(next, now()));
    start_missing();
    if (with_host && act_at_ <= now()) act();
    work_due();
    if (now() - checked_at_ >= 1s) check_started();
  }
}

void World::start_missing() {
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (!seats_[i].process && seats_[i].start_at <= now()) restart(i);
  }
}

void World::restart(std::size_t number) {
  Seat& seat = seats_[number];
  Life& life = ledger_.begins(++lives_);
  trace_.add("starts", life.n);
  shaken();
  try {
    seat.busy = true;
    seat.process = std::make_unique<Process>(
        Parts{scenario_, clock_, database_, network_, ledger_, violations_, *this}, life,
        random_.fork(), seat.wall_ahead);
  } catch (const ConfigError& error) {  // its store can't be read just now
    const bool may_be =
        scenario_.has(Hazard::failing_reads) || scenario_.has(Hazard::throwing_store) || life.over;
    if (healed_ || !may_be) violations_.add("I14", std::string("it can't start: ") + error.what());
    ledger_.ends(life);
    seat.start_at = now() + 1s;
  }
  seat.busy = false;
}

Process* World::anyone() {
  const std::size_t first = random_.below(seats_.size());
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seat& seat = seats_[(first + i) % seats_.size()];
    if (!seat.busy && seat.process && !seat.process->dead() && seat.process->paused_until <= now())
      return seat.process.get();
  }
  return nullptr;
}

void World::run() {
  act_at_ = now();
  run_until(now() + scenario_.span, true);
  if (violations_.count() == 0) quiesce();
  if (rounds_ >= rounds_max) violations_.add("I14", "the dispatchers are busy for ever");
  for (Seat& seat : seats_) seat.process.reset();
}

// All faults end, receivers heal, every endpoint is enabled: whatever was accepted must go out.
void World::quiesce() {
  trace_.add("heals", -1);
  healed_ = true;
  network_.heal();
  for (Seat& seat : seats_) {
    if (seat.process) {
      seat.process->paused_until = now();
      seat.process->lot().steps_to_live = 0;
    } else {
      seat.start_at = now();
    }
  }
  // Until everybody knows again what the others have done, and late commits have come.
  run_until(now() + 2 * scenario_.lease + 30s + 2 * scenario_.jump_max, false);
  ledger_.check_told();
  enable_all();
  // One goes on alone, and one that is new at the end tells what is left to be told.
  for (std::size_t i = 1; i < seats_.size(); ++i) {
    if (!seats_[i].process) continue;
    seats_[i].busy = true;
    seats_[i].process->shut_down(random_.between(Duration(0), Duration(5'000)));
    seats_[i].process.reset();
    seats_[i].start_at = SteadyTime::max();
  }
  const SteadyTime limit = now() + 60h;
  while (ledger_.waiting() > 0 && now() < limit && violations_.count() == 0 && rounds_ < rounds_max)
    run_until(now() + (scenario_.shared ? 10s : 600s), false);
  if (scenario_.has(Hazard::recoveries) && violations_.count() == 0) {
    ledger_.expects_all_back(ledger_.waiting() == 0);  // else more may die
    run_until(now() + 2 * scenario_.lease, false);     // what one has done the others know by then
    recover_all();
    const SteadyTime back = now() + 60h;
    while (ledger_.waiting() > 0 && now() < back && violations_.count() == 0 &&
           rounds_ < rounds_max)
      run_until(now() + 10s, false);
  }
  run_until(now() + 5s, false);
  if (seats_[0].process) seats_[0].process->shut_down(10s);
  seats_[0].process.reset();
  restart(0);
  run_until(now() + 5s, false);
  if (seats_[0].process) seats_[0].process->shut_down(10s);
  for (Seat& seat : seats_) seat.process.reset();
  if (violations_.count() == 0) ledger_.check_quiet();
}

}  // namespace hookwright::simulation
