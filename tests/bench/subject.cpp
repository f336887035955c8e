#include "bench/subject.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "hookwright/stores/memory.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/transports/curl.hpp"
#include "hookwright/transports/http1.hpp"

namespace bench {
namespace {

class LoopbackResolver final : public hookwright::Resolver {
 public:
  void resolve(std::string, hookwright::SteadyTime, Done done) override {
    done({.status = hookwright::ResolveStatus::resolved,
          .addresses = {*hookwright::IpAddress::parse("127.0.0.1")}});
  }
};

class PromptTransport final : public hookwright::Transport {
 public:
  void start(hookwright::RequestId id, hookwright::Request&&) override {
    hookwright::Completion completion;
    completion.id = id;
    completion.status = 204;
    done_.push_back(std::move(completion));
  }
  void poll(hookwright::SteadyTime until, std::vector<hookwright::Completion>& out) override {
    if (done_.empty()) {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, until, [this] { return woken_; });
      woken_ = false;
    }
    std::move(done_.begin(), done_.end(), std::back_inserter(out));
    done_.clear();
  }
  void cancel(hookwright::RequestId) override {}
  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::vector<hookwright::Completion> done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace

std::unique_ptr<hookwright::Transport> make_prompt_transport() {
  return std::make_unique<PromptTransport>();
}

void sleep_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

hookwright::Options options_for(const Arguments& arguments) {
  hookwright::Options options;
  if (text(arguments, "store", "sqlite") == "sqlite") {
    options.store = hookwright::make_sqlite_store({.path = text(arguments, "file")});
    options.sealing = hookwright::Sealing::none();
  } else {
    options.store = hookwright::make_memory_store();
  }
  options.catalog = hookwright::Catalog::of<Sent>();
  hookwright::Profile profile = hookwright::profiles::branded("Bench");
  profile.policy.in_flight_max = static_cast<std::size_t>(number(arguments, "in_flight", 64));
  profile.policy.deadline =
      std::chrono::milliseconds(static_cast<std::int64_t>(number(arguments, "deadline", 15) * 1e3));
  options.profiles = {profile};
  options.default_profile = profile.name;
  options.egress = hookwright::EgressPolicy::development();
  options.transport = [arguments](const hookwright::EgressPolicy& egress) {
    hookwright::CurlTransportOptions wanted;
    wanted.egress = egress;
    wanted.ca_file = text(arguments, "ca");
    wanted.connections_max = static_cast<std::size_t>(number(arguments, "connections", 1'000));
    if (arguments.contains("names")) wanted.resolver = std::make_shared<LoopbackResolver>();
    return text(arguments, "transport", "curl") == "curl"
               ? hookwright::make_curl_transport(std::move(wanted))
               : hookwright::make_http1_transport(std::move(wanted));
  };
  return options;
}

std::vector<std::string> urls_of(const Arguments& arguments) {
  const std::string kind = text(arguments, "kind", "one");
  const auto count = static_cast<std::size_t>(number(arguments, "count", 1));
  const auto port = static_cast<std::size_t>(number(arguments, "port"));
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < count; ++i) {
    std::string host = "127.0.0.1";
    if (kind == "addresses")
      host = "127.1." + std::to_string(i / 250) + '.' + std::to_string(i % 250 + 1);
    if (kind == "names") host = "receiver" + std::to_string(i) + ".test";
    const std::size_t at = kind == "ports" ? port + i : port;
    urls.push_back(text(arguments, "scheme", "http") + "://" + host + ':' + std::to_string(at) +
                   text(arguments, "path", "/ok"));
  }
  return urls;
}

void subscribe(hookwright::Dispatcher& dispatcher, const std::vector<std::string>& urls,
               std::size_t first_tenant) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  const std::size_t count = std::min<std::size_t>(64, urls.size());
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < urls.size(); at = next++) {
        const auto made = dispatcher.endpoints().create(
            tenant_of(first_tenant + at), {.url = urls[at],
                                           .events = {"bench.sent"},
                                           .secret = hookwright::Secret("a secret of some length"),
                                           .uid = "bench"});
        const bool there = made.ok() || made.outcome == hookwright::EndpointOutcome::uid_taken;
        if (!there) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace bench
