#include "hookwright/filter.hpp"

#include "hookwright/event.hpp"

namespace hookwright {

namespace {

// "link.*" -> "link."; empty for anything else.
std::string_view prefix_of(std::string_view pattern) {
  if (pattern.size() < 3 || !pattern.ends_with(".*")) return {};
  return pattern.substr(0, pattern.size() - 1);
}

}  // namespace

bool valid_pattern(std::string_view pattern) {
  if (pattern == "*") return true;
  const std::string_view prefix = prefix_of(pattern);
  if (!prefix.empty()) return valid_event_type(prefix.substr(0, prefix.size() - 1));
  return valid_event_type(pattern);
}

bool matches(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return true;
  const std::string_view prefix = prefix_of(pattern);
  if (prefix.empty()) return pattern == type;
  return type.size() > prefix.size() && type.starts_with(prefix);
}

}  // namespace hookwright
