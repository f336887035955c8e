// A name server that answers for 30 % of the names after five seconds. Timings are asserted here,
// so this is for an idle machine: the label is `timing`.

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "egress/scene.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

double percentile(std::vector<double> values, double share) {
  REQUIRE(!values.empty());
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

struct Figures {
  std::vector<double> lag{};      // by which a turn of the loop came late
  std::vector<double> latency{};  // of requests to names that are answered at once
  std::size_t failed = 0;         // of these
  std::size_t stalled_answered = 0;
};

constexpr int names = 100;

bool is_stalled(int name, bool stalls) {
  return stalls && name % 10 < 3;
}

// 200 requests a second, to each name in turn, for ten seconds. A name is asked for anew each
// second, so that its server matters all the time.
Figures run(bool stalls) {
  Scene scene;
  for (int i = 0; i < names; ++i) {
    DnsName what;
    what.lookups = {{IpAddress::parse("93.184.216.34").value()}};
    if (is_stalled(i, stalls)) what.delay = 5s;
    scene.dns->set("n" + std::to_string(i) + ".example.com", what);
  }
  EgressPolicy policy = EgressPolicy::production();
  policy.allow_http = true;
  ResolverOptions options;
  options.positive_ttl = 1s;
  options.negative_ttl = 1s;
  const auto transport = scene.transport(policy, options);

  Figures figures;
  std::map<RequestId, std::pair<int, SteadyTime>> under_way;
  std::vector<Completion> out;
  const SteadyTime begin = Clock::now();
  RequestId next = 0;
  while (Clock::now() < begin + 10s || !under_way.empty()) {
    while (next < 2000 && Clock::now() >= begin + next * 5ms) {
      const int name = static_cast<int>(next) % names;
      under_way[++next] = {name, Clock::now()};
      transport->start(next, to("http://n" + std::to_string(name) + ".example.com:8080/", policy));
    }
    out.clear();
    const SteadyTime until = Clock::now() + 1ms;
    transport->poll(until, out);
    figures.lag.push_back(std::max(0.0, Milliseconds(Clock::now() - until).count()));
    for (const Completion& completion : out) {
      const auto [name, started] = under_way.at(completion.id);
      under_way.erase(completion.id);
      if (is_stalled(name, stalls)) {
        if (completion.status == 200) ++figures.stalled_answered;
        continue;
      }
      if (completion.status != 200) ++figures.failed;
      figures.latency.push_back(Milliseconds(Clock::now() - started).count());
    }
  }
  std::cout << (stalls ? "30 % of the names stall" : "all names are answered") << ": loop lag p99 "
            << percentile(figures.lag, 0.99) << " ms, max " << percentile(figures.lag, 1.0)
            << " ms; the others' latency p50 " << percentile(figures.latency, 0.5) << " ms, p99 "
            << percentile(figures.latency, 0.99) << " ms, max " << percentile(figures.latency, 1.0)
            << " ms, " << figures.failed << " of " << figures.latency.size()
            << " failed; answered of those that stall " << figures.stalled_answered << '\n';
  return figures;
}

}  // namespace

TEST_CASE("a name server that stalls for 30 % of the names holds up neither the loop nor others") {
  const Figures calm = run(false);
  const Figures stalled = run(true);
  CHECK(percentile(stalled.lag, 0.99) < 50.0);
  CHECK(stalled.failed == 0);
  CHECK(percentile(stalled.latency, 0.99) < percentile(calm.latency, 0.99) + 50.0);
}
