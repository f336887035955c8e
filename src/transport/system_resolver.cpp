#include "transport/system_resolver.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/error.hpp"
#include "transport/resolution_cache.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

// Whoever asked for a name. Lives in a question and in the list of deadlines.
struct Waiter {
  Resolver::Done done{};  // empty once it has been called
};
using WaiterPtr = std::shared_ptr<Waiter>;

// A name that is being looked up, or is to be.
struct Question {
  std::vector<WaiterPtr> waiters{};
  SteadyTime overdue{};  // by then the answer should have come
};

// What to call once the lock is open.
using Answers = std::vector<std::pair<Resolver::Done, Resolution>>;

void call(Answers& answers) {
  for (auto& [done, resolution] : answers) done(std::move(resolution));
}

// All that the threads touch. They own it together, so that one that is stuck in the operating
// system finds it sound whenever it comes back.
class Pool {
 public:
  Pool(const ResolverOptions& options, std::function<Lookup(const std::string&)> look_up)
      : options_(options), look_up_(std::move(look_up)), cache_(options.cache_max) {}

  void resolve(const std::shared_ptr<Pool>& self, std::string host, SteadyTime deadline,
               Resolver::Done done);
  void stop();

 private:
  struct Worker {
    std::thread thread{};
    bool busy = false;
    SteadyTime overdue{};  // of what it is busy with
  };

  std::optional<Resolution> answer_at_once(const std::string& host, SteadyTime now);
  void ask(const std::string& host, SteadyTime deadline, SteadyTime now, Resolver::Done done);
  bool start_threads(const std::shared_ptr<Pool>& self);
  void work(std::size_t index);
  void keep_time();
  void take_answer(const std::string& host, Lookup&& lookup, SteadyTime asked, Answers& answers);
  [[nodiscard]] bool is_wanted(const std::string& host) const;
  [[nodiscard]] bool names_resolve(SteadyTime now) const;
  [[nodiscard]] bool most_are_stuck(SteadyTime now) const;
  Resolution no_answer(std::string detail, SteadyTime now) const;

  const ResolverOptions options_;
  const std::function<Lookup(const std::string&)> look_up_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable time_;
  ResolutionCache cache_;
  std::unordered_map<std::string, Question> questions_;
  std::deque<std::string> queue_;  // of questions_, not yet begun
  std::multimap<SteadyTime, std::pair<std::string, WaiterPtr>> deadlines_;
  std::vector<Worker> workers_;
  std::thread timekeeper_;
  std::size_t idle_ = 0;
  std::optional<SteadyTime> last_answer_;  // when a server last said anything about any name
  bool stopped_ = false;
};

Resolution unavailable(std::string detail) {
  Resolution resolution;
  resolution.status = ResolveStatus::unavailable;
  resolution.detail = std::move(detail);
  return resolution;
}

bool Pool::names_resolve(SteadyTime now) const {
  return last_answer_ && now - *last_answer_ <= std::max<Duration>(options_.positive_ttl, 10s);
}

bool Pool::most_are_stuck(SteadyTime now) const {
  const auto stuck = std::count_if(workers_.begin(), workers_.end(), [now](const Worker& worker) {
    return worker.busy && worker.overdue <= now;
  });
  return static_cast<std::size_t>(stuck) * 4 > options_.threads * 3;
}

// A name without an answer is its own fault while others have one.
Resolution Pool::no_answer(std::string detail, SteadyTime now) const {
  Resolution resolution;
  resolution.status = names_resolve(now) ? ResolveStatus::not_resolved : ResolveStatus::unavailable;
  resolution.detail = std::move(detail);
  return resolution;
}

std::optional<Resolution> Pool::answer_at_once(const std::string& host, SteadyTime now) {
  if (stopped_) return unavailable("the resolver has been shut down");
  if (const Resolution* const cached = cache_.find(host, now)) return *cached;
  if (questions_.contains(host)) return std::nullopt;
  if (most_are_stuck(now)) return unavailable("most resolver threads are stuck");
  if (queue_.size() >= options_.queue_max) return unavailable("the resolver's queue is full");
  return std::nullopt;
}

void Pool::ask(const std::string& host, SteadyTime deadline, SteadyTime now, Resolver::Done done) {
  const auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
  auto [question, is_new] = questions_.try_emplace(host);
  question->second.waiters.push_back(waiter);
  if (is_new) {
    question->second.overdue = now + options_.lookup_max;
    queue_.push_back(host);
    work_.notify_one();
  }
  const SteadyTime until = std::min(deadline, now + options_.lookup_max);
  const bool is_next = deadlines_.empty() || until < deadlines_.begin()->first;
  deadlines_.emplace(until, std::pair(host, waiter));
  if (is_next) time_.notify_one();
}

// As many workers as are needed, up to the limit. False if the system gives us none at all.
bool Pool::start_threads(const std::shared_ptr<Pool>& self) {
  try {
    if (!timekeeper_.joinable()) timekeeper_ = std::thread([self] { self->keep_time(); });
    if (queue_.size() > idle_ && workers_.size() < options_.threads) {
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

void Pool::resolve(const std::shared_ptr<Pool>& self, std::string host, SteadyTime deadline,
                   Resolver::Done done) {
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
bool Pool::is_wanted(const std::string& host) const {
  const std::vector<WaiterPtr>& waiters = questions_.at(host).waiters;
  return std::any_of(waiters.begin(), waiters.end(),
                     [](const WaiterPtr& waiter) { return static_cast<bool>(waiter->done); });
}

void Pool::work(std::size_t index) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    --idle_;
    if (stopped_) return;
    const std::string host = std::move(queue_.front());
    queue_.pop_front();
    if (!is_wanted(host)) {
      questions_.erase(host);
      continue;
    }
    const SteadyTime asked = steady_now();
    workers_[index].busy = true;
    workers_[index].overdue = asked + options_.lookup_max;
    lock.unlock();
    Lookup lookup;
    try {
      lookup = look_up_(host);
    } catch (const std::exception&) {
      lookup.result = Lookup::Result::shortage;
    }
    lock.lock();
    workers_[index].busy = false;
    Answers answers;
    take_answer(host, std::move(lookup), asked, answers);
    lock.unlock();
    call(answers);
    lock.lock();
  }
}

void Pool::take_answer(const std::string& host, Lookup&& lookup, SteadyTime asked,
                       Answers& answers) {
  const SteadyTime now = steady_now();
  Resolution resolution;
  Duration ttl = options_.negative_ttl;
  switch (lookup.result) {
    case Lookup::Result::found:
      resolution.status = ResolveStatus::resolved;
      ttl = options_.positive_ttl;
      last_answer_ = now;
      break;
    case Lookup::Result::no_such_name:
      last_answer_ = now;
      break;
    case Lookup::Result::no_answer:
      resolution = no_answer({}, now);
      break;
    case Lookup::Result::shortage:
      resolution.status = ResolveStatus::unavailable;
      break;
  }
  resolution.addresses = std::move(lookup.addresses);
  resolution.detail = std::move(lookup.detail);
  // What is not the name's fault is not held against it.
  if (resolution.status != ResolveStatus::unavailable) cache_.put(host, resolution, asked + ttl);

  const auto question = questions_.extract(host);
  if (question.empty()) return;
  for (const WaiterPtr& waiter : question.mapped().waiters) {
    if (waiter->done) answers.emplace_back(std::exchange(waiter->done, {}), resolution);
  }
}

// Answers those who have waited long enough; what they asked for goes on being looked up.
void Pool::keep_time() {
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
    Answers answers;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const auto [host, waiter] = std::move(deadlines_.begin()->second);
      deadlines_.erase(deadlines_.begin());
      if (!waiter->done) continue;
      Resolution resolution = no_answer("no answer in time", now);
      const auto question = questions_.find(host);
      const bool overdue = question != questions_.end() && question->second.overdue <= now;
      if (overdue && resolution.status == ResolveStatus::not_resolved) {
        cache_.put(host, resolution, now + options_.negative_ttl);
      }
      answers.emplace_back(std::exchange(waiter->done, {}), std::move(resolution));
    }
    lock.unlock();
    call(answers);
    lock.lock();
  }
}

void Pool::stop() {
  std::vector<std::thread> idle;
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    queue_.clear();
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

class PoolResolver final : public Resolver {
 public:
  PoolResolver(const ResolverOptions& options, std::function<Lookup(const std::string&)> look_up)
      : pool_(std::make_shared<Pool>(options, std::move(look_up))) {}
  ~PoolResolver() override { pool_->stop(); }
  PoolResolver(const PoolResolver&) = delete;
  PoolResolver& operator=(const PoolResolver&) = delete;

  void resolve(std::string host, SteadyTime deadline, Done done) override {
    pool_->resolve(pool_, std::move(host), deadline, std::move(done));
  }

 private:
  std::shared_ptr<Pool> pool_;
};

void check_size(std::size_t value, std::size_t max, std::string_view field) {
  if (value >= 1 && value <= max) return;
  throw ConfigError(field, "must be between 1 and " + std::to_string(max), std::to_string(value));
}

void check_duration(Duration value, Duration min, std::string_view field) {
  if (value >= min && value <= 1h) return;
  throw ConfigError(field, "must be between " + std::to_string(min.count()) + " ms and an hour",
                    std::to_string(value.count()) + " ms");
}

}  // namespace

std::shared_ptr<Resolver> make_pool_resolver(const ResolverOptions& options,
                                             std::function<Lookup(const std::string&)> look_up) {
  check_size(options.threads, 16, "resolver.threads");
  check_size(options.queue_max, 1'000'000, "resolver.queue_max");
  check_size(options.cache_max, 10'000'000, "resolver.cache_max");
  check_duration(options.lookup_max, 1ms, "resolver.lookup_max");
  check_duration(options.positive_ttl, 0ms, "resolver.positive_ttl");
  check_duration(options.negative_ttl, 0ms, "resolver.negative_ttl");
  return std::make_shared<PoolResolver>(options, std::move(look_up));
}

}  // namespace hookwright::transport

namespace hookwright {

std::shared_ptr<Resolver> make_system_resolver(const ResolverOptions& options) {
  return transport::make_pool_resolver(options, transport::look_up);
}

}  // namespace hookwright
