#pragma once

// What the sweeps have in common: a world in which a scenario runs while its store, or the memory,
// fails at some point, and which can say afterwards whether every promise was kept.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dispatcher/storage.hpp"
#include "hookwright/hookwright.hpp"
#include "hookwright/testing/faulty_store.hpp"
#include "hookwright/testing/recording_store.hpp"
#include "hookwright/testing/simulated_network.hpp"

namespace sweep {

using namespace hookwright;
using namespace std::chrono_literals;
using dispatcher_test::Storage;
using dispatcher_test::StoreKind;
using testing::FaultyStore;
using testing::RecordingStore;
using testing::SimulatedAnswer;
using testing::SimulatedNetwork;
using testing::SimulatedRequest;
using testing::StoreFault;
using testing::StoreFaultPlan;
using testing::StoreFaults;
using testing::StoreRecord;
using testing::VirtualClock;

struct Numbered {
  static constexpr std::string_view event_type = "test.numbered";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

// Counts what it hears. The memory sweep lets it be called while memory is failing.
struct Heard final : Observer {
  void attempt(const AttemptReport&) override { ++attempts; }
  void notice(const Notice& notice) override { ++notices[static_cast<std::size_t>(notice.kind)]; }
  void lost(const LostEvent&) override { ++losses; }
  void store_trouble(const std::string&) override { ++troubles; }

  std::size_t attempts = 0;
  std::size_t losses = 0;
  std::size_t troubles = 0;
  std::array<std::size_t, 16> notices{};
};

// A short schedule without jitter; what happens in the end is the test's choice.
inline Profile short_profile(const std::string& name, OnExhausted in_the_end) {
  Profile profile = profiles::branded("Test");
  profile.name = name;
  profile.policy.retries = {2s, 20s};
  profile.policy.jitter_max = 0;
  profile.policy.on_exhausted = in_the_end;
  profile.policy.gone_disables = true;
  return profile;
}

// What came of one publish.
struct Sent {
  std::vector<std::int64_t> numbers{};
  Receipt receipt{};
  std::shared_ptr<int> answers = std::make_shared<int>(0);  // calls of on_stored
};

class Life {
 public:
  Life(StoreKind kind, std::shared_ptr<StoreFaults> faults)
      : storage(kind), faults_(std::move(faults)) {}

  Storage storage;
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
  SimulatedNetwork network{clock};
  std::shared_ptr<StoreRecord> truth = std::make_shared<StoreRecord>();  // what was really kept
  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
  Limits limits{.store_patience = 2s};

  // For the memory sweep: what is around each call of the library, around each store and around
  // the network. A call that had no memory is as if it had not been made.
  std::function<void(const std::function<void()>&)> around = [](const auto& call) { call(); };
  std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)> around_inner_store{};
  std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)> around_store{};
  std::function<TransportFactory(TransportFactory)> around_transport{};

  void call(const std::function<void()>& what) { around(what); }

  Options options() {
    Options options;
    options.sealing = Sealing::none();
    std::unique_ptr<Store> store = storage.make();
    if (around_inner_store) store = around_inner_store(std::move(store));
    store = std::make_unique<RecordingStore>(std::move(store), truth);
    if (around_store) store = around_store(std::move(store));
    options.store = std::make_unique<FaultyStore>(std::move(store), faults_);
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {short_profile("marks", OnExhausted::mark_failing),
                        short_profile("pauses", OnExhausted::pause),
                        short_profile("disables", OnExhausted::disable),
                        short_profile("two", OnExhausted::mark_failing),
                        short_profile("asks", OnExhausted::mark_failing)};
    options.profiles[3].active_endpoints_max = 2;
    options.profiles[4].handshake = true;
    options.default_profile = "marks";
    options.transport = network.transports();
    if (around_transport) options.transport = around_transport(options.transport);
    options.clock = clock;
    options.observer = heard;
    options.threads = 0;
    options.seed = ++seed_;
    options.limits = limits;
    return options;
  }

  // Starts a dispatcher; where the store does not open it is mended, as an operator would.
  std::unique_ptr<Dispatcher> start() {
    std::unique_ptr<Dispatcher> started;
    Options first = options();
    try {
      call([&] { started = std::make_unique<Dispatcher>(std::move(first)); });
    } catch (const ConfigError&) {
      faults_->mend();
    }
    if (started) return started;
    first = {};  // its store may still be open
    return std::make_unique<Dispatcher>(options());
  }

  EndpointResult subscribe(Dispatcher& dispatcher, const std::string& host,
                           const std::string& profile = "marks") {
    EndpointSpec spec;
    spec.url = "https://" + host + "/hook";
    spec.events = {"*"};
    spec.secret = Secret("a shared secret of some length");
    spec.profile = profile;
    EndpointResult result;
    call([&] { result = dispatcher.endpoints().create("acme", spec); });
    if (result.ok()) made[host] = result.endpoint.id;
    from[host] = last_ + 1;
    return result;
  }

  void note(Sent&& what) {
    what.receipt.on_stored([answers = what.answers](Stored) { ++*answers; });
    sent.push_back(std::move(what));
  }
  void publish(Dispatcher& dispatcher, const std::string& key) {
    publish(dispatcher, PublishOptions{.idempotency_key = key});
  }
  void publish(Dispatcher& dispatcher, const PublishOptions& options = {}) {
    Sent what{.numbers = {++last_}};
    call([&] { what.receipt = dispatcher.publish("acme", Numbered{last_}, options); });
    note(std::move(what));
  }
  void publish_all(Dispatcher& dispatcher) {
    Sent what{.numbers = {last_ + 1, last_ + 2}};
    last_ += 2;
    call([&] {
      what.receipt = dispatcher.publish_all("acme", Numbered{last_ - 1}, Numbered{last_});
    });
    note(std::move(what));
  }

  void run(Dispatcher& dispatcher, Duration span) {
    const TimePoint until = clock->wall() + span;
    call([&] { dispatcher.run_until(until); });
    if (clock->wall() < until) dispatcher.run_until(until);
  }

  // Ends a dispatcher; what it left unsettled may be sent once more.
  void end(std::unique_ptr<Dispatcher>& dispatcher, Duration at_most = 1min) {
    Drained drained;
    call([&] { drained = dispatcher->shutdown(at_most); });
    const Metrics m = dispatcher->metrics();
    if (!drained.complete) ++hard_ends;
    if (!drained.complete && at_most > 0ms && recovers)
      say("it stands still, with work left: " + std::to_string(m.in_memory) + " rows in memory, " +
          std::to_string(m.in_flight) + " in flight");
    ends_fenced += m.fenced;
    spared += m.spared;
    if (m.published != m.stored + m.duplicates + m.recorded + m.lost || m.inbox_events != 0)
      say("the counts of events don't add up");
    lost += m.lost;
    // What dies is mostly tried before, but not what waits for an endpoint that is stopped.
    if (m.delivered + m.failed + m.spared + m.fenced > m.attempts)
      say("more outcomes than attempts");
    dispatcher.reset();
  }

  // All is well again: what has been accepted must get where it belongs. Empty if every promise was
  // kept.
  std::string verdict() {
    faults_->mend();
    // Endpoints answer again; those that were stopped go on.
    for (const auto& [host, id] : made) network.answer(host, {.status = 200});
    auto dispatcher = start();
    for (const auto& [host, id] : made) (void)dispatcher->endpoints().enable("acme", id);
    run(*dispatcher, 3min);
    check_places(*dispatcher);
    end(dispatcher);
    if (lost != heard->losses && hears_everything) say("lost events were not told");
    check_receipts();
    check_arrivals();
    return std::exchange(said_, {});
  }

  void say(const std::string& what) {
    if (said_.size() < 400) said_ += what + "; ";
  }

  std::map<std::string, EndpointId> made{};    // by host
  std::map<std::string, std::int64_t> from{};  // the first number that a host must get
  std::set<std::string> may_miss{};  // hosts whose endpoint was removed or disabled meanwhile
  std::set<std::string> dropped{};   // hosts whose endpoint was removed: its history is too
  std::vector<Sent> sent{};
  std::size_t hard_ends = 0;
  std::size_t ends_fenced = 0;
  std::uint64_t spared = 0;
  std::uint64_t lost = 0;
  bool hears_everything = true;  // false: there may be no memory to tell the observer
  bool recovers = false;         // what goes wrong passes: then everything must get done
  bool keeps_everything = true;  // false: the store may have lost what it held, and said so

 private:
  // Nothing waits any more.
  void check_places(Dispatcher& dispatcher) {
    for (const auto& [host, id] : made) {
      const auto endpoint = dispatcher.endpoints().find("acme", id);
      if (!endpoint) continue;
      if (!dispatcher.endpoints().waiting("acme", id).rows.empty())
        say(host + ": rows wait although it is active");
    }
  }

  void check_receipts() {
    std::map<std::string, std::set<std::int64_t>> arrived;
    for (const SimulatedRequest& request : network.requests())
      arrived[request.host].insert(number_in(request.body));
    std::set<std::int64_t> kept;
    for (const testing::Published& one : truth->published()) kept.insert(number_in(one.body));
    for (const Sent& one : sent) {
      const Stored stored = one.receipt.stored();
      if (one.receipt.queued() && stored == Stored::pending) say("a receipt is pending for ever");
      if (*one.answers != 1) say("on_stored was called " + std::to_string(*one.answers) + " times");
      for (const std::int64_t n : one.numbers) check_event(n, one, stored, kept, arrived);
    }
  }

  void check_event(std::int64_t n, const Sent& one, Stored stored,
                   const std::set<std::int64_t>& kept,
                   std::map<std::string, std::set<std::int64_t>>& arrived) {
    const std::string name = "event " + std::to_string(n);
    if (stored == Stored::no && kept.contains(n)) say(name + " is stored, and its receipt says no");
    if (stored == Stored::yes && !kept.contains(n)) say(name + " is not stored, and said to be");
    for (const auto& [host, id] : made) {
      const bool there = arrived[host].contains(n);
      if (there && !kept.contains(n)) say(name + " was never stored, and arrived at " + host);
      if (may_miss.contains(host) || n < from[host]) continue;
      if (stored == Stored::yes && one.receipt.queued() && !there && keeps_everything)
        say(name + " never arrived at " + host);
    }
  }

  // One delivery id and one body for each event at each host, and not more sends than there were
  // reasons for.
  void check_arrivals() {
    struct Of {
      std::set<std::string> ids{}, bodies{};
      std::size_t sends = 0;
    };
    std::map<std::pair<std::string, std::int64_t>, Of> all;
    for (const SimulatedRequest& request : network.requests()) {
      if (number_in(request.body) <= 0) continue;  // a test, or a handshake
      Of& of = all[{request.host, number_in(request.body)}];
      of.ids.insert(std::string(request.header("X-Test-Delivery")));
      of.bodies.insert(request.body);
      ++of.sends;
    }
    std::map<DeliveryId, std::size_t> settled;
    for (const Attempt& attempt : truth->attempts()) ++settled[attempt.delivery];
    for (const auto& [what, of] : all) {
      const std::string name = what.first + " " + std::to_string(what.second);
      if (of.ids.size() != 1 || of.bodies.size() != 1) say(name + " has several ids or bodies");
      std::size_t attempts = 0;
      for (const std::string& id : of.ids) {
        if (const auto parsed = DeliveryId::parse(id)) attempts += settled[*parsed];
      }
      if (of.sends > attempts + hard_ends + ends_fenced + spared && !dropped.contains(what.first))
        say(name + " was sent " + std::to_string(of.sends) + " times, with " +
            std::to_string(attempts) + " attempts");
    }
  }

  static std::int64_t number_in(std::string_view body) {
    const auto at = body.find("\"n\":");
    if (at == std::string_view::npos) return -1;
    return std::strtoll(std::string(body.substr(at + 4, 20)).c_str(), nullptr, 10);
  }

  std::shared_ptr<StoreFaults> faults_;
  std::uint64_t seed_ = 0;
  std::int64_t last_ = 0;
  std::string said_{};
};

}  // namespace sweep
