#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "hookwright/hookwright.hpp"

struct Link;
struct Visitor;

// HyperSnap's events that are more than a click: conversions, by UTM parameters and by pixel, a
// link's click quota, and a domain's verification. "Once" is the store's affair, so it holds over
// restarts.
class Conversions {
 public:
  explicit Conversions(hookwright::Dispatcher& dispatcher);

  // Where a click leads: the link's target, and a token for the pixel on that page.
  [[nodiscard]] std::string destination(const Link& link, std::int64_t clicks) const;

  // A click, the link's `clicks`-th.
  void clicked(const Link& link, std::string_view short_url, const Visitor& visitor,
               std::int64_t clicks);

  // The page that it led to has shown the pixel: once a click, however often that is.
  void shown(std::string_view token, const Visitor& visitor);

  // A step of a domain's verification is done; with the second, in either order, it is verified.
  void domain_step(const std::string& domain, hookwright::triggers::DomainStep step);

 private:
  struct Steps {
    hookwright::TimePoint dns{};
    hookwright::TimePoint certificate{};
  };

  hookwright::Dispatcher& dispatcher_;
  hookwright::triggers::ClickTokens tokens_;
  std::mutex mutex_{};
  std::map<std::string, Steps> domains_{};  // a real shortener keeps them
};
