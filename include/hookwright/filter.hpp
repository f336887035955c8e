#pragma once

#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// A subscription pattern: an event type as it stands ("link.clicked"), a prefix ("link.*": one or
// more further segments, so "link.click.registered" too, but not "link"), or "*" for every type.
// (Ours: the seeds list types, the prefix form is an addition.)
[[nodiscard]] HOOKWRIGHT_EXPORT bool valid_pattern(std::string_view pattern);

// Whether a subscription to `pattern`, a valid one, takes events of this type. Pure; upper and
// lower case are different.
[[nodiscard]] HOOKWRIGHT_EXPORT bool matches(std::string_view pattern, std::string_view type);

// Whether an endpoint whose profile is of `profile_family` is offered an event of `event_family`:
// the same one, or either is empty.
[[nodiscard]] constexpr bool same_family(std::string_view profile_family,
                                         std::string_view event_family) {
  return profile_family.empty() || event_family.empty() || profile_family == event_family;
}

}  // namespace hookwright
