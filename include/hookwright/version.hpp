#pragma once

#include <string_view>

#include "hookwright/export.hpp"

namespace hookwright {

// "0.1.0": of the library that is linked.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view version();

}  // namespace hookwright
