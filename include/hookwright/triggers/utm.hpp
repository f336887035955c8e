#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hookwright/events/hypersnap.hpp"
#include "hookwright/export.hpp"

namespace hookwright::triggers {

// The campaign parameters of a landing page's URL: utm_source, utm_medium, utm_campaign, utm_term,
// utm_content; names in lower case, percent-escapes decoded, '+' as a blank, the first of each
// name. Nothing if there is none of them, or the URL is longer than 8 KiB. An escape that is none
// stands for itself.
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<hypersnap::Utm> read_utm(std::string_view url);

// What makes a click a conversion ("matches a predefined UTM pattern", HyperSnap). Each part: a
// value ("newsletter"), the beginning of one ("summer-*"), any value ("*"), or empty: whatever is
// there, if anything. (Ours: the seed gives no form. Values are compared byte by byte, as analytics
// programs do.)
struct UtmPattern {
  std::string source{};
  std::string medium{};
  std::string campaign{};
  std::string term{};
  std::string content{};
};

// A pattern of empty parts matches no click: it would make all of them conversions.
[[nodiscard]] HOOKWRIGHT_EXPORT bool matches(const UtmPattern& pattern, const hypersnap::Utm& utm);

}  // namespace hookwright::triggers
