#include "transport/resolver_pool.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <system_error>

#include "clock/steady_now.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

// How long a new answer is waited for where there is an old one.
constexpr Duration patience_with_old_answer = 250ms;

Resolution unavailable(std::string_view detail) {
  Resolution resolution;
  resolution.status = ResolveStatus::unavailable;
  resolution.detail = detail;
  return resolution;
}

}  // namespace

ResolverPool::ResolverPool(const ResolverOptions& options,
                           std::function<Lookup(const std::string&)> look_up)
    : options_(options),
      look_up_(std::move(look_up)),
      unproven_max_(std::max<std::size_t>(1, options.threads - options.threads / 4)),
      cache_(options.cache_max) {}

// Nothing may escape from a thread of ours. Who can't take an answer (for want of memory) goes
// without, and runs into its own deadline.
void ResolverPool::call(Resolver::Done& done, Resolution&& resolution) noexcept {
  try {
    done(std::move(resolution));
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

void ResolverPool::call(Answers& answers) noexcept {
  for (auto& [done, resolution] : answers) call(done, std::move(resolution));
}

bool ResolverPool::names_resolve(SteadyTime now) const {
  return last_answer_ && now - *last_answer_ <= std::max<Duration>(options_.positive_ttl, 10s);
}

std::size_t ResolverPool::stuck(SteadyTime now) const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(),
                    [now](const Worker& worker) { return worker.busy && worker.overdue <= now; }));
}

// A name without an answer is its own fault while others have one.
Resolution ResolverPool::no_answer(std::string detail, SteadyTime now) const {
  Resolution resolution;
  resolution.status = names_resolve(now) ? ResolveStatus::not_resolved : ResolveStatus::unavailable;
  resolution.detail = std::move(detail);
  return resolution;
}

// What stands in for an answer that can't be had; for a while nothing else is asked for.
const Resolution* ResolverPool::old_answer(const std::string& host, SteadyTime now) {
  const Resolution* const old = cache_.find_old(host, now);
  if (old != nullptr) cache_.renew(host, now + options_.negative_ttl);
  return old;
}

std::optional<Resolution> ResolverPool::answer_at_once(const std::string& host, SteadyTime now) {
  if (stopped_) return unavailable("the resolver has been shut down");
  if (const Resolution* const cached = cache_.find(host, now)) return *cached;
  if (questions_.contains(host)) return std::nullopt;
  const bool proven = cache_.find_old(host, now) != nullptr;
  std::string_view refusal;
  if (stuck(now) >= (proven ? options_.threads : unproven_max_)) {
    refusal = "the resolver's threads are stuck";
  } else if (proven_.size() + unproven_.size() >= options_.queue_max) {
    refusal = "the resolver's queue is full";
  } else {
    return std::nullopt;
  }
  if (const Resolution* const old = old_answer(host, now)) return *old;
  return unavailable(refusal);
}

void ResolverPool::ask(const std::string& host, SteadyTime deadline, SteadyTime now,
                       Resolver::Done done) {
  const auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
  const bool proven = cache_.find_old(host, now) != nullptr;
  const Duration patience =
      proven ? std::min(patience_with_old_answer, options_.lookup_max) : options_.lookup_max;
  const SteadyTime until = std::min(deadline, now + patience);
  const bool is_next = deadlines_.empty() || until < deadlines_.begin()->first;
  // Without memory for all of it there must be no question that nobody looks up.
  const auto limit = deadlines_.emplace(until, std::pair(host, waiter));
  bool is_new = false;
  try {
    Question& question = questions_[host];
    is_new = !question.asked;
    question.waiters.push_back(waiter);
    if (is_new) {
      (proven ? proven_ : unproven_).push_back(host);
      question.overdue = now + options_.lookup_max;
      question.proven = proven;
      question.asked = true;
    }
  } catch (...) {
    if (is_new) questions_.erase(host);
    deadlines_.erase(limit);
    throw;
  }
  if (is_new) work_.notify_one();
  if (is_next) time_.notify_one();
}

// Questions in the queues that a worker may begin now.
std::size_t ResolverPool::startable() const {
  const std::size_t free = unproven_max_ - std::min(busy_unproven_, unproven_max_);
  return proven_.size() + std::min(unproven_.size(), free);
}

// As many workers as are needed, up to the limit. False if the system gives us none at all.
bool ResolverPool::start_threads(const std::shared_ptr<ResolverPool>& self) {
  try {
    if (!timekeeper_.joinable()) timekeeper_ = std::thread([self] { self->keep_time(); });
    if (startable() > idle_ && workers_.size() < options_.threads) {
      const std::size_t index = workers_.size();
      workers_.emplace_back();
      try {
        workers_.back().thread = std::thread([self, index] { self->work(index); });
      } catch (...) {
        workers_.pop_back();
        throw;
      }
    }
  } catch (const std::system_error&) {
    return timekeeper_.joinable() && !workers_.empty();
  }
  return true;
}

void ResolverPool::resolve(const std::shared_ptr<ResolverPool>& self, const std::string& host,
                           SteadyTime deadline, Resolver::Done done) {
  const SteadyTime now = steady_now();
  std::unique_lock lock(mutex_);
  std::optional<Resolution> answer = answer_at_once(host, now);
  if (!answer) {
    ask(host, deadline, now, std::move(done));
    if (start_threads(self)) return;
    // The question stays; it is answered here, and the next one tries again to start a thread.
    Question& question = questions_.at(host);
    done = std::exchange(question.waiters.back()->done, {});
    question.waiters.pop_back();
    answer = unavailable("no thread to look names up with");
  }
  lock.unlock();
  done(std::move(*answer));
}

// After a jam nobody may be waiting any more for what has been in the queue.
bool ResolverPool::is_wanted(const Question& question) const {
  return std::any_of(question.waiters.begin(), question.waiters.end(),
                     [](const WaiterPtr& waiter) { return static_cast<bool>(waiter->done); });
}

void ResolverPool::work(std::size_t index) {
  std::unique_lock lock(mutex_);
  Worker& self = workers_[index];
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopped_ || startable() > 0; });
    --idle_;
    if (stopped_) return;
    look_up_next(lock, self);
  }
}

void ResolverPool::look_up_next(std::unique_lock<std::mutex>& lock, Worker& worker) {
  std::deque<std::string>& queue = proven_.empty() ? unproven_ : proven_;
  const std::string host = std::move(queue.front());
  queue.pop_front();
  const Question& question = questions_.at(host);
  if (!is_wanted(question) && !question.proven) {
    questions_.erase(host);
    return;
  }
  const bool proven = question.proven;
  const SteadyTime asked = steady_now();
  worker.busy = true;
  worker.overdue = asked + options_.lookup_max;
  if (!proven) ++busy_unproven_;
  lock.unlock();
  Lookup lookup;
  try {
    lookup = look_up_(host);
  } catch (...) {  // no memory
    lookup.result = Lookup::Result::shortage;
  }
  lock.lock();
  worker.busy = false;
  if (!proven) --busy_unproven_;
  Answers answers;
  try {
    take_answer(host, std::move(lookup), asked, answers);
  } catch (...) {
    give_up(lock, host);
  }
  lock.unlock();
  call(answers);
  lock.lock();
}

// There is no memory to answer with: whoever waits is told so, in a way that needs none.
void ResolverPool::give_up(std::unique_lock<std::mutex>& lock, const std::string& host) noexcept {
  const auto question = questions_.extract(host);
  if (question.empty()) return;
  for (const WaiterPtr& waiter : question.mapped().waiters) {
    if (!waiter->done) continue;
    Resolver::Done done = std::exchange(waiter->done, {});
    lock.unlock();
    call(done, Resolution{.status = ResolveStatus::unavailable});
    lock.lock();
  }
}

// What a lookup means; it is remembered as long as it is good.
Resolution ResolverPool::judge(const std::string& host, Lookup&& lookup, SteadyTime asked,
                               SteadyTime now) {
  Resolution resolution;
  resolution.addresses = std::move(lookup.addresses);
  resolution.detail = std::move(lookup.detail);
  switch (lookup.result) {
    case Lookup::Result::found: {
      last_answer_ = now;
      resolution.status = ResolveStatus::resolved;
      const SteadyTime good_until = asked + options_.positive_ttl;
      cache_.put(host, resolution, good_until, good_until + options_.stale_max);
      return resolution;
    }
    case Lookup::Result::no_such_name:
      last_answer_ = now;
      resolution.status = ResolveStatus::not_resolved;
      break;
    case Lookup::Result::no_answer:
      if (const Resolution* const old = old_answer(host, now)) return *old;
      resolution.status = no_answer({}, now).status;
      break;
    case Lookup::Result::shortage:
      if (const Resolution* const old = old_answer(host, now)) return *old;
      resolution.status = ResolveStatus::unavailable;
      break;
  }
  // What is not the name's fault is not held against it.
  if (resolution.status != ResolveStatus::unavailable) {
    const SteadyTime good_until = asked + options_.negative_ttl;
    cache_.put(host, resolution, good_until, good_until);
  }
  return resolution;
}

void ResolverPool::take_answer(const std::string& host, Lookup&& lookup, SteadyTime asked,
                               Answers& answers) {
  const Resolution resolution = judge(host, std::move(lookup), asked, steady_now());
  const auto question = questions_.extract(host);
  if (question.empty()) return;
  for (const WaiterPtr& waiter : question.mapped().waiters) {
    if (waiter->done) answers.emplace_back(std::exchange(waiter->done, {}), resolution);
  }
}

Resolution ResolverPool::overdue_answer(const std::string& host, SteadyTime now) {
  if (const Resolution* const old = old_answer(host, now)) return *old;
  Resolution resolution = no_answer("no answer in time", now);
  const auto question = questions_.find(host);
  const bool overdue = question != questions_.end() && question->second.overdue <= now;
  if (overdue && resolution.status == ResolveStatus::not_resolved) {
    const SteadyTime good_until = now + options_.negative_ttl;
    cache_.put(host, resolution, good_until, good_until);
  }
  return resolution;
}

// Answers those who have waited long enough; what they asked for goes on being looked up.
void ResolverPool::keep_time() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (deadlines_.empty()) {
      time_.wait(lock, [this] { return stopped_ || !deadlines_.empty(); });
      continue;
    }
    const SteadyTime next = deadlines_.begin()->first;
    const SteadyTime now = steady_now();
    if (next > now) {
      time_.wait_until(lock, next);
      continue;
    }
    // One at a time, since there may be no memory for more.
    const auto [host, waiter] = std::move(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    Resolver::Done done = std::exchange(waiter->done, {});
    if (!done) continue;
    Resolution resolution{.status = ResolveStatus::unavailable};
    try {
      resolution = overdue_answer(host, now);
    } catch (...) {  // NOLINT(bugprone-empty-catch): then it is told that
    }
    lock.unlock();
    call(done, std::move(resolution));
    lock.lock();
  }
}

void ResolverPool::stop() {
  std::vector<std::thread> idle;
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    proven_.clear();
    unproven_.clear();
    for (auto& [host, question] : questions_) {
      for (const WaiterPtr& waiter : question.waiters) {
        if (!waiter->done) continue;
        answers.emplace_back(std::exchange(waiter->done, {}),
                             unavailable("the resolver has been shut down"));
      }
    }
    questions_.clear();
    // Left behind: who is stuck in the system, and the thread that runs this, if it is one of ours.
    const auto release = [&idle](std::thread& thread, bool busy) {
      if (!thread.joinable()) return;
      if (busy || thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
      } else {
        idle.push_back(std::move(thread));
      }
    };
    for (Worker& worker : workers_) release(worker.thread, worker.busy);
    release(timekeeper_, false);
  }
  work_.notify_all();
  time_.notify_all();
  for (std::thread& thread : idle) thread.join();
  call(answers);
}

}  // namespace hookwright::transport
