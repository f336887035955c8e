#include <algorithm>
#include <utility>

#include "dispatcher/core.hpp"
#include "fault_switch.hpp"

namespace hookwright {

namespace {
// Waits end by themselves now and then, whatever has been forgotten; a lost wake-up costs a moment,
// never a standstill.
constexpr std::chrono::milliseconds longest_wait{250};
constexpr std::chrono::milliseconds out_of_memory_wait{20};
constexpr std::chrono::milliseconds cancel_at_most{200};
constexpr std::chrono::milliseconds drain_poll{2};
constexpr std::chrono::milliseconds turn_wait{1};
}  // namespace

// --- the store thread

void DispatcherCore::wake_store() {
  if (!has_threads()) {
    shards_.front()->transport->wake();  // whoever works may be waiting there
    return;
  }
  {
    const std::lock_guard lock(inbox_mutex_);
    if (!store_waits_) return;
  }
  inbox_changed_.notify_one();
}

void DispatcherCore::take_inbox() noexcept {
  Inbox inbox;
  {
    const std::lock_guard lock(inbox_mutex_);
    std::swap(inbox, inbox_);
  }
  committer_->submit(std::move(inbox.news));
  committer_->submit(std::move(inbox.queue));
  committer_->forget(std::move(inbox.told));
}

bool DispatcherCore::step_store() {
  bool any = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    any = !inbox_.empty();
  }
  take_inbox();
  const std::uint64_t commits_before = committer_->counts().commits;
  const engine::Moment now = moment(store_timeline_);
  try {
    committer_->step(now);
  } catch (...) {  // out of memory, most likely: nothing is taken as done that was not
    ++counters_.errors;
  }
  publish_store_state(now);
  return any || committer_->counts().commits != commits_before;
}

void DispatcherCore::publish_store_state(const engine::Moment& now) {
  const engine::CommitterCounts& counts = committer_->counts();
  counters_.accepted = counts.accepted;
  counters_.cancelled = counts.cancelled;
  counters_.trials = counts.trials;
  counters_.delivered = counts.delivered;
  counters_.failed = counts.failed;
  counters_.dead = counts.dead;
  counters_.spared = counts.spared;
  counters_.fenced = counts.fenced;
  counters_.commits = counts.commits;
  counters_.store_errors = counts.store_exceptions;
  in_memory_ = committer_->rows_in_memory();
  const bool idle = committer_->drained(now);
  {
    const std::lock_guard lock(inbox_mutex_);
    store_idle_ = idle && inbox_.empty();
    accepting_ = committer_->accepting();
    if (accepting_ || why_not_ == committer_->why_not()) return;
    try {
      why_not_ = committer_->why_not();
    } catch (...) {  // no memory for it
      why_not_.clear();
    }
  }
}

void DispatcherCore::run_store() {
  std::unique_lock lock(inbox_mutex_);
  while (!store_stop_) {
    lock.unlock();
    step_store();
    committer_->checkpoint();
    const engine::Moment now = moment(store_timeline_);
    const SteadyTime wake = committer_->next_wake(now);
    lock.lock();
    if (wake <= now.steady || !inbox_.empty() || store_stop_) continue;
    store_waits_ = true;
    inbox_changed_.wait_for(lock, std::min<SteadyTime::duration>(wake - now.steady, longest_wait),
                            [this] { return !inbox_.empty() || store_stop_; });
    store_waits_ = false;
  }
}

void DispatcherCore::end_store() noexcept {
  if (detail::mutated(detail::Mutation::drain_forgets_batch)) inbox_ = {};
  {
    const std::lock_guard lock(inbox_mutex_);
    store_stop_ = true;
  }
  take_inbox();
  const std::uint64_t lost_before = counters_.lost;
  const engine::Moment now = moment(store_timeline_);
  committer_->finish(now);
  publish_store_state(now);
  drained_result_.not_stored = counters_.lost - lost_before;
}

// --- the shards

bool DispatcherCore::step_shard(Shard& shard) {
  {
    const std::lock_guard lock(shard.mutex);
    shard.taken.splice(shard.taken.end(), shard.inbox);
  }
  const bool any = !shard.taken.empty();
  for (; !shard.taken.empty(); shard.taken.pop_front()) shard.sender->handle(shard.taken.front());
  const std::size_t started = shard.sender->start(moment(shard.timeline), *shard.transport);
  hand_over(shard);
  return started != 0 || any;
}

void DispatcherCore::poll_shard(Shard& shard, SteadyTime until) noexcept {
  shard.completions.clear();
  try {
    shard.transport->poll(until, shard.completions);
  } catch (...) {
    ++shard.errors;
  }
  const engine::Moment now = moment(shard.timeline);
  for (Completion& completion : shard.completions)
    shard.sender->complete(std::move(completion), now);
  hand_over(shard);
}

void DispatcherCore::hand_over(Shard& shard) noexcept {
  engine::FromSender news = shard.sender->take();
  if (!news.empty()) {
    bool wake = false;
    {
      const std::lock_guard lock(inbox_mutex_);
      engine::FromSender& all = inbox_.news;
      all.outcomes.splice(all.outcomes.end(), news.outcomes);
      all.cut_off.splice(all.cut_off.end(), news.cut_off);
      all.returned.splice(all.returned.end(), news.returned);
      store_idle_ = false;
      wake = store_waits_;
    }
    if (wake) inbox_changed_.notify_one();
  }
  shard.started = shard.sender->started();
  shard.sender_errors = shard.sender->plugin_errors();
  shard.in_flight = shard.sender->in_flight();
}

void DispatcherCore::run_shard(Shard& shard) {
  while (!shard.stop) {
    auto at_most = longest_wait;
    try {
      step_shard(shard);
    } catch (...) {
      ++shard.errors;
      at_most = out_of_memory_wait;
    }
    const SteadyTime wake = shard.sender->next_wake().value_or(SteadyTime::max());
    poll_shard(shard, std::min(wake, options_.clock->steady() + at_most));
    // With a backlog it never waits: whoever has something new comes first.
    if (shard.completions.size() > 1) std::this_thread::yield();
  }
  end_shard(shard);
}

// Cuts off what is under way. A row whose request is cut off waits on in the store as it was.
void DispatcherCore::end_shard(Shard& shard) noexcept {
  shard.sender->stop();
  shard.cancelled = shard.sender->in_flight();
  if (shard.cancelled == 0) return;
  try {
    shard.sender->cancel_all(*shard.transport);
  } catch (...) {
    ++shard.errors;
  }
  const SteadyTime give_up = options_.clock->steady() + cancel_at_most;
  for (int rounds = 0; rounds < 1'000 && shard.sender->in_flight() != 0; ++rounds) {
    if (options_.clock->steady() >= give_up) break;
    poll_shard(shard, give_up);
  }
}

// --- all together

void DispatcherCore::start_threads() {
  notifier_thread_ = start_quiet_thread([this] { notifier_.run(); });
  store_thread_ = start_quiet_thread([this] { run_store(); });
  for (auto& shard : shards_) {
    shard->thread = start_quiet_thread([this, each = shard.get()] { run_shard(*each); });
  }
}

// Several callers may wait at once: one of them works, for all, and the others look now and then
// whether theirs is done.
void DispatcherCore::work_until(const std::function<bool()>& done, Duration at_most) {
  const SteadyTime end = options_.clock->steady() + std::min(at_most, longest_span);
  bool over = false;
  while (!over && !ended_) {
    if (std::unique_lock lock(work_mutex_, std::try_to_lock); lock) {
      work_once(done, end);
    } else {
      std::this_thread::sleep_for(turn_wait);
    }
    over = done() || options_.clock->steady() >= end;
  }
}

// Does all that is due, then waits for more: until `end` at most.
void DispatcherCore::work_once(const std::function<bool()>& done, SteadyTime end) {
  Shard& shard = *shards_.front();
  bool busy = true;
  while (busy && !done()) {
    busy = step_store();
    try {
      busy = step_shard(shard) || busy;
    } catch (...) {  // out of memory, most likely: it goes on from there in a moment
      ++shard.errors;
      busy = false;
    }
    committer_->checkpoint();
    busy = notifier_.run_once() || busy;
  }
  const engine::Moment now = moment(store_timeline_);
  if (done() || now.steady >= end) return;
  SteadyTime wake = std::min(end, committer_->next_wake(now));
  if (const auto alarm = shard.sender->next_wake()) wake = std::min(wake, *alarm);
  if (const auto again = notifier_.next_wake()) wake = std::min(wake, *again);
  if (!shard.taken.empty()) wake = std::min<SteadyTime>(wake, now.steady + out_of_memory_wait);
  // Something that is due and can't be done now must not stop the clock.
  poll_shard(shard,
             std::max(wake, now.steady + std::chrono::milliseconds(wake <= now.steady ? 1 : 0)));
}

bool DispatcherCore::drained() const {
  if (!store_idle_) return false;
  return std::all_of(shards_.begin(), shards_.end(),
                     [](const auto& shard) { return shard->in_flight == 0; });
}

Drained DispatcherCore::shutdown(Duration at_most) {
  if (shut_down_) return drained_result_;
  at_most = std::clamp(at_most, Duration::zero(), longest_span);
  shut_down_ = true;
  closed_ = true;
  const auto started = std::chrono::steady_clock::now();
  if (at_most > Duration::zero()) {
    if (has_threads()) {
      while (!drained() && std::chrono::steady_clock::now() - started < at_most) {
        std::this_thread::sleep_for(drain_poll);
      }
    } else {
      work_until([this] { return drained(); }, at_most);
    }
  }
  drained_result_.complete = drained();
  ended_ = true;
  join_all();
  for (const auto& shard : shards_) drained_result_.cancelled += shard->cancelled;
  notifier_.stop(at_most);
  if (notifier_thread_.joinable()) {
    notifier_thread_.join();
  } else {
    notifier_.run();
  }
  const std::lock_guard lock(link_->mutex);
  link_->core = nullptr;
  return drained_result_;
}

void DispatcherCore::join_all() {
  for (auto& shard : shards_) {
    shard->stop = true;
    shard->transport->wake();
  }
  for (auto& shard : shards_) {
    if (shard->thread.joinable()) {
      shard->thread.join();
    } else {
      end_shard(*shard);
    }
  }
  if (store_thread_.joinable()) {
    {
      const std::lock_guard lock(inbox_mutex_);
      store_stop_ = true;
    }
    inbox_changed_.notify_all();
    store_thread_.join();
  }
  end_store();
}

}  // namespace hookwright
