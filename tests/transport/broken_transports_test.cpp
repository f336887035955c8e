// The suite is worth something only if it catches transports that break their promises. Each of
// these is the simulated one with one mistake.

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/testing/transport_contract.hpp"
#include "transport/simulated_peers.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// Passes everything on; a mistake overrides one call.
class Honest : public Transport {
 public:
  explicit Honest(SimulatedPeers& peers) : peers_(&peers), inner_(peers.make()) {}
  void start(RequestId id, Request&& request) override { inner_->start(id, std::move(request)); }
  void poll(SteadyTime until, std::vector<Completion>& out) override { inner_->poll(until, out); }
  void cancel(RequestId id) override { inner_->cancel(id); }
  void wake() override { inner_->wake(); }

 protected:
  SimulatedPeers& peers() { return *peers_; }
  Transport& inner() { return *inner_; }

 private:
  SimulatedPeers* peers_;
  std::unique_ptr<Transport> inner_;
};

// Changes what completes.
class Spoiling : public Honest {
 public:
  using Honest::Honest;
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    const std::size_t before = out.size();
    Honest::poll(until, out);
    std::vector<Completion> fresh(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
    out.resize(before);
    for (Completion& completion : fresh) spoil(std::move(completion), out);
  }
  virtual void spoil(Completion&& completion, std::vector<Completion>& out) = 0;
};

struct CompletesTwice final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    out.push_back(completion);
    out.push_back(std::move(completion));
  }
};

struct NeverCompletesFaults final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.fault != Fault::refused) out.push_back(std::move(completion));
  }
};

struct MixesUpIds final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    completion.id ^= 1;
    out.push_back(std::move(completion));
  }
};

struct MixesUpAnswers final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    std::swap(last, completion.body);
    out.push_back(std::move(completion));
  }
  std::string last{};
};

struct TakesStatusesForFaults final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.status >= 500) {
      completion.fault = Fault::protocol;
      completion.status = 0;
    }
    out.push_back(std::move(completion));
  }
};

struct LosesRetryAfter final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    completion.retry_after.clear();
    out.push_back(std::move(completion));
  }
};

struct TakesAnythingForSuccess final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.fault == Fault::reset) {
      completion.fault = Fault::none;
      completion.status = 200;
    }
    out.push_back(std::move(completion));
  }
};

struct KeepsWholeBodies final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.body == "gushing") completion.body.assign(std::size_t{8} << 20, 'x');
    out.push_back(std::move(completion));
  }
};

struct UndoesAStatus final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.body == "half") completion.fault = Fault::reset;
    out.push_back(std::move(completion));
  }
};

struct TellsAllFaultsAlike final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.fault == Fault::refused) completion.fault = Fault::local;
    out.push_back(std::move(completion));
  }
};

struct CountsNoSends final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    completion.sends = 0;
    out.push_back(std::move(completion));
  }
};

struct MeasuresNoTime final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    completion.elapsed = {};
    out.push_back(std::move(completion));
  }
};

struct FollowsRedirects final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    if (request.url.target == "/redirects") request.url = peers().url(Peer::echoes);
    Honest::start(id, std::move(request));
  }
};

struct ChangesTheBody final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    request.body =
        std::make_shared<const std::string>(request.body->substr(0, request.body->find('\0')));
    Honest::start(id, std::move(request));
  }
};

struct LosesAHeader final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    if (!request.headers.empty()) request.headers.pop_back();
    Honest::start(id, std::move(request));
  }
};

struct SendsTwice final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    Request again = request;
    Honest::start(id + 1'000'000, std::move(again));
    inner().cancel(id + 1'000'000);
    std::vector<Completion> unheard;
    inner().poll(peers().now(), unheard);
    Honest::start(id, std::move(request));
  }
};

struct HasItsOwnDeadline final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    request.deadline += 30min;
    Honest::start(id, std::move(request));
  }
};

struct GivesUpEarly final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    request.deadline = std::min<SteadyTime>(request.deadline, peers().now() + 20ms);
    Honest::start(id, std::move(request));
  }
};

struct IgnoresCancel final : Honest {
  using Honest::Honest;
  void cancel(RequestId) override {}
};

struct LosesTheCancelled final : Spoiling {
  using Spoiling::Spoiling;
  void spoil(Completion&& completion, std::vector<Completion>& out) override {
    if (completion.fault != Fault::cancelled) out.push_back(std::move(completion));
  }
};

struct LosesWakes final : Honest {
  using Honest::Honest;
  void wake() override {}
};

struct PollsOn final : Honest {
  using Honest::Honest;
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    Honest::poll(until + 10s, out);
  }
};

struct ReturnsAtOnce final : Honest {
  using Honest::Honest;
  void poll(SteadyTime, std::vector<Completion>& out) override {
    Honest::poll(peers().now(), out);
    if (out.empty()) peers().pass(1ms);
  }
};

// Serves one after the other: whoever hangs holds up the rest.
struct OneAtATime final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    waiting.emplace_back(id, std::move(request));
    next();
  }
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    const std::size_t before = out.size();
    Honest::poll(until, out);
    busy -= out.size() - before;
    next();
  }
  void next() {
    if (busy != 0 || waiting.empty()) return;
    ++busy;
    Honest::start(waiting.front().first, std::move(waiting.front().second));
    waiting.erase(waiting.begin());
  }
  std::vector<std::pair<RequestId, Request>> waiting{};
  std::size_t busy = 0;
};

struct ForgetsTheSlow final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    if (!request.slow) Honest::start(id, std::move(request));
  }
};

struct Throws final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    if (request.deadline <= peers().now()) throw std::runtime_error("too late");
    Honest::start(id, std::move(request));
  }
};

struct UsesAnIdOnce final : Honest {
  using Honest::Honest;
  void start(RequestId id, Request&& request) override {
    if (!used[id]++) Honest::start(id, std::move(request));
  }
  std::map<RequestId, int> used{};
};

template <class Mistake>
struct Broken final : TransportUnderTest {
  std::unique_ptr<Transport> make() override { return std::make_unique<Mistake>(peers); }
  Url url(Peer peer) override { return peers.url(peer); }
  std::size_t received(Peer peer) override { return peers.received(peer); }
  std::vector<Header> last_headers(Peer peer) override { return peers.last_headers(peer); }
  SteadyTime now() override { return peers.now(); }

  SimulatedPeers peers{};
};

// The first case that the transport does not pass, with what it says; empty if it passes all.
std::string caught(TransportUnderTest& mine) {
  for (const TransportCase& one : transport_contract()) {
    try {
      one.run(mine);
    } catch (const ContractViolation& violation) {
      return std::string(one.name) + ": " + violation.what();
    }
  }
  return {};
}

}  // namespace

TEST_CASE("the suite passes a transport that only passes calls on") {
  Broken<Honest> honest;
  CHECK(caught(honest) == "");
}

TEMPLATE_TEST_CASE("the suite catches a transport with one mistake:", "", CompletesTwice,
                   NeverCompletesFaults, MixesUpIds, MixesUpAnswers, TakesStatusesForFaults,
                   LosesRetryAfter, TakesAnythingForSuccess, KeepsWholeBodies, UndoesAStatus,
                   TellsAllFaultsAlike, CountsNoSends, MeasuresNoTime, FollowsRedirects,
                   ChangesTheBody, LosesAHeader, SendsTwice, HasItsOwnDeadline, GivesUpEarly,
                   IgnoresCancel, LosesTheCancelled, LosesWakes, PollsOn, ReturnsAtOnce, OneAtATime,
                   ForgetsTheSlow, Throws, UsesAnIdOnce) {
  Broken<TestType> broken;
  const std::string violation = caught(broken);
  INFO(violation);
  CHECK_THAT(violation, ContainsSubstring("expected "));
}
