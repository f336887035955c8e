#include "transport/http1/kept_connections.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace hookwright::transport::http1 {
namespace {

constexpr std::chrono::minutes lifetime_max{5};  // outlives a change of DNS no longer

}  // namespace

Link& KeptConnections::make(const std::string& target, SteadyTime now) {
  Link& link = busy_.emplace_back(target);
  link.self = std::prev(busy_.end());
  link.opened = now;
  ++targets_[target].links;
  return link;
}

Link* KeptConnections::take(const std::string& target) {
  const auto found = targets_.find(target);
  if (found == targets_.end() || found->second.idle.empty()) return nullptr;
  Link* const link = found->second.idle.back();
  found->second.idle.pop_back();
  busy_.splice(busy_.end(), idle_, link->self);
  return link;
}

void KeptConnections::keep(Link& link, SteadyTime now) {
  link.exchange = nullptr;
  link.idle_since = now;
  idle_.splice(idle_.end(), busy_, link.self);
  targets_.at(link.connection.target()).idle.push_back(&link);
}

bool KeptConnections::is_fresh(const Link& link, SteadyTime now) const {
  return now - link.idle_since <= idle_max_ && now - link.opened <= lifetime_max;
}

Link* KeptConnections::superfluous(SteadyTime now) {
  if (idle_.empty()) return nullptr;
  Link& oldest = idle_.front();
  const bool too_many = idle_.size() > kept_max_;
  return too_many || now - oldest.idle_since > idle_max_ ? &oldest : nullptr;
}

void KeptConnections::drop(Link& link) {
  if (link.gone) return;
  link.gone = true;
  const auto found = targets_.find(link.connection.target());
  Target& target = found->second;
  const auto idle = std::find(target.idle.begin(), target.idle.end(), &link);
  gone_.splice(gone_.end(), idle == target.idle.end() ? busy_ : idle_, link.self);
  if (idle != target.idle.end()) target.idle.erase(idle);
  if (--target.links == 0) targets_.erase(found);
}

}  // namespace hookwright::transport::http1
