#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "hookwright/time.hpp"
#include "transport/http1/connection.hpp"

namespace hookwright::transport::http1 {

struct Exchange;

// A connection and what it is used for.
struct Link {
  explicit Link(std::string target) : connection(std::move(target)) {}

  Connection connection;
  Exchange* exchange = nullptr;  // the request it carries, if any
  SteadyTime opened{};
  SteadyTime idle_since{};
  bool gone = false;     // dropped, and about to be destroyed
  bool watched = false;  // by the poller
  bool watched_for_writing = false;
  std::list<Link>::iterator self{};
};

// The connections of a transport: those that carry a request, and those that are kept for later
// ones to the same target. Which one is found does not depend on how many there are.
class KeptConnections {
 public:
  // More than `kept_max` are not kept: the one that has been idle for longest goes.
  KeptConnections(std::size_t kept_max, Duration idle_max)
      : kept_max_(kept_max), idle_max_(idle_max) {}

  // A new one, carrying a request.
  Link& make(const std::string& target, SteadyTime now);

  // The one that was kept last for this target, or null: it carries a request again.
  Link* take(const std::string& target);

  // It carries none any more.
  void keep(Link& link, SteadyTime now);

  // Whether one that was kept may still be used.
  [[nodiscard]] bool is_fresh(const Link& link, SteadyTime now) const;

  // The one that has been kept for longest, if there are too many or it is too old; else null.
  [[nodiscard]] Link* superfluous(SteadyTime now);

  // Ends it; it is destroyed by the next bury().
  void drop(Link& link);
  void bury() { gone_.clear(); }

 private:
  struct Target {
    std::vector<Link*> idle;
    std::size_t links = 0;
  };

  std::size_t kept_max_;
  Duration idle_max_;
  std::unordered_map<std::string, Target> targets_;  // that have a connection
  std::list<Link> busy_;
  std::list<Link> idle_;  // longest first
  std::list<Link> gone_;
};

}  // namespace hookwright::transport::http1
