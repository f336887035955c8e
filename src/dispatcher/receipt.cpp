#include "hookwright/receipt.hpp"

#include <utility>

#include "dispatcher/core.hpp"
#include "dispatcher/receipt_state.hpp"

namespace hookwright {

namespace detail {

std::list<Callback> ReceiptState::settle(Stored outcome, EventId first,
                                         std::string_view reason) noexcept {
  std::list<Callback> due;
  {
    const std::lock_guard lock(mutex);
    if (stored != Stored::pending) return due;
    try {
      why = reason;
    } catch (...) {
    }
    stored = outcome;
    if (first) event = first;
    due.swap(callbacks);
    for (Callback& callback : due) callback.stored = outcome;
  }
  known.notify_all();
  return due;
}

}  // namespace detail

std::string Receipt::message() const {
  if (!state_) return message_;
  const std::lock_guard lock(state_->mutex);
  return state_->why;
}

EventId Receipt::event() const {
  if (!state_) return {};
  const std::lock_guard lock(state_->mutex);
  return state_->event;
}

Stored Receipt::stored() const {
  if (!state_) return Stored::no;
  const std::lock_guard lock(state_->mutex);
  return state_->stored;
}

Stored Receipt::wait(Duration at_most) const {
  if (!state_) return Stored::no;
  DispatcherCore* core = nullptr;
  {
    const std::lock_guard lock(state_->link->mutex);
    core = state_->link->core;
  }
  if (core != nullptr &&
      !core->has_threads()) {  // this thread is the dispatcher's: nobody else does the work
    core->work_until([this] { return stored() != Stored::pending; }, at_most);
    return stored();
  }
  std::unique_lock lock(state_->mutex);
  state_->known.wait_for(lock, std::min(at_most, longest_span),
                         [this] { return state_->stored != Stored::pending; });
  return state_->stored;
}

void Receipt::on_stored(std::function<void(Stored)> done) const {
  if (!state_) {
    done(Stored::no);
    return;
  }
  Stored outcome = Stored::pending;
  {
    const std::lock_guard lock(state_->mutex);
    outcome = state_->stored;
    if (outcome == Stored::pending) {
      state_->callbacks.push_back({.done = std::move(done)});
      return;
    }
  }
  done(outcome);
}

}  // namespace hookwright
