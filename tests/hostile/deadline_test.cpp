// How exactly the deadline is kept, whatever the receiver does. A measurement: see CMakeLists.txt.

#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;

TEST_CASE("no request goes on for more than 250 ms after its deadline") {
  std::vector<Scenario> all = answers();
  const std::vector<Scenario> more = connections();
  all.insert(all.end(), more.begin(), more.end());
  constexpr Duration deadline = 500ms;
  Sender sender;
  Duration latest{};
  for (const Connection connection : {Connection::fresh, Connection::kept}) {
    for (const auto& player : cast(all, connection)) {
      if (connection == Connection::kept) sender.send(player->warm_up());
      const SteadyTime begin = std::chrono::steady_clock::now();
      const Completion completion = sender.send(player->request(deadline));
      const auto took = std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - begin);
      INFO(player->scenario().name);
      CHECK(took <= deadline + 250ms);
      CHECK(completion.elapsed <= deadline + 250ms);
      if (completion.fault == Fault::timeout) CHECK(completion.elapsed >= deadline - 5ms);
      latest = std::max(latest, took);
    }
  }
  WARN("the latest took " << latest.count() << " ms of " << deadline.count());
}
