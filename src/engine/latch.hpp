#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/id.hpp"
#include "hookwright/receipt.hpp"
#include "hookwright/time.hpp"

namespace hookwright::engine {

// What a publish asks of a latch.
struct LatchRequest {
  std::string note{};  // the key of its note
  std::uint32_t part = 0;
  std::uint32_t parts = 0;
  std::optional<Duration> keep{};
  int tries = 0;         // times that somebody else changed the note meanwhile
  bool doubted = false;  // it may have been us: an answer of the store was lost
};

// A latch as its note keeps it.
struct LatchState {
  std::uint64_t version = 0;  // the note's; 0: there is none
  std::uint32_t recorded = 0;
  EventId event{};  // the one that was stored; none as long as a part is missing
};

// What a publish means for a latch.
struct LatchStep {
  LatchState after{};
  Stored means{};      // yes: the event goes with it
  bool write = false;  // the note changes
};

// `event`: the one that is published. A pure function. That the event which was stored is the very
// one (its answer was lost) reads as yes, too, with nothing to write.
[[nodiscard]] LatchStep latch_step(const LatchRequest& request, const LatchState& state,
                                   EventId event);

[[nodiscard]] std::string to_text(const LatchState& state);
[[nodiscard]] LatchState to_latch(std::string_view text, std::uint64_t version);

}  // namespace hookwright::engine
