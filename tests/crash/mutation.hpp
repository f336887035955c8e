#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hookwright::crash {

// What the child does wrong on purpose, so that the harness can be seen to notice.
enum class Mutation : std::uint8_t {
  none,
  commit_dropped,         // the events of one commit in ten are answered ok and not written
  receipt_before_commit,  // a batch of events is answered at once, and carried out later
  settlement_forgotten,   // what attempts meant is answered ok and not written
  settled_before_sent,    // one request in fifty is answered 200 and not sent
  dead_letter_dropped,    // an exhausted delivery leaves no dead letter
  notice_dropped,         // ... and no notice
  status_dropped,         // ... and its endpoint as it was
  body_changed,           // one request in fifty carries another byte
  sent_twice,             // one request in fifty goes out a second time
};

inline constexpr std::array<std::string_view, 10> mutation_names = {
    "none",
    "commit_dropped",
    "receipt_before_commit",
    "settlement_forgotten",
    "settled_before_sent",
    "dead_letter_dropped",
    "notice_dropped",
    "status_dropped",
    "body_changed",
    "sent_twice",
};

[[nodiscard]] constexpr std::optional<Mutation> mutation_named(std::string_view name) {
  for (std::size_t i = 0; i < mutation_names.size(); ++i) {
    if (name == mutation_names.at(i)) return static_cast<Mutation>(i);
  }
  return std::nullopt;
}

}  // namespace hookwright::crash
