#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/resolver.hpp"
#include "transport/lookup.hpp"
#include "transport/resolution_cache.hpp"

namespace hookwright::transport {

// All that the threads of a resolver touch. They own it together, so that one that is stuck in the
// operating system finds it sound whenever it comes back.
class ResolverPool {
 public:
  ResolverPool(const ResolverOptions& options, std::function<Lookup(const std::string&)> look_up);

  void resolve(const std::shared_ptr<ResolverPool>& self, const std::string& host,
               SteadyTime deadline, Resolver::Done done);
  void stop();

 private:
  // Whoever asked for a name. Lives in a question and in the list of deadlines.
  struct Waiter {
    Resolver::Done done{};  // empty once it has been called
  };
  using WaiterPtr = std::shared_ptr<Waiter>;

  // A name that is being looked up, or is to be.
  struct Question {
    std::vector<WaiterPtr> waiters{};
    SteadyTime overdue{};  // by then the answer should have come
    bool proven = false;   // it resolved the last time
    bool asked = false;    // it is in a queue, or with a worker
  };

  struct Worker {
    std::thread thread{};
    bool busy = false;
    SteadyTime overdue{};  // of what it is busy with
  };

  // What to call once the lock is open.
  using Answers = std::vector<std::pair<Resolver::Done, Resolution>>;
  static void call(Resolver::Done& done, Resolution&& resolution) noexcept;
  static void call(Answers& answers) noexcept;

  std::optional<Resolution> answer_at_once(const std::string& host, SteadyTime now);
  void ask(const std::string& host, SteadyTime deadline, SteadyTime now, Resolver::Done done);
  bool start_threads(const std::shared_ptr<ResolverPool>& self);
  void work(std::size_t index);
  void look_up_next(std::unique_lock<std::mutex>& lock, Worker& worker);
  void give_up(std::unique_lock<std::mutex>& lock, const std::string& host) noexcept;
  void keep_time();
  void take_answer(const std::string& host, Lookup&& lookup, SteadyTime asked, Answers& answers);
  Resolution judge(const std::string& host, Lookup&& lookup, SteadyTime asked, SteadyTime now);
  Resolution overdue_answer(const std::string& host, SteadyTime now);
  const Resolution* old_answer(const std::string& host, SteadyTime now);

  [[nodiscard]] std::size_t startable() const;
  [[nodiscard]] bool is_wanted(const Question& question) const;
  [[nodiscard]] bool names_resolve(SteadyTime now) const;
  [[nodiscard]] std::size_t stuck(SteadyTime now) const;
  [[nodiscard]] Resolution no_answer(std::string detail, SteadyTime now) const;

  const ResolverOptions options_;
  const std::function<Lookup(const std::string&)> look_up_;
  const std::size_t unproven_max_;  // workers that may be busy with names that are not proven

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable time_;
  ResolutionCache cache_;
  std::unordered_map<std::string, Question> questions_;
  std::deque<std::string> proven_;  // of questions_, not yet begun
  std::deque<std::string> unproven_;
  std::multimap<SteadyTime, std::pair<std::string, WaiterPtr>> deadlines_;
  std::deque<Worker> workers_;  // never moved: each thread keeps hold of its own
  std::thread timekeeper_;
  std::size_t idle_ = 0;
  std::size_t busy_unproven_ = 0;
  std::optional<SteadyTime> last_answer_;  // when a server last said anything about any name
  bool stopped_ = false;
};

}  // namespace hookwright::transport
