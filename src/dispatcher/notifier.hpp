#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hookwright/clock.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// Tells the observer, one call after the other, on a thread of its own or when asked to.
class Notifier {
 public:
  // `told`: a notice has been heard, and may be forgotten.
  Notifier(std::shared_ptr<Observer> observer, std::shared_ptr<Clock> clock,
           std::size_t reports_max, std::function<void(std::string)> told);

  // Any thread.
  void attempt(AttemptReport&& report);
  void notice(Notice&& notice, std::string key);
  void lost(LostEvent&& event);
  void trouble(std::string what);
  void call(std::function<void()> callback);
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
  using Item = std::variant<AttemptReport, NoticeItem, LostEvent, Trouble, std::function<void()>>;

  void push(Item&& item);
  void tell(Item&& item);
  void tell_notice(NoticeItem&& item);

  std::shared_ptr<Observer> observer_;
  std::shared_ptr<Clock> clock_;
  std::size_t reports_max_;
  std::function<void(std::string)> told_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::size_t reports_ = 0;  // among items_
  std::vector<NoticeItem> again_;
  SteadyTime again_at_{};
  bool stopping_ = false;
  SteadyTime stop_at_{};
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace hookwright
