#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

// A short link. Its QR code has the link's number and name, and leads to the same place.
struct Link {
  std::int64_t id = 0;
  std::string alias{};
  std::string target{};
};

// The links, in memory: the webhooks are what this program is about. Safe from any thread.
class Links {
 public:
  // Nothing if the alias is taken. Without an alias it makes one up.
  std::optional<Link> create(std::string_view target, std::string_view alias);
  [[nodiscard]] std::optional<Link> find(std::string_view alias) const;

  // Counts a click; how many there are now.
  std::int64_t click(const Link& link);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Link, std::less<>> by_alias_;
  std::map<std::int64_t, std::int64_t> clicks_;
};

[[nodiscard]] bool valid_alias(std::string_view alias);
[[nodiscard]] bool valid_target(std::string_view url);
