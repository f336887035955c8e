#pragma once

// Catch2 for every test, version 2 or 3. Keep to what both have: TEST_CASE, SECTION,
// DYNAMIC_SECTION, TEMPLATE_TEST_CASE, GENERATE, CHECK_THAT with ContainsSubstring, StartsWith or
// EndsWith, CHECK_THROWS_AS, CHECK_THROWS_WITH, INFO, CAPTURE.
//
// Assertions are not thread-safe in either: worker threads record, the test's own thread asserts.

#ifdef HOOKWRIGHT_CATCH2_V2

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // a false alarm inside Catch2 under GCC 12
#endif
#include <catch2/catch.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text,
                              CaseSensitive::Choice c = CaseSensitive::Yes) {
  return Contains(text, c);
}
}  // namespace Catch::Matchers

#else

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/generators/catch_generators_random.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#endif
