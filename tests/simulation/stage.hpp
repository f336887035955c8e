#pragma once

#include <cstddef>
#include <memory>

#include "hookwright/clock.hpp"
#include "hookwright/store.hpp"
#include "hookwright/testing/virtual_clock.hpp"
#include "simulation/ledger.hpp"
#include "simulation/random.hpp"
#include "simulation/scenario.hpp"

namespace hookwright::simulation {

// One dispatcher's lot: what its clock, its store and its transport have in common.
struct Lot {
  Lot(Life& a_life, Random dice) : life(a_life), random(dice) {}

  Life& life;
  Random random;
  bool dead = false;                       // from here on nothing that it does has any effect
  std::size_t steps_to_live = 0;           // a crash comes after so many steps; 0: none is drawn
  Duration wall_ahead{};                   // of its wall clock
  SteadyTime::duration after_death{};      // its own time, in which it may end
  bool blocking = false;                   // it is in a call that waits: poll() lets time pass
  std::size_t store_calls_in_trouble = 0;  // a fault of the store lasts for so many calls

  // Something outside has happened: here it may die.
  void step() {
    if (steps_to_live != 0 && --steps_to_live == 0) dead = true;
  }
};

// A commit that arrives later than its sender believes.
struct LateCommit {
  SteadyTime at{};
  Life* life = nullptr;
  Batch batch{};
  TimePoint now{};
  Decision decided{};  // as of the life, then
};

// What the parts of a dispatcher ask of their world.
class Stage {
 public:
  virtual ~Stage() = default;
  // Time passes for so long, and the other dispatchers go on.
  virtual void let_others_run(Lot& lot, SteadyTime until) = 0;
  virtual void commit_later(LateCommit&& late) = 0;
  [[nodiscard]] virtual bool healed() const = 0;
  // Something has failed just now: what is late for a while is late with reason.
  virtual void shaken() = 0;
};

// A process's view of the time.
class ProcessClock final : public Clock {
 public:
  ProcessClock(std::shared_ptr<testing::VirtualClock> base, std::shared_ptr<Lot> lot)
      : base_(std::move(base)), lot_(std::move(lot)) {}
  TimePoint wall() override {
    return base_->wall() + lot_->wall_ahead + std::chrono::floor<Duration>(lot_->after_death);
  }
  SteadyTime steady() override { return base_->steady() + lot_->after_death; }

 private:
  std::shared_ptr<testing::VirtualClock> base_;
  std::shared_ptr<Lot> lot_;
};

}  // namespace hookwright::simulation
