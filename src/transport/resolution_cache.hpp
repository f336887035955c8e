#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "hookwright/resolver.hpp"
#include "hookwright/time.hpp"

namespace hookwright::transport {

// Answers by name, each until its time has passed, the least recently used ones first out. An old
// one that had addresses may be taken up again, where there is no way to get a new one.
class ResolutionCache {
 public:
  explicit ResolutionCache(std::size_t names_max) : names_max_(names_max) {}

  // Null if there is none, or none that is still good. Valid until the next call.
  const Resolution* find(const std::string& host, SteadyTime now);

  // An answer with addresses whose time has passed, though not by too much. Null if there is none.
  const Resolution* find_old(const std::string& host, SteadyTime now);

  // Such an answer is good again until then, or as long as it may be.
  void renew(const std::string& host, SteadyTime good_until);

  // Among the same addresses as before the same one stays first, whatever order they come in now,
  // so that connections to it can be used again.
  void put(const std::string& host, Resolution resolution, SteadyTime good_until,
           SteadyTime usable_until);

 private:
  struct Entry {
    std::string host{};
    Resolution resolution{};
    SteadyTime good_until{};
    SteadyTime usable_until{};  // when it has passed, find() doesn't know it, find_old() does
  };

  std::size_t names_max_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_host_;
};

}  // namespace hookwright::transport
