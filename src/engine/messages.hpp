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

// An attempt, on its way to the store once it has ended; or a row that has expired, and then
// nothing was sent.
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
  bool sent = true;
  std::uint64_t trial = 0;  // not 0: of a request outside the lanes, see SendTrial
  bool over_limit = false;  // of a handshake that was passed: the tenant has too many active ones
};

// Rows that a sender will not start: the lane was closed. They wait in the store.
struct Returned {
  EndpointId endpoint{};
  std::uint64_t epoch = 0;
  std::vector<std::uint64_t> rows{};
};

// The id of an event's delivery to an endpoint. Whoever has both knows it, so what there is of a
// delivery can be found; it starts with the event's time, as indexes of ids like it.
[[nodiscard]] DeliveryId delivery_id(const EventId& event, const EndpointId& endpoint);

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
// One request outside the lane and once, whatever the endpoint's status, before all that waits: as
// soon as the rate allows.
struct SendTrial {
  std::uint64_t number = 0;
  EndpointId endpoint{};
  Waiting what{};  // not a row of the store
};
struct Settled {
  std::size_t outcomes = 0;
};
struct TrustUntil {
  SteadyTime until{};
};
using ToSender = std::variant<PutDestination, CloseLane, FeedLane, SendTrial, Settled, TrustUntil>;

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
