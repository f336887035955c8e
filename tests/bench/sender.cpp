// hookwright as the workloads see it: a dispatcher on a store, one thread that publishes, and a
// receiver elsewhere.
//
// Arguments: those of options_for() and urls_of(), rate= (events a second; 0: as many as are
// delivered), window= (events that may be under way then), warm= (seconds more). Also sick=<how
// many endpoints that hang, on sick_port= and the ports behind it> and backlog=<rows due now at one
// endpoint, on sick_port=>. Answers `ready` after the warm-up; then to "measure <seconds>": rate,
// cpu_us, commits, rows of a commit, rss_mib, failed.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <thread>

#include "bench/roles.hpp"
#include "bench/subject.hpp"

namespace bench {
namespace {

void sleep_until(double when) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(when);
  time.tv_nsec = static_cast<long>((when - std::floor(when)) * 1e9);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

class Sender {
 public:
  explicit Sender(const Arguments& arguments)
      : rate_(number(arguments, "rate")),
        window_(static_cast<std::uint64_t>(number(arguments, "window", 1'536))),
        dispatcher_(options_for(arguments)) {
    const std::vector<std::string> urls = urls_of(arguments);
    subscribe(dispatcher_, urls);
    for (std::size_t i = 0; i < urls.size(); ++i) healthy_.push_back(tenant_of(i));
    publisher_ = std::thread([this] { rate_ == 0 ? publish_all_that_goes() : publish_in_time(); });
    sleep_seconds(0.3);  // everybody has answered once
    add_sick(arguments);
    sleep_seconds(number(arguments, "warm", 0));
  }

  ~Sender() {
    stop_ = true;
    publisher_.join();
    dispatcher_.shutdown(std::chrono::seconds(0));
  }

  Values measure(double seconds) {
    const hookwright::Metrics before = dispatcher_.metrics();
    const double cpu = cpu_seconds();
    const double start = now_seconds();
    sleep_seconds(seconds);
    const hookwright::Metrics after = dispatcher_.metrics();
    const double cpu_spent = cpu_seconds() - cpu;
    const double elapsed = now_seconds() - start;
    const auto delivered = static_cast<double>(after.delivered - before.delivered);
    const auto commits = static_cast<double>(after.commits - before.commits);
    return {{"rate", delivered / elapsed},
            {"cpu_us", cpu_spent / delivered * 1e6},
            {"commits", commits / elapsed},
            {"rows", delivered / commits},
            {"rss_mib", resident_mib()},
            {"in_flight", static_cast<double>(after.in_flight)},
            {"failed", static_cast<double>(after.failed + after.spared)}};
  }

 private:
  void add_sick(const Arguments& arguments) {
    const auto hanging = static_cast<std::size_t>(number(arguments, "sick"));
    if (hanging > 0) {
      const std::vector<std::string> urls = urls_of({{"kind", "ports"},
                                                     {"count", std::to_string(hanging)},
                                                     {"port", text(arguments, "sick_port")},
                                                     {"path", "/hang"}});
      subscribe(dispatcher_, urls, healthy_.size());
      // Enough for each to have one under way all the time.
      for (int events = 0; events < 3; ++events) {
        for (std::size_t i = 0; i < hanging; ++i) publish_surely(tenant_of(healthy_.size() + i));
      }
    }
    const auto rows = static_cast<std::size_t>(number(arguments, "backlog"));
    if (rows > 0) {
      const std::string tenant = tenant_of(healthy_.size());
      const std::vector<std::string> urls =  // a host of its own, as far as bounds go
          urls_of({{"kind", "ports"}, {"count", "1"}, {"port", text(arguments, "sick_port")}});
      subscribe(dispatcher_, urls, healthy_.size());
      for (std::size_t i = 1; i < rows; ++i) publish_surely(tenant);
      publish_surely(tenant).wait(
          std::chrono::minutes(1));  // all of them are rows, and none queued
    }
  }

  hookwright::Receipt publish_surely(const std::string& tenant) {
    for (;;) {
      hookwright::Receipt receipt = dispatcher_.publish(tenant, Sent{});
      if (receipt.queued()) return receipt;
      sleep_seconds(0.001);
    }
  }

  // It rarely looks how far it is: what that costs counts as a delivery's.
  void publish_all_that_goes() {
    std::uint64_t published = 0;
    while (!stop_) {
      const std::uint64_t room = dispatcher_.metrics().delivered + window_ - published;
      bool taken = room > 0;
      for (std::uint64_t i = 0; taken && i < std::min<std::uint64_t>(room, 64); ++i) {
        taken = publish_one();
        if (taken) ++published;
      }
      if (!taken) sleep_seconds(0.004);
    }
  }

  void publish_in_time() {
    for (double due = now_seconds(); !stop_; due += 1 / rate_) {
      sleep_until(due);
      publish_one();
    }
  }

  bool publish_one() {
    return dispatcher_.publish(healthy_[next_++ % healthy_.size()], Sent::now()).queued();
  }

  double rate_;
  std::uint64_t window_;
  hookwright::Dispatcher dispatcher_;
  std::vector<std::string> healthy_;
  std::size_t next_ = 0;
  std::atomic<bool> stop_{false};
  std::thread publisher_;
};

}  // namespace

void sender(const Arguments& arguments) {
  Sender sender(arguments);
  print({{"ready", 1}});
  for (std::string word; std::cin >> word;) {
    double seconds = 0;
    std::cin >> seconds;
    print(sender.measure(seconds));
  }
}

}  // namespace bench
