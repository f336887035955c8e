#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/endpoint.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/retry.hpp"

namespace hookwright::engine {

// What a sender needs to know of an endpoint. Immutable; replaced as a whole when the endpoint
// changes.
struct Destination {
  EndpointId id{};
  std::string tenant{};
  Status status{};
  Url url{};
  std::string host_port{};  // requests to one of these share a bound
  std::shared_ptr<const Profile> profile{};
  std::vector<Header> headers{};
  std::vector<Secret> secrets{};
  std::optional<Secret> standard_secret{};
};

// What goes from one side to the other lies in list nodes, so that handing it over needs no memory
// and can't fail half way.

// An attempt, on its way to the store once it has ended.
struct Outcome {
  Waiting what{};  // the row as it was before the attempt
  std::uint64_t epoch = 0;
  std::size_t shard = 0;  // whose sender made it
  Verdict verdict{};
  TimePoint started{};  // timeline
  TimePoint ended{};    // timeline
  SteadyTime since{};   // when it began to wait for its commit
  Duration elapsed{};
  Fault fault{};
  int status = 0;
  std::string excerpt{};
  std::string address{};
  std::string detail{};
};

// Rows that a sender will not start: the lane was closed. They wait in the store.
struct Returned {
  EndpointId endpoint{};
  std::uint64_t epoch = 0;
  std::vector<std::uint64_t> rows{};
};

// Committer to sender.
struct PutDestination {
  std::shared_ptr<const Destination> destination{};
};
struct CloseLane {
  EndpointId endpoint{};
};  // lost, or its endpoint is gone
struct FeedLane {
  EndpointId endpoint{};
  std::uint64_t epoch = 0;
  std::vector<Waiting> rows{};
};
struct Settled {
  std::size_t outcomes = 0;
};
struct TrustUntil {
  SteadyTime until{};
};
using ToSender = std::variant<PutDestination, CloseLane, FeedLane, Settled, TrustUntil>;

// Sender to committer.
struct FromSender {
  std::list<Outcome> outcomes{};
  std::list<Outcome> cut_off{};  // the request was cancelled, which says nothing of the receiver:
                                 // the row waits on as it was
  std::list<Returned> returned{};
  [[nodiscard]] bool empty() const {
    return outcomes.empty() && cut_off.empty() && returned.empty();
  }
};

}  // namespace hookwright::engine
