#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/export.hpp"
#include "hookwright/header.hpp"

namespace hookwright {

// Whether an event would reach an endpoint as it is now, and if not, the first thing in its way.
enum class Reach : std::uint8_t {
  sent,
  held,               // it is paused: sent once it is enabled
  skipped,            // its status does not take new events
  other_family,       // its profile is of another family
  other_type,         // none of its patterns matches the type
  unmet_condition,    // the payload does not meet its conditions
  unknown_profile,    // this dispatcher has no profile of that name
  not_found,          // the tenant has no such endpoint
  store_unavailable,  // the store could not be read just now
};

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view to_string(Reach reach);

// What a dry run says. Nothing is stored, nothing is sent.
struct Explanation {
  Reach reach = Reach::store_unavailable;
  std::string why{};  // in words, for the tenant: the status, the patterns, the condition

  // The request as it would be sent now, ids and signature included, whatever `reach` says, if the
  // endpoint was found and its profile is known. The transport adds Host and Content-Length.
  std::string url{};
  std::vector<Header> headers{};
  std::string body{};
};

}  // namespace hookwright
