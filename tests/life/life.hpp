#pragma once

// One endpoint and all that can become of it.

#include <string>
#include <utility>
#include <vector>

#include "dispatcher/world.hpp"

namespace life_test {

using namespace dispatcher_test;

constexpr const char* host = "a.example.com";

// Of exact delays, named "test", so that World::options() takes it.
inline Profile like(Profile profile) {
  profile.policy.jitter_max = 0;
  profile.family.clear();
  return profile;
}

struct Life {
  explicit Life(Profile profile, StoreKind kind = StoreKind::memory)
      : world(kind),
        profile_(std::move(profile)),
        dispatcher(std::make_unique<Dispatcher>(world.options(profile_))) {}

  void subscribe_one() { endpoint = subscribe(*dispatcher, "acme", host); }
  void restart() {
    dispatcher.reset();
    dispatcher = std::make_unique<Dispatcher>(world.options(profile_));
  }

  Endpoints& endpoints() { return dispatcher->endpoints(); }
  Endpoint now() { return look_up(*dispatcher, endpoint); }
  void answer(int status) { world.net->answer(host, SimulatedAnswer{.status = status}); }
  void publish(std::int64_t n, const PublishOptions& options = {}) {
    dispatcher->publish("acme", Numbered{.n = n}, options);
  }
  void run(Duration span) { world.run(*dispatcher, span); }
  std::vector<std::int64_t> numbers() { return world.net->numbers(host); }
  std::size_t waiting() { return endpoints().backlog("acme", endpoint.id).value_or(999'999); }
  std::vector<DeadLetter> letters() {
    return endpoints().dead_letters("acme", endpoint.id, {}, 1'000).rows;
  }
  std::size_t told(NoticeKind kind) { return world.observer->count(kind); }

  // Nothing gets lost on the way, and nothing is counted twice.
  void check_sums() {
    const Metrics m = dispatcher->metrics();
    std::size_t wait = 0;
    for (const Endpoint& one : endpoints().list("acme").rows)
      wait += endpoints().backlog("acme", one.id).value_or(999'999);
    CHECK(m.accepted == m.delivered + m.dead + m.cancelled + wait);
  }

  World world;
  Profile profile_;
  std::unique_ptr<Dispatcher> dispatcher;
  Endpoint endpoint{};
};

}  // namespace life_test
