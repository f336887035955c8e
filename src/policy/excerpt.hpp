#pragma once

#include <string>
#include <string_view>

namespace hookwright::policy {

// The beginning of a receiver's answer, fit to be kept and shown as text: at most 4 KiB of valid
// UTF-8. What is invalid, and characters that would act on a terminal or turn the order of a line
// around (controls but line feed and tab, marks of direction), become U+FFFD.
[[nodiscard]] std::string excerpt_of(std::string_view answer);

}  // namespace hookwright::policy
