#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crash/mutation.hpp"
#include "crash/points.hpp"

namespace hookwright::crash {

struct CampaignOptions {
  int cycles = static_cast<int>(points);
  std::uint64_t seed = 1;
  std::optional<Point> only{};
  std::string store = "sqlite";
  std::size_t in_flight = 1'000;
  std::size_t unsettled = 0;  // 0: drawn for each cycle
  Mutation mutation = Mutation::none;
  std::string folder{};
};

// Crashes and restarts. 0 if nothing was wrong; with a mutation, if that was noticed.
int run_campaign(const CampaignOptions& options);

// How soon the first request follows a restart with so many rows waiting. 0 within two seconds.
int time_restart(const CampaignOptions& options, std::int64_t waiting);

}  // namespace hookwright::crash
