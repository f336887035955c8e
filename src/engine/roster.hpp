#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/messages.hpp"
#include "hookwright/delivery.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/endpoint_calls.hpp"
#include "hookwright/profile.hpp"

namespace hookwright::engine {

using Profiles = std::map<std::string, std::shared_ptr<const Profile>, std::less<>>;

// An endpoint as the committer knows it.
struct Member {
  Endpoint endpoint{};
  std::shared_ptr<const Profile> profile{};
  std::optional<TimePoint> last_success{};  // start of the last delivered attempt of this process
  std::size_t put_while_stopped = 0;        // rows, since it was last looked at how many it holds
  TimePoint revived_until{};                // when the last of what recovery brought back is due
};

// Whether new events are put into its lane.
[[nodiscard]] constexpr bool takes_events(Status status) {
  return status == Status::active || status == Status::paused;
}

// Whether whoever holds its lane has something to do there: to send what waits, or to give it up.
[[nodiscard]] constexpr bool has_work(Status status) {
  return status == Status::active || status == Status::disabled;
}

// All endpoints, as the store has them; who gets what.
class Roster {
 public:
  explicit Roster(Profiles profiles) : profiles_(std::move(profiles)) {}

  // Adds or replaces. One whose profile is not known any more is kept, and gets nothing.
  void put(Endpoint endpoint);
  void remove(EndpointId id);

  [[nodiscard]] Member* find(EndpointId id);
  [[nodiscard]] const Member* find(EndpointId id) const;

  // Endpoints that an event goes to: subscribed, taking events, and their conditions met. The body
  // is read if one of them has conditions, and then once.
  [[nodiscard]] std::vector<const Member*> route(const StoredEvent& event) const;

  void configure(const std::string& tenant, TenantSettings settings);
  // Whom to tell of an endpoint.
  [[nodiscard]] std::string address_of(const Endpoint& endpoint) const;

  [[nodiscard]] std::shared_ptr<const Profile> profile(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return members_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  Profiles profiles_;
  std::unordered_map<EndpointId, Member> members_;
  std::unordered_map<std::string, TenantSettings> settings_;
  std::unordered_map<std::string, std::vector<EndpointId>, TextHash, std::equal_to<>> tenants_;
};

}  // namespace hookwright::engine
