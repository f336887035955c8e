#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dispatcher/receipt_state.hpp"
#include "hookwright/clock.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

namespace engine {
struct Submission;
}

// Tells the observer, one call after the other, on a thread of its own or when asked to. What it
// has been given it needs no memory to pass on.
class Notifier {
 public:
  // `told`: a notice has been heard, and may be forgotten.
  Notifier(std::shared_ptr<Observer> observer, std::shared_ptr<Clock> clock,
           std::size_t reports_max, std::function<void(const std::string&)> told);

  // Any thread. Where there is no memory for it a report is dropped and counted, as when there are
  // too many; a notice throws, and is given again; the rest is not told.
  void attempt(AttemptReport&& report) noexcept;
  void dropped_one() noexcept { ++dropped_; }
  void notice(Notice&& notice, const std::string& key);
  void lost(const engine::Submission& submission, std::string_view why) noexcept;
  void trouble(std::string_view what, std::string_view more) noexcept;
  void call(std::list<detail::Callback>&& callbacks) noexcept;
  [[nodiscard]] bool has_observer() const { return observer_ != nullptr; }

  // Tells what has gathered, on the calling thread. True if there was something.
  bool run_once();

  // The body of the notifier's thread: until stop() and, if time allows, the queue is empty.
  void run();
  void stop(Duration at_most);

  // When run_once() has a notice to tell again.
  [[nodiscard]] std::optional<SteadyTime> next_wake();

  [[nodiscard]] std::uint64_t errors() const { return errors_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct NoticeItem {
    Notice notice{};
    std::string key{};
  };
  struct Trouble {
    std::string what{};
  };
  using Item = std::variant<AttemptReport, NoticeItem, LostEvent, Trouble>;

  void push(std::list<Item>&& items) noexcept;
  void tell(std::list<Item>&& one) noexcept;
  void tell_notice(const NoticeItem& item);
  void answer(const detail::Callback& callback) noexcept;

  std::shared_ptr<Observer> observer_;
  std::shared_ptr<Clock> clock_;
  std::size_t reports_max_;
  std::function<void(const std::string&)> told_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<detail::Callback> callbacks_;
  std::list<Item> items_;
  std::size_t reports_ = 0;  // among items_
  std::list<Item> again_;    // notices that the observer did not take
  SteadyTime again_at_{};
  bool stopping_ = false;
  SteadyTime stop_at_{};
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace hookwright
