#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dispatcher/listening.hpp"
#include "dispatcher/notifier.hpp"
#include "dispatcher/receipt_state.hpp"
#include "engine/committer.hpp"
#include "engine/sender.hpp"
#include "hookwright/dispatcher.hpp"
#include "metrics/live_histogram.hpp"

namespace hookwright {

// The engine on threads: one for the store, one per shard, one for the observer; or none, and then
// whoever calls work_until() does it all.
class DispatcherCore final : public engine::CommitterHost {
 public:
  explicit DispatcherCore(Options&& options);
  ~DispatcherCore() override;
  DispatcherCore(const DispatcherCore&) = delete;
  DispatcherCore& operator=(const DispatcherCore&) = delete;

  // Publishing: core_publish.cpp
  [[nodiscard]] bool listening(std::string_view tenant, std::string_view family,
                               std::string_view type);
  Receipt publish(std::string_view tenant, std::vector<EncodedEvent>&& events,
                  const PublishOptions& options);
  [[nodiscard]] Receipt nobody();
  [[nodiscard]] IdGenerator& ids() { return ids_; }

  // Endpoints: endpoints.cpp
  [[nodiscard]] Endpoints& endpoints() { return *endpoints_; }
  // Hands an operation to the store thread and waits for its answer; `done` is filled in.
  template <class Answer, class Op>
  Answer carry_out(Op&& op, Answer refused);
  EndpointResult carry_out(engine::EndpointOp&& op);
  Trial carry_out(engine::TrialOp&& op);
  EndpointOutcome carry_out(engine::SettingsOp&& op);
  engine::Revived carry_out(engine::RecoverOp&& op);
  [[nodiscard]] engine::TrialOp make_handshake(const Endpoint& endpoint) override;
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::shared_ptr<const Profile> profile(std::string_view name) const;
  [[nodiscard]] Store& store() { return *options_.store; }
  [[nodiscard]] TimePoint wall() const { return options_.clock->wall(); }

  // Work: core_work.cpp
  [[nodiscard]] bool has_threads() const { return options_.threads != 0; }
  // With no threads: works until `done`, or for at most so long by the clock.
  void work_until(const std::function<bool()>& done, Duration at_most);
  Drained shutdown(Duration at_most);
  [[nodiscard]] Metrics metrics() const;
  [[nodiscard]] const engine::Committer& committer() const { return *committer_; }

 private:
  struct Shard {
    std::size_t index = 0;
    std::unique_ptr<Transport> transport{};
    std::unique_ptr<engine::Sender> sender{};
    engine::Timeline timeline{};
    std::vector<Completion> completions{};
    std::mutex mutex{};
    std::list<engine::ToSender> inbox{};  // under the mutex
    std::list<engine::ToSender> taken{};  // from it, and not yet handled
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> in_flight{0};
    std::atomic<std::uint64_t> started{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::uint64_t> sender_errors{0};
    std::size_t cancelled = 0;
    std::thread thread{};
  };

  // What waits for the store thread. In lists: taking it over needs no memory.
  struct Inbox {
    std::list<engine::Queued> queue{};
    engine::FromSender news{};
    std::list<std::string> told{};
    [[nodiscard]] bool empty() const { return queue.empty() && news.empty() && told.empty(); }
  };

  // CommitterHost
  void send(std::size_t shard, engine::ToSender&& message) override;
  void stored(const engine::Submission& submission, Stored stored, EventId first,
              std::string_view why) noexcept override;
  void timed(Duration attempt, std::optional<Duration> latency) noexcept override;
  void endpoint_changed(const Endpoint& endpoint, const Profile* profile) override;
  void endpoint_removed(const std::string& tenant, EndpointId id) noexcept override;
  void settings_changed(const std::string& tenant, const TenantSettings& settings) override;
  [[nodiscard]] bool wants_reports() const override { return notifier_.has_observer(); }
  void report(AttemptReport&& report) noexcept override { notifier_.attempt(std::move(report)); }
  void report_dropped() noexcept override { notifier_.dropped_one(); }
  bool notice(Notice&& notice, const std::string& key) override {
    if (!notifier_.has_observer()) return false;
    notifier_.notice(std::move(notice), key);
    return true;
  }
  void trouble(std::string_view what, std::string_view more) noexcept override {
    notifier_.trouble(what, more);
  }
  void endpoints_known_until(SteadyTime until) noexcept override {
    endpoints_known_until_ = until.time_since_epoch();
  }

  [[nodiscard]] Receipt refused(Refusal refusal, std::string message);
  [[nodiscard]] Receipt enqueue(engine::Submission&& submission);
  void wake_store();
  [[nodiscard]] bool enqueue_op(engine::Queued&& op);
  void wait_for(const std::function<bool()>& done);
  void make_shards();
  [[nodiscard]] engine::Moment moment(engine::Timeline& timeline) const;

  void work_once(const std::function<bool()>& done, SteadyTime end);
  void take_inbox() noexcept;
  bool step_store();  // true: something came in
  void publish_store_state(const engine::Moment& moment);
  bool step_shard(Shard& shard);  // true: something started or came in
  void poll_shard(Shard& shard, SteadyTime until) noexcept;
  void hand_over(Shard& shard) noexcept;
  void end_shard(Shard& shard) noexcept;
  void end_store() noexcept;
  void run_store();
  void run_shard(Shard& shard);
  void start_threads();
  [[nodiscard]] bool drained() const;
  void join_all();

  Options options_;
  engine::Profiles profiles_;
  IdGenerator ids_;
  Listening listening_;
  Notifier notifier_;
  std::shared_ptr<detail::ReceiptLink> link_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Endpoints> endpoints_;
  std::unique_ptr<engine::Committer> committer_;
  engine::Timeline store_timeline_;

  std::recursive_mutex work_mutex_;  // with no threads: held by the caller that works
  std::mutex inbox_mutex_;
  std::condition_variable inbox_changed_;
  std::mutex answered_mutex_;
  std::condition_variable answered_;           // an operation has its answer
  Inbox inbox_;                                // under inbox_mutex_
  bool store_waits_ = false;                   // under inbox_mutex_
  bool store_stop_ = false;                    // under inbox_mutex_
  std::string why_not_{};                      // under inbox_mutex_: why events are not accepted
  std::atomic<std::size_t> queued_events_{0};  // submitted and not yet known to be stored or lost
  std::atomic<std::size_t> queued_bytes_{0};

  // With a shared store: until then nobody else can have made an endpoint that is not known here.
  std::atomic<SteadyTime::duration> endpoints_known_until_{SteadyTime::duration::max()};
  std::atomic<bool> closed_{false};     // refuses events
  std::atomic<bool> accepting_{true};   // the store works
  std::atomic<bool> store_idle_{true};  // nothing left to commit or to read
  std::atomic<std::size_t> in_memory_{0};

  std::thread store_thread_;
  std::thread notifier_thread_;
  bool shut_down_ = false;
  std::atomic<bool> ended_{false};  // nobody works for it any more
  Drained drained_result_{};

  struct Counters {
    std::atomic<std::uint64_t> published{0}, nobody{0}, refused{0}, stored{0}, duplicates{0},
        recorded{0}, lost{0}, replaced{0}, errors{0};
    std::atomic<std::uint64_t> store_errors{0};
    std::atomic<std::uint64_t> accepted{0}, cancelled{0}, trials{0};
    std::atomic<std::uint64_t> delivered{0}, failed{0}, dead{0}, spared{0}, fenced{0}, commits{0};
  };
  mutable Counters counters_;
  metrics::LiveHistogram attempt_duration_;
  metrics::LiveHistogram delivery_latency_;
};

// Spans that callers give are cut to this, so that adding them to a time can't overflow.
inline constexpr Duration longest_span = std::chrono::hours(24 * 3'650);

// Starts a thread that no signal of the host's is delivered to. thread_posix.cpp,
// thread_windows.cpp
[[nodiscard]] std::thread start_quiet_thread(std::function<void()> body);

// Options as they are used: defaults filled in, everything checked. options.cpp
[[nodiscard]] Options complete(Options&& options);
[[nodiscard]] engine::Profiles collect_profiles(const Options& options);

// endpoints.cpp
[[nodiscard]] std::unique_ptr<Endpoints> make_endpoints(DispatcherCore& core);

// One part of a recovery. recovery.cpp
[[nodiscard]] Recovered recover(DispatcherCore& core, const Endpoint& endpoint,
                                const Recovery& what);

// Throws ConfigError("tenant") unless it is 1 to 128 bytes.
void check_tenant(std::string_view tenant);

}  // namespace hookwright
