#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hookwright::crash {

// Where a process is killed. None of these is in the library: they are passed by what the harness
// puts around it (its store, what lies inside that store's commit, its transport, the receiver), so
// the code that is killed is the code that ships.
enum class Point : std::uint8_t {
  random,                  // wherever it happens to be
  before_insert,           // P1
  before_commit,           // P2
  after_commit,            // P3
  fan_out_half_done,       // P4
  before_send,             // P5
  headers_sent,            // P6
  body_sent,               // P7
  answered,                // P8
  settle_before_commit,    // P9
  settle_after_commit,     // P10
  settle_half_done,        // P11
  dead_letter_half_moved,  // P12
  endpoint_stopping,       // P13
  migration,               // P14
  purge,                   // P15
  checkpoint,              // P16
  rotation,                // P17
  drain,                   // P18
};

inline constexpr std::array<std::string_view, 19> point_names = {
    "random",
    "P1_before_insert",
    "P2_before_commit",
    "P3_after_commit",
    "P4_fan_out_half_done",
    "P5_before_send",
    "P6_headers_sent",
    "P7_body_sent",
    "P8_answered",
    "P9_settle_before_commit",
    "P10_settle_after_commit",
    "P11_settle_half_done",
    "P12_dead_letter_half_moved",
    "P13_endpoint_stopping",
    "P14_migration",
    "P15_purge",
    "P16_checkpoint",
    "P17_rotation",
    "P18_drain",
};

inline constexpr std::size_t points = point_names.size();

[[nodiscard]] constexpr std::string_view name_of(Point point) {
  return point_names.at(static_cast<std::size_t>(point));
}

// By its whole name or by the part before the first '_' ("P7").
[[nodiscard]] constexpr std::optional<Point> point_named(std::string_view name) {
  for (std::size_t i = 0; i < points; ++i) {
    const std::string_view whole = point_names.at(i);
    if (name == whole || name == whole.substr(0, whole.find('_'))) return static_cast<Point>(i);
  }
  return std::nullopt;
}

}  // namespace hookwright::crash
