#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hookwright/catalog.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/profile.hpp"

namespace hookwright {

// Answers, before anything is serialised, whether an event has a subscriber, whatever its status:
// what an endpoint skips can be brought back later. Any thread.
class Listening {
 public:
  explicit Listening(const Catalog& catalog);

  // The catalogue's number for a type; nothing if it holds none.
  [[nodiscard]] std::optional<std::size_t> type_index(std::string_view family,
                                                      std::string_view type) const;

  [[nodiscard]] bool anyone(std::string_view tenant, std::size_t type_index) const;

  // `profile` null: the endpoint gets nothing.
  void put(const Endpoint& endpoint, const Profile* profile);
  void remove(std::string_view tenant, EndpointId id) noexcept;

  // Whether every event of the tenant is stored, subscribed to or not.
  void keep_events(const std::string& tenant, bool keep);

 private:
  using TypeView = std::pair<std::string_view, std::string_view>;  // family, type
  struct TypeHash {
    std::size_t operator()(const TypeView& key) const {
      return std::hash<std::string_view>{}(key.second) ^
             (std::hash<std::string_view>{}(key.first) << 1);
    }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Tenant {
    std::unordered_map<EndpointId, std::vector<std::size_t>>
        endpoints{};                         // the types that each one gets
    std::vector<std::uint32_t> listeners{};  // per type
  };

  Catalog catalog_;  // the keys below point into it
  std::unordered_map<TypeView, std::size_t, TypeHash> types_;
  mutable std::shared_mutex mutex_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> keeping_;
  std::unordered_map<std::string, Tenant, TextHash, std::equal_to<>> tenants_;
};

}  // namespace hookwright
