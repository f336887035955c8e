#include "links.hpp"

#include <algorithm>
#include <random>

namespace {

std::string make_alias() {
  static constexpr std::string_view letters = "abcdefghijkmnopqrstuvwxyz23456789";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
  std::string alias;
  for (int i = 0; i < 7; ++i) alias += letters[any(random)];
  return alias;
}

}  // namespace

std::optional<Link> Links::create(std::string_view target, std::string_view alias) {
  const std::lock_guard lock(mutex_);
  Link link;
  link.id = static_cast<std::int64_t>(by_alias_.size()) + 1;
  link.alias = alias;
  link.target = target;
  while (link.alias.empty() || (alias.empty() && by_alias_.contains(link.alias))) {
    link.alias = make_alias();
  }
  if (!by_alias_.emplace(link.alias, link).second) return std::nullopt;
  return link;
}

std::optional<Link> Links::find(std::string_view alias) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_alias_.find(alias);
  if (found == by_alias_.end()) return std::nullopt;
  return found->second;
}

std::int64_t Links::click(const Link& link) {
  const std::lock_guard lock(mutex_);
  return ++clicks_[link.id];
}

bool valid_alias(std::string_view alias) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return alias.size() <= 32 && std::all_of(alias.begin(), alias.end(), plain) && alias != "links" &&
         alias != "webhooks" && alias != "metrics";
}

bool valid_target(std::string_view url) {
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  return (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= 2048 &&
         std::all_of(url.begin(), url.end(), visible);
}
