#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hookwright/time.hpp"

namespace hookwright {

// Something that happens once, in one part or in several, however often it is told, by however many
// processes of one store, and over restarts. Given to publish (PublishOptions::latch), it decides
// whether the event is stored:
//
//   - The publish that records the last missing part stores its event: Stored::yes.
//   - One that leaves other parts missing stores no event, but the part: Stored::recorded.
//   - Once the event is stored, all further ones store nothing: Stored::duplicate.
//
// What holds: the recorded parts and the event are one transaction of the store. A crash leaves
// both or neither; after one of which no receipt was seen, publish again: if it was stored, the
// answer is `duplicate`. The event is stored once; like any other it is then delivered at least
// once. It is also stored, and the latch closed, where no endpoint subscribes: what happened, has
// happened. A store that forgets when the process ends forgets its latches too.
//
// What it costs: a read in the store for each publish with a latch, so don't publish one again and
// again that has answered `yes` or `duplicate`. And a note of its key's size, for good unless
// `keep` says otherwise.
struct Latch {
  std::string key{};        // what happened, per tenant: 1 to 255 bytes. It never opens again, so
                            // whatever makes the occasion another one (a month, a quota) belongs
                            // in it
  std::uint32_t part = 1;   // what this publish records: one bit
  std::uint32_t parts = 1;  // all that it takes: a bit each, `part` among them
  std::optional<Duration> keep{};  // the latch is forgotten so long after its last change:
                                   // positive, ten years at most; none: never
};

}  // namespace hookwright
