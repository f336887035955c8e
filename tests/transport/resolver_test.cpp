// The pool of resolver threads, with lookups that the test controls.

#include "hookwright/resolver.hpp"

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "transport/resolution_cache.hpp"
#include "transport/system_resolver.hpp"

using namespace hookwright;
using namespace std::chrono_literals;
using transport::Lookup;
using transport::make_pool_resolver;

namespace {

// Names as a network would have them: some stuck until the test frees them.
class Network {
 public:
  Lookup look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++lookups_[host];
    changed_.notify_all();
    changed_.wait(lock, [&] { return !stuck_.contains(host); });
    if (throwing_.contains(host)) throw std::bad_alloc();
    const auto found = results_.find(host);
    Lookup lookup;
    lookup.result = found == results_.end() ? Lookup::Result::found : found->second;
    if (lookup.result == Lookup::Result::found) {
      lookup.addresses.push_back(IpAddress::parse("192.0.2.1").value());
    }
    return lookup;
  }

  void set(const std::string& host, Lookup::Result result) {
    const std::lock_guard lock(mutex_);
    results_[host] = result;
  }

  void set_to_throw(const std::string& host, bool on) {
    const std::lock_guard lock(mutex_);
    if (on) {
      throwing_.insert(host);
    } else {
      throwing_.erase(host);
    }
  }

  void stick(const std::string& host) {
    const std::lock_guard lock(mutex_);
    stuck_.insert(host);
  }

  void free_all() {
    const std::lock_guard lock(mutex_);
    stuck_.clear();
    changed_.notify_all();
  }

  int lookups(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return lookups_[host];
  }

  // Until so many lookups of this name have begun.
  bool wait_for_lookups(const std::string& host, int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return lookups_[host] >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Lookup::Result> results_;
  std::map<std::string, int> lookups_;
  std::set<std::string> stuck_;
  std::set<std::string> throwing_;
};

// A resolver on a network of its own, which is freed when the test ends.
struct Fixture {
  explicit Fixture(const ResolverOptions& options = {})
      : resolver(make_pool_resolver(options, [network = network](const std::string& host) {
          return network->look_up(host);
        })) {}
  ~Fixture() { network->free_all(); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  std::future<Resolution> ask(const std::string& host, Duration deadline = 5s) const {
    const auto promise = std::make_shared<std::promise<Resolution>>();
    resolver->resolve(
        host, std::chrono::steady_clock::now() + deadline,
        [promise](Resolution resolution) { promise->set_value(std::move(resolution)); });
    return promise->get_future();
  }

  static Resolution wait(std::future<Resolution> future) {
    REQUIRE(future.wait_for(5s) == std::future_status::ready);
    return future.get();
  }

  ResolveStatus status(const std::string& host, Duration deadline = 5s) const {
    return wait(ask(host, deadline)).status;
  }

  // Until it has resolved, however long a busy machine takes to get round to the lookup: where that
  // has a limit, it may be over it.
  void prove(const std::string& host) const {
    ResolveStatus last = ResolveStatus::not_resolved;
    for (int i = 0; i < 100 && last != ResolveStatus::resolved; ++i) last = status(host);
    REQUIRE(last == ResolveStatus::resolved);
  }

  // Until a thread is stuck with it.
  void jam(const std::string& host) const {
    network->stick(host);
    for (int i = 0; i < 100 && network->lookups(host) == 0; ++i) {
      CHECK(status(host) != ResolveStatus::resolved);
    }
    REQUIRE(network->lookups(host) == 1);
  }

  std::shared_ptr<Network> network = std::make_shared<Network>();
  std::shared_ptr<Resolver> resolver;
};

ResolverOptions quick() {
  ResolverOptions options;
  options.lookup_max = 150ms;
  return options;
}

}  // namespace

TEST_CASE("a name is looked up once and then remembered") {
  Fixture fixture;
  const Resolution resolution = Fixture::wait(fixture.ask("a.test"));
  CHECK(resolution.status == ResolveStatus::resolved);
  REQUIRE(resolution.addresses.size() == 1);
  CHECK(resolution.addresses[0].text() == "192.0.2.1");

  // From the cache, on the caller's own thread.
  CHECK(fixture.ask("a.test").wait_for(0s) == std::future_status::ready);
  CHECK(fixture.network->lookups("a.test") == 1);
}

TEST_CASE("a remembered name is looked up again after a while") {
  ResolverOptions options;
  options.positive_ttl = 0ms;
  Fixture fixture(options);
  for (int i = 0; i < 3; ++i) CHECK(fixture.status("a.test") == ResolveStatus::resolved);
  CHECK(fixture.network->lookups("a.test") == 3);
}

TEST_CASE("a name that does not exist is remembered too") {
  Fixture fixture;
  fixture.network->set("no.test", Lookup::Result::no_such_name);
  for (int i = 0; i < 3; ++i) CHECK(fixture.status("no.test") == ResolveStatus::not_resolved);
  CHECK(fixture.network->lookups("no.test") == 1);
}

TEST_CASE("several questions for a name share one lookup") {
  Fixture fixture;
  fixture.network->stick("a.test");
  std::vector<std::future<Resolution>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(fixture.ask("a.test"));
  fixture.network->free_all();
  for (auto& answer : answers) {
    CHECK(Fixture::wait(std::move(answer)).status == ResolveStatus::resolved);
  }
  CHECK(fixture.network->lookups("a.test") == 1);
}

TEST_CASE("an answer comes by the deadline though the lookup is stuck") {
  Fixture fixture;
  CHECK(fixture.status("good.test") == ResolveStatus::resolved);
  fixture.network->stick("tarpit.test");
  CHECK(fixture.status("tarpit.test", 20ms) == ResolveStatus::not_resolved);
}

TEST_CASE("a lookup has a limit of its own, and a stuck name holds one thread only") {
  ResolverOptions options = quick();
  options.negative_ttl = 0ms;
  Fixture fixture(options);
  fixture.prove("good.test");
  fixture.jam("tarpit.test");
  for (int i = 0; i < 3; ++i) CHECK(fixture.status("tarpit.test") == ResolveStatus::not_resolved);
  CHECK(fixture.network->lookups("tarpit.test") == 1);
}

TEST_CASE("a stuck lookup that comes back is used") {
  ResolverOptions options = quick();
  options.negative_ttl = 0ms;
  Fixture fixture(options);
  fixture.jam("late.test");
  fixture.network->free_all();
  fixture.prove("late.test");
  CHECK(fixture.network->lookups("late.test") == 1);
}

TEST_CASE("the resolver is down only while no name at all resolves") {
  Fixture fixture;
  fixture.network->set("silent.test", Lookup::Result::no_answer);
  fixture.network->set("mute.test", Lookup::Result::no_answer);
  fixture.network->set("no.test", Lookup::Result::no_such_name);
  CHECK(fixture.status("silent.test") == ResolveStatus::unavailable);
  CHECK(fixture.status("silent.test") == ResolveStatus::unavailable);
  CHECK(fixture.network->lookups("silent.test") == 2);  // not remembered: it was not its fault

  // A server that says "no such name" works.
  CHECK(fixture.status("no.test") == ResolveStatus::not_resolved);
  CHECK(fixture.status("silent.test") == ResolveStatus::not_resolved);
  CHECK(fixture.status("mute.test") == ResolveStatus::not_resolved);
}

TEST_CASE("a shortage of ours is not the name's fault") {
  Fixture fixture;
  CHECK(fixture.status("good.test") == ResolveStatus::resolved);
  fixture.network->set("a.test", Lookup::Result::shortage);
  CHECK(fixture.status("a.test") == ResolveStatus::unavailable);
}

TEST_CASE("a lookup that fails for want of memory is answered, and the next one works") {
  Fixture fixture;
  fixture.prove("good.test");
  fixture.network->set_to_throw("a.test", true);
  CHECK(fixture.status("a.test") == ResolveStatus::unavailable);
  fixture.network->set_to_throw("a.test", false);
  CHECK(fixture.status("a.test") == ResolveStatus::resolved);
}

TEST_CASE("who can't take an answer does not end the resolver") {
  Fixture fixture;
  for (const char* host : {"a.test", "b.test"}) {
    fixture.resolver->resolve(host, std::chrono::steady_clock::now() + 5s,
                              [](Resolution) { throw std::bad_alloc(); });
    CHECK(fixture.status(host) == ResolveStatus::resolved);
  }
  fixture.network->stick("stuck.test");
  fixture.resolver->resolve("stuck.test", std::chrono::steady_clock::now() + 10ms,
                            [](Resolution) { throw std::bad_alloc(); });
  CHECK(fixture.status("stuck.test", 20ms) != ResolveStatus::resolved);
  CHECK(fixture.status("c.test") == ResolveStatus::resolved);
}

TEST_CASE("when most threads are stuck, new names fail at once and known ones do not") {
  ResolverOptions options = quick();
  options.threads = 4;
  options.negative_ttl = 0ms;
  Fixture fixture(options);
  fixture.prove("good.test");
  // A quarter of the threads is kept for names that resolve.
  for (const char* host : {"1.test", "2.test", "3.test"}) fixture.jam(host);
  // The last one may have begun a moment after it was asked for, and so be overdue a moment later.
  std::string detail;
  for (int i = 0; i < 100 && detail != "the resolver's threads are stuck"; ++i) {
    const std::string host = "new" + std::to_string(i) + ".test";
    detail = Fixture::wait(fixture.ask(host, 20ms)).detail;
    CHECK(fixture.network->lookups(host) == 0);
  }
  CHECK(detail == "the resolver's threads are stuck");
  fixture.prove("good.test");
}

TEST_CASE("a name that resolved is answered from memory while its servers do not answer") {
  ResolverOptions options = quick();
  options.positive_ttl = 0ms;
  const bool silent = GENERATE(false, true);
  Fixture fixture(options);
  fixture.prove("good.test");
  const int lookups = fixture.network->lookups("good.test");
  if (silent) {
    fixture.network->set("good.test", Lookup::Result::no_answer);
  } else {
    fixture.network->stick("good.test");
  }
  const Resolution old = Fixture::wait(fixture.ask("good.test"));
  CHECK(old.status == ResolveStatus::resolved);
  CHECK(old.addresses.size() == 1);
  // From now on for a while without waiting.
  CHECK(fixture.ask("good.test").wait_for(0s) == std::future_status::ready);
  CHECK(fixture.network->wait_for_lookups("good.test", lookups + 1));
  CHECK(fixture.network->lookups("good.test") == lookups + 1);
}

TEST_CASE("a name that is gone is gone, whatever it was before") {
  ResolverOptions options = quick();
  options.positive_ttl = 0ms;
  options.negative_ttl = 0ms;
  Fixture fixture(options);
  fixture.prove("good.test");
  fixture.network->set("good.test", Lookup::Result::no_such_name);
  // Where the machine is too busy for the lookup, the old answer stands in.
  ResolveStatus status = ResolveStatus::resolved;
  for (int i = 0; i < 100 && status == ResolveStatus::resolved; ++i) {
    status = fixture.status("good.test");
  }
  CHECK(status == ResolveStatus::not_resolved);
  fixture.network->set("good.test", Lookup::Result::no_answer);
  CHECK(fixture.status("good.test") == ResolveStatus::not_resolved);
}

TEST_CASE("an old answer stands in for so long and no longer") {
  ResolverOptions options = quick();
  options.positive_ttl = 0ms;
  options.stale_max = 0ms;
  Fixture fixture(options);
  fixture.prove("good.test");
  fixture.network->stick("good.test");
  CHECK(fixture.status("good.test") != ResolveStatus::resolved);
}

TEST_CASE("a name that resolved finds a thread though all others are stuck") {
  ResolverOptions options = quick();
  options.threads = 4;
  options.positive_ttl = 0ms;
  options.negative_ttl = 0ms;
  Fixture fixture(options);
  fixture.prove("good.test");
  for (const char* host : {"1.test", "2.test", "3.test"}) fixture.jam(host);
  for (int i = 0; i < 100 && fixture.network->lookups("good.test") < 5; ++i) {
    CHECK(fixture.status("good.test") == ResolveStatus::resolved);
  }
  CHECK(fixture.network->lookups("good.test") >= 5);
}

TEST_CASE("a full queue refuses at once") {
  ResolverOptions options;
  options.threads = 1;
  options.queue_max = 2;
  Fixture fixture(options);
  fixture.network->stick("busy.test");
  auto busy = fixture.ask("busy.test");
  REQUIRE(fixture.network->wait_for_lookups("busy.test", 1));
  auto first = fixture.ask("1.test");
  auto second = fixture.ask("2.test");
  auto third = fixture.ask("3.test");
  CHECK(third.wait_for(0s) == std::future_status::ready);
  CHECK(third.get().status == ResolveStatus::unavailable);
  // Whoever asks for what is on its way already needs no room.
  auto again = fixture.ask("1.test");
  fixture.network->free_all();
  for (auto* answer : {&busy, &first, &second, &again}) {
    CHECK(Fixture::wait(std::move(*answer)).status == ResolveStatus::resolved);
  }
}

TEST_CASE("a name that nobody waits for any more is not looked up") {
  ResolverOptions options = quick();
  options.threads = 1;
  Fixture fixture(options);
  fixture.network->stick("busy.test");
  auto busy = fixture.ask("busy.test");
  REQUIRE(fixture.network->wait_for_lookups("busy.test", 1));
  CHECK(fixture.status("abandoned.test", 10ms) != ResolveStatus::resolved);
  fixture.network->free_all();
  fixture.prove("next.test");
  CHECK(fixture.network->lookups("abandoned.test") == 0);
}

TEST_CASE("a resolver goes without waiting for a stuck lookup, and answers whoever waits") {
  const auto network = std::make_shared<Network>();
  std::future<Resolution> answer;
  {
    Fixture fixture;
    fixture.network->stick("tarpit.test");
    answer = fixture.ask("tarpit.test");
    REQUIRE(fixture.network->wait_for_lookups("tarpit.test", 1));
    fixture.resolver.reset();
    CHECK(answer.wait_for(0s) == std::future_status::ready);
  }
  CHECK(answer.get().status == ResolveStatus::unavailable);
}

TEST_CASE("a resolver may be let go from within its own answer") {
  Fixture fixture;
  std::promise<void> done;
  auto owner = std::make_shared<std::shared_ptr<Resolver>>(fixture.resolver);
  fixture.resolver.reset();
  (*owner)->resolve("a.test", std::chrono::steady_clock::now() + 5s, [&done, owner](Resolution) {
    owner->reset();
    done.set_value();
  });
  CHECK(done.get_future().wait_for(5s) == std::future_status::ready);
}

TEST_CASE("many threads may ask at once") {
  Fixture fixture;
  std::mutex mutex;
  std::size_t resolved = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        auto answer = fixture.ask("n" + std::to_string(i) + ".test");
        const bool good = answer.get().status == ResolveStatus::resolved;
        const std::lock_guard lock(mutex);
        resolved += good ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(resolved == 400);
  CHECK(fixture.network->lookups("n7.test") == 1);
}

TEST_CASE("the operating system knows localhost") {
  const auto resolver = make_system_resolver();
  std::promise<Resolution> promise;
  resolver->resolve("localhost", std::chrono::steady_clock::now() + 5s,
                    [&](Resolution resolution) { promise.set_value(std::move(resolution)); });
  const Resolution resolution = Fixture::wait(promise.get_future());
  CHECK(resolution.status == ResolveStatus::resolved);
  REQUIRE(!resolution.addresses.empty());
  for (const IpAddress& address : resolution.addresses) {
    CHECK((address.text() == "127.0.0.1" || address.text() == "::1"));
  }
}

TEST_CASE("a resolver's options are checked") {
  const auto refusal = [](auto change) -> std::string {
    ResolverOptions options;
    change(options);
    try {
      static_cast<void>(make_system_resolver(options));
    } catch (const ConfigError& error) {
      return error.field();
    }
    return {};
  };
  CHECK(refusal([](auto&) {}).empty());
  CHECK(refusal([](auto& o) { o.threads = 0; }) == "resolver.threads");
  CHECK(refusal([](auto& o) { o.threads = 257; }) == "resolver.threads");
  CHECK(refusal([](auto& o) { o.queue_max = 0; }) == "resolver.queue_max");
  CHECK(refusal([](auto& o) { o.lookup_max = 0ms; }) == "resolver.lookup_max");
  CHECK(refusal([](auto& o) { o.positive_ttl = -1ms; }) == "resolver.positive_ttl");
  CHECK(refusal([](auto& o) { o.negative_ttl = 25h; }) == "resolver.negative_ttl");
  CHECK(refusal([](auto& o) { o.stale_max = -1ms; }) == "resolver.stale_max");
  CHECK(refusal([](auto& o) { o.cache_max = 0; }) == "resolver.cache_max");
}

TEST_CASE("the cache forgets the least recently used name, and keeps an address first") {
  transport::ResolutionCache cache(2);
  const SteadyTime now{};
  const auto resolution = [](const std::vector<std::string>& texts) {
    Resolution result;
    result.status = ResolveStatus::resolved;
    for (const std::string& text : texts)
      result.addresses.push_back(IpAddress::parse(text).value());
    return result;
  };
  cache.put("a", resolution({"192.0.2.1", "192.0.2.2"}), now + 1s, now + 3s);
  cache.put("b", resolution({"192.0.2.3"}), now + 1s, now + 3s);
  REQUIRE(cache.find("a", now));
  cache.put("c", resolution({"192.0.2.4"}), now + 1s, now + 3s);
  CHECK(!cache.find("b", now));
  REQUIRE(cache.find("a", now));
  CHECK(!cache.find("a", now + 1s));

  REQUIRE(cache.find_old("a", now + 1s));
  cache.renew("a", now + 9s);
  CHECK(cache.find("a", now + 2s));
  CHECK(!cache.find("a", now + 3s));
  CHECK(!cache.find_old("a", now + 3s));
  cache.put("none", Resolution{}, now + 1s, now + 3s);
  CHECK(!cache.find_old("none", now + 1s));

  cache.put("a", resolution({"192.0.2.2", "192.0.2.5", "192.0.2.1"}), now + 2s, now + 2s);
  REQUIRE(cache.find("a", now + 1s));
  CHECK(cache.find("a", now + 1s)->addresses[0].text() == "192.0.2.1");
  CHECK(cache.find("a", now + 1s)->addresses.size() == 3);
}
