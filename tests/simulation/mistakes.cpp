// hookwright_simulate_mistakes NAME: the library makes this mistake; how many seeds until it is
// noticed? At most 1,000, or the program fails.

#include <cstdint>
#include <iostream>
#include <map>
#include <string_view>

#include "fault_switch.hpp"
#include "simulation/world.hpp"

namespace hookwright::detail {
Mutation mutation = Mutation::none;
}

int main(int count, char** words) {
  using namespace hookwright::simulation;
  using hookwright::detail::Mutation;
  const std::map<std::string_view, Mutation> mistakes = {
      {"none", Mutation::none},
      {"no_fence", Mutation::no_fence},
      {"settle_before_commit", Mutation::settle_before_commit},
      {"jitter_downwards", Mutation::jitter_downwards},
      {"no_unique_key", Mutation::no_unique_key},
      {"whole_too_early", Mutation::whole_too_early},
      {"drain_forgets_batch", Mutation::drain_forgets_batch},
  };
  const auto mistake = count == 2 ? mistakes.find(words[1]) : mistakes.end();
  if (mistake == mistakes.end()) {
    std::cerr << "usage: hookwright_simulate_mistakes";
    for (const auto& [name, which] : mistakes) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  hookwright::detail::mutation = mistake->second;
  constexpr std::uint64_t seeds_max = 1'000;
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const Scenario scenario(seed);
    World world(scenario, false);
    world.run();
    if (world.violations().count() == 0) continue;
    const Violations::One& first = world.violations().list().front();
    std::cout << mistake->first << " is noticed by seed " << seed << ", " << first.invariant << ": "
              << first.what << '\n';
    return 0;
  }
  std::cout << mistake->first << " is not noticed by " << seeds_max << " seeds\n";
  return 1;
}
