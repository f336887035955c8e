#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/process.hpp"

namespace hookwright::simulation {

// One seed's world: a clock, a store, receivers, up to three dispatchers, and a host that makes
// use of them. run() plays it to its end.
class World final : public Stage {
 public:
  World(const Scenario& scenario, bool keep_trace);
  ~World() override;

  void run();

  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] const Violations& violations() const { return violations_; }
  [[nodiscard]] std::size_t rounds() const { return rounds_; }

 private:
  // --- time: world.cpp
  void let_others_run(Lot& lot, SteadyTime until) override;
  void commit_later(LateCommit&& late) override { late_.push_back(std::move(late)); }
  [[nodiscard]] bool healed() const override { return healed_; }
  void shaken() override { calm_since_ = now(); }
  [[nodiscard]] SteadyTime now() const { return clock_->steady(); }
  void move_to(SteadyTime to);
  [[nodiscard]] SteadyTime next_wake() const;
  void work_due();
  void run_late_commits();
  void run_until(SteadyTime end, bool with_host);
  void restart(std::size_t seat);
  void start_missing();
  void quiesce();
  [[nodiscard]] Process* anyone();

  // --- started.cpp
  void check_started();
  [[nodiscard]] bool anything_full();

  // --- the host: host.cpp; its other calls to endpoints: host_calls.cpp
  void act();
  void publish_something(Process& process);
  void publish_again(Process& process);
  void change_endpoint(Process& process);
  void create_endpoint(Process& process);
  void disturb();
  void enable_all();
  void recover_something(Process& process);
  [[nodiscard]] EndpointOutcome recover(Process& process, std::string_view tenant, EndpointId id,
                                        Recovery what);
  void recover_all();
  void try_endpoint(Process& process);
  [[nodiscard]] PublishOptions make_options(Process& process);
  [[nodiscard]] EncodedEvent make_event(Process& process);
  [[nodiscard]] EndpointSpec make_spec(int number, bool again);

  struct Seat {
    std::unique_ptr<Process> process{};
    SteadyTime start_at{};
    Duration wall_ahead{};
    bool busy = false;
  };
  struct Known {
    EndpointId id{};
    int number = 0;
    std::string tenant{};
    std::string profile{};
  };
  struct Published {
    EncodedEvent event{};
    std::string tenant{};
    PublishOptions options{};
  };

  Scenario scenario_;
  Trace trace_;
  Violations violations_;
  std::shared_ptr<testing::VirtualClock> clock_;
  std::shared_ptr<MemoryDatabase> database_;
  Ledger ledger_;
  Random random_;
  Network network_;
  std::vector<Seat> seats_;
  std::vector<LateCommit> late_;
  int lives_ = 0;
  bool healed_ = false;
  std::size_t rounds_ = 0;
  SteadyTime calm_since_{};  // nothing has failed, and no bound was reached, since then
  SteadyTime checked_at_{};

  SteadyTime act_at_{};
  std::int64_t number_ = 0;
  std::size_t events_left_ = 0;
  int endpoints_made_ = 0;
  std::vector<Known> known_;
  std::vector<Published> published_;
};

}  // namespace hookwright::simulation
