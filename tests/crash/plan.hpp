#pragma once

// What parent and child both know: who the tenants and endpoints are, and what an event looks like.

#include <cstdint>
#include <string>
#include <string_view>

#include "hookwright/event.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/profiles.hpp"

namespace hookwright::crash {

inline constexpr int tenants = 3;
inline constexpr int endpoints_each = 4;  // of a tenant; all take every event of it

inline std::string tenant_of(std::int64_t n) {
  return "tenant-" + std::to_string(n % tenants);
}

// What becomes of an endpoint whose delivery is exhausted.
enum class Kind : std::uint8_t { failing, pausing, disabling };

inline Kind kind_of(int endpoint) {
  switch (endpoint % endpoints_each) {
    case 2:
      return Kind::pausing;
    case 3:
      return Kind::disabling;
    default:
      return Kind::failing;
  }
}

inline Profile profile_of(Kind kind) {
  Profile profile = profiles::branded("Crash");
  profile.policy.retries = {std::chrono::milliseconds(15), std::chrono::milliseconds(40)};
  profile.policy.deadline = std::chrono::seconds(3);
  profile.policy.in_flight_max = 128;
  switch (kind) {
    case Kind::failing:
      profile.name = "crash-failing";
      profile.policy.on_exhausted = OnExhausted::mark_failing;
      break;
    case Kind::pausing:
      profile.name = "crash-pausing";
      profile.policy.on_exhausted = OnExhausted::pause;
      break;
    case Kind::disabling:
      profile.name = "crash-disabling";
      profile.policy.on_exhausted = OnExhausted::disable;
      profile.policy.gone_disables = true;
      break;
  }
  if (kind != Kind::disabling) profile.policy.gone_disables = false;
  return profile;
}

// A secret of an endpoint; it is changed for the next generation now and then.
inline std::string secret_of(int endpoint, int generation) {
  return "crash-secret-" + std::to_string(endpoint) + "-" + std::to_string(generation);
}

// Most bodies are small; some don't fit into one write of the client.
inline std::string text_of(std::int64_t n) {
  const auto number = static_cast<std::uint64_t>(n);
  const std::size_t size = number % 41 == 0 ? 90'000 : number * 2'654'435'761U % 700;
  return std::string(size, static_cast<char>('a' + number % 26));
}

struct Numbered {
  static constexpr std::string_view event_type = "crash.numbered";
  std::int64_t n = 0;
  std::string text{};
  void fields(auto& f) const {
    f("n", n);
    f("text", text);
  }
};

}  // namespace hookwright::crash
