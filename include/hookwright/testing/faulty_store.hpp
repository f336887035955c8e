#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"

namespace hookwright::testing {

// How a call to a store goes wrong.
enum class StoreFault : std::uint8_t {
  unavailable,          // nothing has happened
  full,                 // nothing has happened: there is no space
  unknown_applied,      // it has happened, and the answer got lost
  unknown_not_applied,  // it has not, and nobody knows
  broken,               // nothing has happened, and the store gives up
  throws,               // an exception comes out, which no store may let happen
};

inline constexpr std::array all_store_faults = {
    StoreFault::unavailable,         StoreFault::full,   StoreFault::unknown_applied,
    StoreFault::unknown_not_applied, StoreFault::broken, StoreFault::throws};

enum class StoreCall : std::uint8_t {
  open,
  commit,
  fetch,
  find,
  acquire,
  heartbeat,
  maintain,
  checkpoint,  // left out unless a plan names it: most faults would be none, and every sweep longer
};

// "unknown_applied", "commit", ...
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(StoreFault fault);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(StoreCall call);

// Which calls fail, and how.
struct StoreFaultPlan {
  std::size_t at = 1;                // the first call that fails, counted from 1
  std::vector<StoreFault> faults{};  // of that call, the next, and so on; none: no call fails
  bool for_ever = false;             // the last one repeats until mend(); else all is well then
  std::optional<StoreCall> only{};   // counts and fails calls of this kind alone
};

// A plan under way, shared by the test and the stores that follow it. Any thread.
class HOOKWRIGHT_EXPORT StoreFaults {
 public:
  explicit StoreFaults(StoreFaultPlan plan = {});

  // Follows another plan, counting from the next call.
  void follow(StoreFaultPlan plan);

  // Every call works from now on.
  void mend();

  // Calls that the plan counted, and those that it made fail.
  [[nodiscard]] std::size_t calls() const;
  [[nodiscard]] std::size_t failed() const;

  // "call 7 (commit): unknown_applied, for ever": for the messages of a test.
  [[nodiscard]] std::string text() const;

  // For the stores: counts a call, and says how it must fail if it must.
  [[nodiscard]] std::optional<StoreFault> next(StoreCall call);

 private:
  mutable std::mutex mutex_;
  StoreFaultPlan plan_;
  std::size_t calls_ = 0;
  std::size_t failed_ = 0;
  std::string first_{};
};

// A store that fails by plan, around one that works. maintain() and checkpoint() have no status to
// fail with: they throw, or do nothing.
class HOOKWRIGHT_EXPORT FaultyStore final : public Store {
 public:
  FaultyStore(std::unique_ptr<Store> inner, std::shared_ptr<StoreFaults> faults);
  ~FaultyStore() override;

  Opened open(const Worker& worker, TimePoint now) override;
  Committed commit(const Batch& batch, TimePoint now) override;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override;
  Records find(const Query& query) override;
  [[nodiscard]] StoreTraits traits() const override;
  Grants acquire(TimePoint now, std::size_t max) override;
  Beat heartbeat(TimePoint now) override;
  void checkpoint() override;
  bool maintain(TimePoint now, const Budget& budget) override;

 private:
  std::unique_ptr<Store> inner_;
  std::shared_ptr<StoreFaults> faults_;
};

// Runs a scenario over and over: with its first store call failing (checkpoint() aside), then its
// second, and so on until a run ends before the call that should have failed; each with every
// fault, once and for ever.
//
//   sweep_store_faults([](const std::shared_ptr<StoreFaults>& faults) {
//     INFO(faults->text());
//     MyServer server(std::make_unique<FaultyStore>(make_memory_store(), faults));
//     server.take_order();      // fails at some point, or does not
//     faults->mend();
//     CHECK(server.is_sound());
//   });
//
// `step` above 1 leaves calls out, for long scenarios. Returns the number of runs. What the
// scenario throws passes through; one that makes more than 100,000 calls is a std::logic_error.
HOOKWRIGHT_EXPORT std::size_t sweep_store_faults(
    const std::function<void(const std::shared_ptr<StoreFaults>&)>& scenario,
    std::span<const StoreFault> faults = all_store_faults, std::size_t step = 1);

}  // namespace hookwright::testing
