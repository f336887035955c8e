#pragma once

// What the tests of the dispatcher have in common: a world of its own for each test, in virtual
// time, with a network that the test scripts host by host and that remembers what arrived.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "dispatcher/storage.hpp"
#include "hookwright/dispatcher.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"

namespace dispatcher_test {

using namespace hookwright;
using namespace std::chrono_literals;
using testing::SimulatedAnswer;
using testing::SimulatedTransport;
using testing::VirtualClock;

// --- Events

struct Numbered {
  static constexpr std::string_view event_type = "test.numbered";
  std::int64_t n = 0;
  std::string text{};
  void fields(auto& f) const {
    f("n", n);
    f("text", text);
  }
};

struct Other {
  static constexpr std::string_view event_type = "test.other.kind";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

struct Measured {
  static constexpr std::string_view event_type = "measured";
  double value = 0;
  void fields(auto& f) const { f("value", value); }
};

// The number that a body of these events carries; -1 if there is none.
inline std::int64_t number_in(std::string_view body) {
  const auto at = body.find("\"n\":");
  if (at == std::string_view::npos) return -1;
  return std::strtoll(std::string(body.substr(at + 4, 20)).c_str(), nullptr, 10);
}

// --- The network

// One request, as its receiver saw it.
struct Arrival {
  SteadyTime steady{};
  TimePoint wall{};
  std::string host{};
  std::string url{};
  std::vector<Header> headers{};
  std::shared_ptr<const std::string> body{};
  Duration allowed{};  // until its deadline
  bool slow = false;
  bool untried = false;

  [[nodiscard]] std::int64_t n() const { return number_in(*body); }

  // The value of the header in exactly this spelling; "(none)" if there is none.
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const Header& header : headers) {
      if (header.name == name) return header.value;
    }
    return "(none)";
  }
};

class Network {
 public:
  using Answer = std::function<SimulatedAnswer(const Arrival&)>;

  explicit Network(std::shared_ptr<VirtualClock> clock) : clock_(std::move(clock)) {}

  // How a host answers from now on; 200 after 10 ms unless said.
  void answer(const std::string& host, Answer answer) { answers_[host] = std::move(answer); }
  void answer(const std::string& host, SimulatedAnswer always) {
    answers_[host] = [always = std::move(always)](const Arrival&) { return always; };
  }

  // One transport on this network. It must not outlive it.
  std::unique_ptr<Transport> transport() {
    return std::make_unique<SimulatedTransport>(
        clock_, [this](const Request& request) { return arrive(request); }, true);
  }

  [[nodiscard]] const std::vector<Arrival>& arrivals() const { return arrivals_; }

  [[nodiscard]] std::vector<Arrival> to(std::string_view host) const {
    std::vector<Arrival> found;
    for (const Arrival& arrival : arrivals_) {
      if (arrival.host == host) found.push_back(arrival);
    }
    return found;
  }

  // The numbers that arrived at a host, in order.
  [[nodiscard]] std::vector<std::int64_t> numbers(std::string_view host) const {
    std::vector<std::int64_t> found;
    for (const Arrival& arrival : arrivals_) {
      if (arrival.host == host) found.push_back(arrival.n());
    }
    return found;
  }

  // Receivers hand HyperSnap's challenge back, and it is none of the arrivals.
  void pass_handshakes() { pass_handshakes_ = true; }

  void forget() { arrivals_.clear(); }
  void keep_headers(bool keep) { keep_headers_ = keep; }  // false: for very many requests

 private:
  SimulatedAnswer arrive(const Request& request) {
    if (pass_handshakes_ && request.body->starts_with(R"({"event":"webhook.verification",)"))
      return {.latency = Duration{0}, .body = *request.body};
    Arrival arrival;
    arrival.steady = clock_->steady();
    arrival.wall = clock_->wall();
    arrival.host = request.url.host;
    arrival.url = request.url.text;
    if (keep_headers_) arrival.headers = request.headers;
    arrival.body = request.body;
    arrival.allowed = std::chrono::floor<Duration>(request.deadline - arrival.steady);
    arrival.slow = request.slow;
    arrival.untried = request.untried;
    arrivals_.push_back(arrival);
    const auto answer = answers_.find(request.url.host);
    return answer == answers_.end() ? SimulatedAnswer{} : answer->second(arrival);
  }

  std::shared_ptr<VirtualClock> clock_;
  std::map<std::string, Answer> answers_;
  std::vector<Arrival> arrivals_;
  bool keep_headers_ = true;
  bool pass_handshakes_ = false;
};

// --- The observer

struct Recorder final : Observer {
  void attempt(const AttemptReport& report) override { attempts.push_back(report); }
  void notice(const Notice& notice) override {
    told += 1;
    if (notices_to_throw > 0) {
      notices_to_throw -= 1;
      throw std::runtime_error("the observer is unwell");
    }
    notices.push_back(notice);
  }
  void lost(const LostEvent& event) override { losses.push_back(event); }
  void store_trouble(const std::string& what) override { troubles.push_back(what); }

  [[nodiscard]] std::size_t count(NoticeKind kind) const {
    std::size_t found = 0;
    for (const Notice& notice : notices) found += notice.kind == kind ? 1U : 0U;
    return found;
  }

  std::vector<AttemptReport> attempts{};
  std::vector<Notice> notices{};
  std::vector<LostEvent> losses{};
  std::vector<std::string> troubles{};
  std::size_t told = 0;
  std::size_t notices_to_throw = 0;
};

// --- The world

// A profile without jitter, of no family: what it schedules is exact.
inline Profile exact_profile() {
  Profile profile = profiles::branded("Test");
  profile.policy.retries = {1min, 5min, 30min};
  profile.policy.jitter_max = 0;
  profile.policy.on_exhausted = OnExhausted::mark_failing;
  profile.policy.gone_disables = false;
  return profile;
}

inline Profile without_jitter(Profile profile) {
  profile.policy.jitter_max = 0;
  return profile;
}

[[nodiscard]] inline std::optional<std::int64_t> unaccounted(Dispatcher& dispatcher);

// Who has endpoints in this test's world.
inline std::set<std::string>& tenants_here() {
  static std::set<std::string> tenants;
  return tenants;
}

// Each test case that a kind of store could make a difference to runs with all of them:
//   World world(GENERATE(from_range(store_kinds())));
struct World {
  explicit World(StoreKind kind = StoreKind::memory) : storage(kind) {
    tenants_here() = {"acme", "umbrella"};
  }

  Storage storage;
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
  std::shared_ptr<Network> net = std::make_shared<Network>(clock);
  std::shared_ptr<Recorder> observer = std::make_shared<Recorder>();
  std::uint64_t seed = 0;
  std::map<const Dispatcher*, std::int64_t> sums{};  // since one was made last

  // Without threads, on this test's storage, with these events, exact_profile() as default.
  Options options() {
    Options options;
    options.store = storage.make();
    options.sealing = Sealing::none();
    options.catalog = Catalog::of<Numbered, Other, Measured>();
    options.profiles = {exact_profile()};
    options.default_profile = "test";
    options.transport = [net = net](const EgressPolicy&) { return net->transport(); };
    options.clock = clock;
    options.observer = observer;
    options.threads = 0;
    options.seed = ++seed;
    sums.clear();
    return options;
  }

  Options options(Profile profile) {
    Options result = options();
    profile.name = "test";
    result.profiles = {std::move(profile)};
    return result;
  }

  // Works for so long. Before and after, what was accepted has been delivered, is dead, was
  // cancelled or waits: where one dispatcher has the store for itself, and that has never failed,
  // since nobody knows then what it has stored.
  void run(Dispatcher& dispatcher, Duration span) {
    check_sums(dispatcher);
    dispatcher.run_until(clock->wall() + span);
    check_sums(dispatcher);
  }

  void check_sums(Dispatcher& dispatcher) {
    const std::optional<std::int64_t> missing = unaccounted(dispatcher);
    if (!missing || !observer->troubles.empty()) return;
    const auto known = sums.try_emplace(&dispatcher, *missing).first;
    if (sums.size() == 1) CHECK(*missing == known->second);
  }
};

inline EndpointSpec spec_for(std::string_view host, std::vector<std::string> events = {"*"}) {
  EndpointSpec spec;
  spec.url = "https://" + std::string(host) + "/hook";
  spec.events = std::move(events);
  return spec;
}

inline Endpoint subscribe(Dispatcher& dispatcher, std::string_view tenant,
                          const EndpointSpec& spec) {
  tenants_here().insert(std::string(tenant));
  const EndpointResult result = dispatcher.endpoints().create(tenant, spec);
  REQUIRE(to_string(result.outcome) == to_string(EndpointOutcome::ok));
  return result.endpoint;
}

inline Endpoint subscribe(Dispatcher& dispatcher, std::string_view tenant, std::string_view host,
                          std::vector<std::string> events = {"*"}) {
  return subscribe(dispatcher, tenant, spec_for(host, std::move(events)));
}

// The same, and its receiver has said that it wants events, where its profile asks for that.
inline Endpoint subscribe(World& world, Dispatcher& dispatcher, std::string_view tenant,
                          const EndpointSpec& spec) {
  world.net->pass_handshakes();
  Endpoint endpoint = subscribe(dispatcher, tenant, spec);
  if (endpoint.status == Status::unverified) {
    const Trial trial = dispatcher.endpoints().verify(tenant, endpoint.id);
    REQUIRE(trial.endpoint.status == Status::active);
    endpoint = trial.endpoint;
  }
  return endpoint;
}

inline Endpoint look_up(Dispatcher& dispatcher, const Endpoint& endpoint) {
  const auto found = dispatcher.endpoints().find(endpoint.tenant, endpoint.id);
  REQUIRE(found);
  return *found;
}

// Accepted, and neither delivered nor dead, cancelled or waiting: what waited when the dispatcher
// began, negative, and never anything else.
inline std::optional<std::int64_t> unaccounted(Dispatcher& dispatcher) {
  std::int64_t waiting = 0;
  for (const std::string& tenant : tenants_here()) {
    const auto listed = dispatcher.endpoints().list(tenant);
    if (!listed.available || !listed.next.empty()) return std::nullopt;
    for (const Endpoint& endpoint : listed.rows) {
      const auto backlog = dispatcher.endpoints().backlog(tenant, endpoint.id);
      if (!backlog) return std::nullopt;
      waiting += static_cast<std::int64_t>(*backlog);
    }
  }
  const Metrics m = dispatcher.metrics();
  return static_cast<std::int64_t>(m.accepted) -
         static_cast<std::int64_t>(m.delivered + m.dead + m.cancelled) - waiting;
}

// How the numbers that arrived differ from 1, 2, ... `last`: empty if they do not. Of long lists it
// says more than both of them in full.
inline std::string difference(const std::vector<std::int64_t>& arrived, std::int64_t last) {
  std::map<std::int64_t, int> count;
  for (const std::int64_t n : arrived) ++count[n];
  std::string said;
  for (std::int64_t n = 1; n <= last; ++n) {
    if (count[n] == 0) said += std::to_string(n) + " missing; ";
    if (count[n] > 1) said += std::to_string(n) + " " + std::to_string(count[n]) + " times; ";
    if (said.size() > 400) return said + "...";
  }
  if (!count.empty() && (count.begin()->first < 1 || count.rbegin()->first > last))
    said += "strangers; ";
  if (said.empty() && !std::is_sorted(arrived.begin(), arrived.end())) said = "out of order";
  return said;
}

// The numbers from `first` to `last`, as they should arrive.
inline std::vector<std::int64_t> numbers_from(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t n = first; n <= last; ++n) numbers.push_back(n);
  return numbers;
}

}  // namespace dispatcher_test
