#include "dispatcher/notifier.hpp"

#include <utility>

#include "engine/committer.hpp"

namespace hookwright {

namespace {
constexpr auto again_after = std::chrono::seconds(1);
}

Notifier::Notifier(std::shared_ptr<Observer> observer, std::shared_ptr<Clock> clock,
                   std::size_t reports_max, std::function<void(const std::string&)> told)
    : observer_(std::move(observer)),
      clock_(std::move(clock)),
      reports_max_(reports_max),
      told_(std::move(told)) {}

void Notifier::attempt(AttemptReport&& report) noexcept {
  if (!observer_) return;
  std::list<Item> one;
  try {
    one.emplace_back(std::move(report));
  } catch (...) {
    ++dropped_;
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (reports_ >= reports_max_) {
      ++dropped_;
      return;
    }
    ++reports_;
    items_.splice(items_.end(), one);
  }
  changed_.notify_one();
}

// Without an observer notices stay in the store, for one that comes later.
void Notifier::notice(Notice&& notice, const std::string& key) {
  if (!observer_) return;
  std::list<Item> one;
  one.emplace_back(NoticeItem{std::move(notice), key});
  push(std::move(one));
}

void Notifier::lost(const engine::Submission& submission, std::string_view why) noexcept {
  if (!observer_) return;
  std::list<Item> events;
  try {
    for (const auto& event : submission.events) {
      events.emplace_back(LostEvent{.event = event->id,
                                    .tenant = event->tenant,
                                    .type = event->type,
                                    .why = std::string(why)});
    }
  } catch (...) {  // the receipt says so, and the counter
    ++errors_;
  }
  push(std::move(events));
}

void Notifier::trouble(std::string_view what, std::string_view more) noexcept {
  if (!observer_) return;
  std::list<Item> one;
  try {
    one.emplace_back(Trouble{std::string(what).append(more)});
  } catch (...) {
    ++errors_;
  }
  push(std::move(one));
}

void Notifier::call(std::list<detail::Callback>&& callbacks) noexcept {
  if (callbacks.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    callbacks_.splice(callbacks_.end(), callbacks);
  }
  changed_.notify_one();
}

void Notifier::push(std::list<Item>&& items) noexcept {
  if (items.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    items_.splice(items_.end(), items);
  }
  changed_.notify_one();
}

bool Notifier::run_once() {
  std::list<detail::Callback> callbacks;
  std::list<Item> items;
  {
    const std::lock_guard lock(mutex_);
    callbacks.swap(callbacks_);
    items.swap(items_);
    reports_ = 0;
    if (!again_.empty() && clock_->steady() >= again_at_) items.splice(items.end(), again_);
  }
  const bool any = !items.empty() || !callbacks.empty();
  for (const detail::Callback& callback : callbacks) answer(callback);
  while (!items.empty()) {
    std::list<Item> one;
    one.splice(one.begin(), items, items.begin());
    tell(std::move(one));
  }
  return any;
}

void Notifier::answer(const detail::Callback& callback) noexcept {
  try {
    callback.done(callback.stored);
  } catch (...) {
    ++errors_;
  }
}

void Notifier::tell(std::list<Item>&& one) noexcept {
  const Item& item = one.front();
  try {
    if (const auto* report = std::get_if<AttemptReport>(&item)) {
      observer_->attempt(*report);
    } else if (const auto* notice = std::get_if<NoticeItem>(&item)) {
      tell_notice(*notice);
    } else if (const auto* event = std::get_if<LostEvent>(&item)) {
      observer_->lost(*event);
    } else if (const auto* trouble = std::get_if<Trouble>(&item)) {
      observer_->store_trouble(trouble->what);
    }
  } catch (...) {
    ++errors_;
    if (!std::holds_alternative<NoticeItem>(item)) return;
    const std::lock_guard lock(mutex_);
    again_.splice(again_.end(), one);
    again_at_ = clock_->steady() + again_after;
  }
}

// Told, but not noted as told, it is told again: once more rather than never.
void Notifier::tell_notice(const NoticeItem& item) {
  observer_->notice(item.notice);
  told_(item.key);
}

void Notifier::run() {
  std::unique_lock lock(mutex_);
  const auto nothing = [this] { return items_.empty() && callbacks_.empty(); };
  while (true) {
    if (nothing() && !stopping_)
      changed_.wait_for(lock, again_after, [&] { return !nothing() || stopping_; });
    if (stopping_ && nothing()) return;
    if (!stopping_) {
      lock.unlock();
      run_once();
      lock.lock();
      continue;
    }
    // One at a time once stopping, so that a slow observer can't hold up the end. When the time is
    // up only what nobody would ever hear of otherwise is told: receipts and lost events. Notices
    // are in the store, and so is the history.
    if (!callbacks_.empty()) {
      std::list<detail::Callback> one;
      one.splice(one.begin(), callbacks_, callbacks_.begin());
      lock.unlock();
      answer(one.front());
      lock.lock();
      continue;
    }
    std::list<Item> one;
    one.splice(one.begin(), items_, items_.begin());
    if (!std::holds_alternative<LostEvent>(one.front()) && clock_->steady() >= stop_at_) continue;
    lock.unlock();
    tell(std::move(one));
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
