#include "transport/inbox.hpp"

#include <utility>

namespace hookwright::transport {

void Inbox::put(std::uint64_t serial, Resolution&& resolution) {
  const std::lock_guard lock(mutex_);
  arrivals_.push_back(Arrival{serial, std::move(resolution)});
  wake_if_waiting();
}

void Inbox::ask_to_return() {
  const std::lock_guard lock(mutex_);
  wish_ = true;
  wake_if_waiting();
}

void Inbox::attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Inbox::take(std::vector<Arrival>& arrivals) {
  arrivals.clear();
  const std::lock_guard lock(mutex_);
  arrivals.swap(arrivals_);
}

bool Inbox::take_wish() {
  const std::lock_guard lock(mutex_);
  return std::exchange(wish_, false);
}

bool Inbox::begin_wait() {
  const std::lock_guard lock(mutex_);
  waiting_ = arrivals_.empty() && !wish_;
  return waiting_;
}

void Inbox::end_wait() {
  const std::lock_guard lock(mutex_);
  waiting_ = false;
}

// Under the lock, so that who is woken cannot go away meanwhile. Only the first of many wakes it.
void Inbox::wake_if_waiting() {
  if (!waiting_ || !wake_) return;
  waiting_ = false;
  wake_();
}

}  // namespace hookwright::transport
