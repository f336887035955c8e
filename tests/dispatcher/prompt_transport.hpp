#pragma once

// A transport for dispatchers with threads, written from the contract in transport.hpp alone: it
// answers at once, or never.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "hookwright/transport.hpp"

namespace dispatcher_test {

// What all transports of a test saw. Any thread.
class Log {
 public:
  void add(const std::string& host, std::int64_t n) {
    {
      const std::lock_guard lock(mutex_);
      ++seen_[{host, n}];
      ++count_;
    }
    changed_.notify_all();
  }
  // Waits until so many requests have been seen; false if they don't come.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  int times(const std::string& host, std::int64_t n) {
    const std::lock_guard lock(mutex_);
    const auto found = seen_.find({host, n});
    return found == seen_.end() ? 0 : found->second;
  }
  void called_from(const void* transport, std::thread::id thread) {
    const std::lock_guard lock(mutex_);
    threads_[transport].insert(thread);
  }
  // The most threads that any one transport was called from.
  std::size_t most_threads() {
    const std::lock_guard lock(mutex_);
    std::size_t most = 0;
    for (const auto& [transport, threads] : threads_) most = std::max(most, threads.size());
    return most;
  }
  std::size_t transports() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::string, std::int64_t>, int> seen_;
  std::map<const void*, std::set<std::thread::id>> threads_;
  std::size_t count_ = 0;
};

class PromptTransport final : public hookwright::Transport {
 public:
  // `status` of the answer to a request; 0: none ever comes.
  using Answer = std::function<int(const std::string& host, std::int64_t n)>;

  PromptTransport(std::shared_ptr<Log> log, Answer answer,
                  std::function<std::int64_t(std::string_view)> number)
      : log_(std::move(log)), answer_(std::move(answer)), number_(std::move(number)) {}

  void start(hookwright::RequestId id, hookwright::Request&& request) override {
    log_->called_from(this, std::this_thread::get_id());
    const std::int64_t n = number_(*request.body);
    const int status = answer_(request.url.host, n);
    log_->add(request.url.host, n);
    hookwright::Completion completion;
    completion.id = id;
    completion.status = status;
    if (status == 0) {
      completion.fault = hookwright::Fault::timeout;
      hanging_.emplace(id, std::pair(request.deadline, completion));
    } else {
      done_.push_back(completion);
    }
  }

  void poll(hookwright::SteadyTime until, std::vector<hookwright::Completion>& out) override {
    log_->called_from(this, std::this_thread::get_id());
    if (done_.empty()) wait(until);
    const hookwright::SteadyTime now = std::chrono::steady_clock::now();
    for (auto at = hanging_.begin(); at != hanging_.end();) {
      if (at->second.first > now) {
        ++at;
        continue;
      }
      done_.push_back(at->second.second);
      at = hanging_.erase(at);
    }
    out.insert(out.end(), done_.begin(), done_.end());
    done_.clear();
  }

  void cancel(hookwright::RequestId id) override {
    const auto found = hanging_.find(id);
    if (found == hanging_.end()) return;
    hookwright::Completion completion;
    completion.id = id;
    completion.fault = hookwright::Fault::cancelled;
    done_.push_back(completion);
    hanging_.erase(found);
  }

  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

 private:
  void wait(hookwright::SteadyTime until) {
    for (const auto& [id, hanging] : hanging_) until = std::min(until, hanging.first);
    std::unique_lock lock(mutex_);
    // Not wait_until(SteadyTime::max()): that overflows in some standard libraries.
    const auto at_most = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (!woken_ && std::chrono::steady_clock::now() < until) {
      changed_.wait_until(lock, std::min(until, at_most));
      if (std::chrono::steady_clock::now() >= at_most) break;
    }
    woken_ = false;
  }

  std::shared_ptr<Log> log_;
  Answer answer_;
  std::function<std::int64_t(std::string_view)> number_;
  std::vector<hookwright::Completion> done_;
  std::map<hookwright::RequestId, std::pair<hookwright::SteadyTime, hookwright::Completion>>
      hanging_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace dispatcher_test
