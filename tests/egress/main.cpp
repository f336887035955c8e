// The tests in this folder run in network namespaces of their own. Where those can't be had, the
// program says so and returns 77, which ctest shows as skipped.

#ifdef HOOKWRIGHT_CATCH2_V2
#define CATCH_CONFIG_RUNNER
#endif

#include <cstring>
#include <exception>
#include <iostream>
#include <optional>

#include "catch2.hpp"
#include "egress/namespaces.hpp"
#ifndef HOOKWRIGHT_CATCH2_V2
#include <catch2/catch_session.hpp>
#endif

int main(int argc, char** argv) {
  bool listing = false;
  for (int i = 1; i < argc; ++i) listing = listing || std::strncmp(argv[i], "--list", 6) == 0;
  std::optional<hookwright::testing::World> world;
  try {
    if (!listing) world.emplace();
  } catch (const std::exception& missing) {
    std::cout << "skipped: " << missing.what() << '\n';
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
