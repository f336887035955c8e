#pragma once

#include <string_view>

namespace hookwright::policy {

// Whether an answer's body hands a challenge back: it is the whole of it, white space around it
// aside, or a string anywhere in a JSON body. Compared in a time that depends on the lengths only.
[[nodiscard]] bool echoes(std::string_view body, std::string_view token);

}  // namespace hookwright::policy
