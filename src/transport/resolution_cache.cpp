#include "transport/resolution_cache.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hookwright::transport {

const Resolution* ResolutionCache::find(const std::string& host, SteadyTime now) {
  const auto found = by_host_.find(host);
  if (found == by_host_.end() || found->second->good_until <= now) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->resolution;
}

const Resolution* ResolutionCache::find_old(const std::string& host, SteadyTime now) {
  const auto found = by_host_.find(host);
  if (found == by_host_.end() || found->second->usable_until <= now) return nullptr;
  const Resolution& resolution = found->second->resolution;
  return resolution.status == ResolveStatus::resolved ? &resolution : nullptr;
}

void ResolutionCache::renew(const std::string& host, SteadyTime good_until) {
  const auto found = by_host_.find(host);
  if (found == by_host_.end()) return;
  found->second->good_until = std::min(good_until, found->second->usable_until);
}

void ResolutionCache::put(const std::string& host, Resolution resolution, SteadyTime good_until,
                          SteadyTime usable_until) {
  const auto found = by_host_.find(host);
  if (found == by_host_.end()) {
    if (entries_.size() >= names_max_) {
      by_host_.erase(entries_.back().host);
      entries_.pop_back();
    }
    entries_.push_front(Entry{host, std::move(resolution), good_until, usable_until});
    by_host_[host] = entries_.begin();
    return;
  }
  Entry& entry = *found->second;
  const std::vector<IpAddress>& old = entry.resolution.addresses;
  std::vector<IpAddress>& fresh = resolution.addresses;
  if (!old.empty()) {
    const auto same = std::find(fresh.begin(), fresh.end(), old.front());
    if (same != fresh.end()) std::rotate(fresh.begin(), same, same + 1);
  }
  entry.resolution = std::move(resolution);
  entry.good_until = good_until;
  entry.usable_until = usable_until;
  entries_.splice(entries_.begin(), entries_, found->second);
}

}  // namespace hookwright::transport
