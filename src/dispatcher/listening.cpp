#include "dispatcher/listening.hpp"

#include <algorithm>
#include <mutex>

#include "hookwright/filter.hpp"

namespace hookwright {

Listening::Listening(const Catalog& catalog) : catalog_(catalog) {
  const auto entries = catalog_.entries();
  for (std::size_t i = 0; i < entries.size(); ++i)
    types_.emplace(TypeView{entries[i].family(), entries[i].type()}, i);
}

std::optional<std::size_t> Listening::type_index(std::string_view family,
                                                 std::string_view type) const {
  const auto found = types_.find(TypeView{family, type});
  if (found == types_.end()) return std::nullopt;
  return found->second;
}

bool Listening::anyone(std::string_view tenant, std::size_t type_index) const {
  const std::shared_lock lock(mutex_);
  if (keeping_.find(tenant) != keeping_.end()) return true;
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end() || type_index >= found->second.listeners.size()) return false;
  return found->second.listeners[type_index] != 0;
}

void Listening::put(const Endpoint& endpoint, const Profile* profile) {
  std::vector<std::size_t> wanted;
  const auto entries = catalog_.entries();
  if (profile != nullptr) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!same_family(profile->family, entries[i].family())) continue;
      const bool match =
          std::any_of(endpoint.events.begin(), endpoint.events.end(),
                      [&](const std::string& p) { return matches(p, entries[i].type()); });
      if (match) wanted.push_back(i);
    }
  }
  const std::unique_lock lock(mutex_);
  Tenant& tenant = tenants_[endpoint.tenant];
  tenant.listeners.resize(entries.size());
  std::vector<std::size_t>& types = tenant.endpoints[endpoint.id];
  for (const std::size_t type : types) --tenant.listeners[type];
  types = std::move(wanted);
  for (const std::size_t type : types) ++tenant.listeners[type];
}

void Listening::remove(std::string_view tenant, EndpointId id) noexcept {
  const std::unique_lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return;
  Tenant& its = found->second;
  const auto endpoint = its.endpoints.find(id);
  if (endpoint == its.endpoints.end()) return;
  for (const std::size_t type : endpoint->second) --its.listeners[type];
  its.endpoints.erase(endpoint);
  if (its.endpoints.empty()) tenants_.erase(found);
}

void Listening::keep_events(const std::string& tenant, bool keep) {
  const std::unique_lock lock(mutex_);
  if (keep) {
    keeping_.insert(tenant);
  } else {
    keeping_.erase(tenant);
  }
}

}  // namespace hookwright
