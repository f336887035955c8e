#pragma once

#include <map>
#include <string>
#include <string_view>

#include "hookwright/notifiers/smtp.hpp"

namespace hookwright::notify {

// The built-in words for a kind of notice; general ones for a kind that is not known here.
[[nodiscard]] MailTemplate built_in_template(NoticeKind kind);

// Throws ConfigError ("smtp.templates.<kind>") for a brace that is none of the names.
void check(const MailTemplate& words, NoticeKind kind);

// The text with the notice's values in their places. The values are text and nothing else: what
// stands in braces in them is left alone.
[[nodiscard]] std::string fill(std::string_view text, const Notice& notice,
                               std::string_view product);

// "2026-03-04 12:00:05 UTC"
[[nodiscard]] std::string say(TimePoint at);

}  // namespace hookwright::notify
