#include "engine/roster.hpp"

#include <algorithm>
#include <utility>

#include "event/body_fields.hpp"
#include "hookwright/filter.hpp"
#include "policy/conditions.hpp"

namespace hookwright::engine {

void Roster::put(Endpoint endpoint) {
  const EndpointId id = endpoint.id;
  const auto [found, added] = members_.try_emplace(id);
  if (added) {
    try {
      tenants_[endpoint.tenant].push_back(id);
    } catch (...) {
      members_.erase(found);
      throw;
    }
  }
  Member& member = found->second;
  member.profile = profile(endpoint.profile);
  member.endpoint = std::move(endpoint);
}

void Roster::remove(EndpointId id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  const auto tenant = tenants_.find(found->second.endpoint.tenant);
  std::erase(tenant->second, id);
  if (tenant->second.empty()) tenants_.erase(tenant);
  members_.erase(found);
}

Member* Roster::find(EndpointId id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

const Member* Roster::find(EndpointId id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

std::vector<const Member*> Roster::route(const StoredEvent& event) const {
  std::vector<const Member*> targets;
  std::optional<event::BodyFields> fields;
  const auto ids = tenants_.find(event.tenant);
  if (ids == tenants_.end()) return targets;
  for (const EndpointId& id : ids->second) {
    const Member& member = members_.at(id);
    const Endpoint& endpoint = member.endpoint;
    if (!member.profile || !takes_events(endpoint.status)) continue;
    if (!same_family(member.profile->family, event.family)) continue;
    if (std::none_of(endpoint.events.begin(), endpoint.events.end(),
                     [&](const std::string& pattern) { return matches(pattern, event.type); })) {
      continue;
    }
    if (!endpoint.conditions.empty()) {
      if (!fields) fields.emplace(event.body);
      if (!policy::met(endpoint.conditions, *fields)) continue;
    }
    targets.push_back(&member);
  }
  return targets;
}

void Roster::configure(const std::string& tenant, TenantSettings settings) {
  settings_.insert_or_assign(tenant, std::move(settings));
}

std::string Roster::address_of(const Endpoint& endpoint) const {
  if (!endpoint.notify.empty()) return endpoint.notify;
  const auto found = settings_.find(endpoint.tenant);
  return found == settings_.end() ? std::string() : found->second.notify;
}

std::shared_ptr<const Profile> Roster::profile(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : found->second;
}

}  // namespace hookwright::engine
