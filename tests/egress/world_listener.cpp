// The tests in this folder run in network namespaces of their own. Where those can't be had, the
// program says so and returns 77, which ctest shows as skipped.

#ifdef HOOKWRIGHT_CATCH2_V2
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#endif

#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>

#include "catch2.hpp"
#include "egress/namespaces.hpp"
#ifndef HOOKWRIGHT_CATCH2_V2
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#endif

namespace {

#ifdef HOOKWRIGHT_CATCH2_V2
using Listener = Catch::TestEventListenerBase;
#else
using Listener = Catch::EventListenerBase;
#endif

struct MakesTheWorld : Listener {
  using Listener::Listener;

  void testRunStarting(const Catch::TestRunInfo&) override {
    try {
      world.emplace();
    } catch (const std::exception& missing) {
      std::cout << "skipped: " << missing.what() << std::endl;
      std::_Exit(77);
    }
  }
  void testRunEnded(const Catch::TestRunStats&) override { world.reset(); }

  std::optional<hookwright::testing::World> world{};
};

}  // namespace

CATCH_REGISTER_LISTENER(MakesTheWorld)
