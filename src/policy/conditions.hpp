#pragma once

#include "event/body_fields.hpp"
#include "hookwright/conditions.hpp"

namespace hookwright::policy {

// Whether a body whose fields have been read meets all conditions: for many endpoints and one
// event.
[[nodiscard]] bool met(const Conditions& conditions, const event::BodyFields& body);

}  // namespace hookwright::policy
