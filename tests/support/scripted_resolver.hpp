#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "hookwright/resolver.hpp"

namespace hookwright::testing {

// Names and their addresses as the test says, answered at once on the caller's thread. A name that
// it doesn't know is not resolved; one that is held gets its answer when the test lets it go.
class ScriptedResolver final : public Resolver {
 public:
  void set(const std::string& host, const std::vector<std::string>& addresses) {
    Resolution resolution;
    resolution.status = ResolveStatus::resolved;
    for (const std::string& text : addresses) {
      resolution.addresses.push_back(IpAddress::parse(text).value());
    }
    set(host, std::move(resolution));
  }

  void set(const std::string& host, Resolution resolution) {
    const std::lock_guard lock(mutex_);
    answers_[host] = std::move(resolution);
  }

  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    hold_ = on;
  }

  // Answers all that was held, on this thread.
  void let_go() {
    std::vector<std::pair<std::string, Done>> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (auto& [host, done] : held) done(answer(host));
  }

  void resolve(std::string host, SteadyTime, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      ++asked_;
      if (hold_) {
        held_.emplace_back(std::move(host), std::move(done));
        return;
      }
    }
    done(answer(host));
  }

  [[nodiscard]] std::size_t asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  Resolution answer(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(host);
    return found == answers_.end() ? Resolution{} : found->second;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Resolution> answers_;
  std::vector<std::pair<std::string, Done>> held_;
  std::size_t asked_ = 0;
  bool hold_ = false;
};

}  // namespace hookwright::testing
