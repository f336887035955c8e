#pragma once

#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/profile.hpp"

namespace hookwright::profiles {

HOOKWRIGHT_EXPORT Profile hypersnap();
HOOKWRIGHT_EXPORT Profile snipy();
HOOKWRIGHT_EXPORT Profile snapglyph();
HOOKWRIGHT_EXPORT Profile standard_webhooks();
HOOKWRIGHT_EXPORT Profile branded(std::string_view product);

}  // namespace hookwright::profiles
