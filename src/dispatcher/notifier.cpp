#include "dispatcher/notifier.hpp"

#include <utility>

namespace hookwright {

namespace {
constexpr auto again_after = std::chrono::seconds(1);
}

Notifier::Notifier(std::shared_ptr<Observer> observer, std::shared_ptr<Clock> clock,
                   std::size_t reports_max, std::function<void(std::string)> told)
    : observer_(std::move(observer)),
      clock_(std::move(clock)),
      reports_max_(reports_max),
      told_(std::move(told)) {}

void Notifier::attempt(AttemptReport&& report) {
  if (!observer_) return;
  {
    const std::lock_guard lock(mutex_);
    if (reports_ >= reports_max_) {
      ++dropped_;
      return;
    }
    ++reports_;
    items_.emplace_back(std::move(report));
  }
  changed_.notify_one();
}

// Without an observer notices stay in the store, for one that comes later.
void Notifier::notice(Notice&& notice, std::string key) {
  if (observer_) push(NoticeItem{std::move(notice), std::move(key)});
}

void Notifier::lost(LostEvent&& event) {
  if (observer_) push(std::move(event));
}

void Notifier::trouble(std::string what) {
  if (observer_) push(Trouble{std::move(what)});
}

void Notifier::call(std::function<void()> callback) {
  push(std::move(callback));
}

void Notifier::push(Item&& item) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }
  changed_.notify_one();
}

bool Notifier::run_once() {
  std::deque<Item> items;
  {
    const std::lock_guard lock(mutex_);
    items.swap(items_);
    reports_ = 0;
    if (!again_.empty() && clock_->steady() >= again_at_) {
      for (NoticeItem& item : again_) items.emplace_back(std::move(item));
      again_.clear();
    }
  }
  const bool any = !items.empty();
  for (Item& item : items) tell(std::move(item));
  return any;
}

void Notifier::tell(Item&& item) {
  try {
    if (auto* report = std::get_if<AttemptReport>(&item)) {
      observer_->attempt(*report);
    } else if (auto* notice = std::get_if<NoticeItem>(&item)) {
      tell_notice(std::move(*notice));
    } else if (auto* event = std::get_if<LostEvent>(&item)) {
      observer_->lost(*event);
    } else if (auto* trouble = std::get_if<Trouble>(&item)) {
      observer_->store_trouble(trouble->what);
    } else {
      std::get<std::function<void()>>(item)();
    }
  } catch (...) {
    ++errors_;
  }
}

void Notifier::tell_notice(NoticeItem&& item) {
  try {
    observer_->notice(item.notice);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    again_.push_back(std::move(item));
    again_at_ = clock_->steady() + again_after;
    throw;
  }
  told_(std::move(item.key));
}

void Notifier::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const bool wait_for_more = items_.empty() && !stopping_;
    if (wait_for_more) {
      changed_.wait_for(lock, again_after, [this] { return !items_.empty() || stopping_; });
    }
    if (stopping_ && items_.empty()) return;
    // One at a time once stopping, so that a slow observer can't hold up the end. When the time is
    // up only what nobody would ever hear of otherwise is told: receipts and lost events. Notices
    // are in the store, and so is the history.
    if (stopping_) {
      Item item = std::move(items_.front());
      items_.pop_front();
      const bool last_chance = std::holds_alternative<LostEvent>(item) ||
                               std::holds_alternative<std::function<void()>>(item);
      if (!last_chance && clock_->steady() >= stop_at_) continue;
      lock.unlock();
      tell(std::move(item));
      lock.lock();
      continue;
    }
    lock.unlock();
    run_once();
    lock.lock();
  }
}

void Notifier::stop(Duration at_most) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_at_ = clock_->steady() + at_most;
  }
  changed_.notify_all();
}

std::optional<SteadyTime> Notifier::next_wake() {
  const std::lock_guard lock(mutex_);
  if (again_.empty()) return std::nullopt;
  return again_at_;
}

}  // namespace hookwright
