#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/store_batch.hpp"

namespace hookwright {

// Which records to read.
enum class RecordKind : std::uint8_t {
  endpoints,  // in order of id, tombstones included; filters: tenant, endpoint, changed_after
  lanes,      // endpoints with waiting rows, in order of id; filter: endpoint
  waiting,   // in order of position within an endpoint; filters: endpoint (required unless delivery
             // is set), delivery
  attempts,  // newest first; filters: endpoint or delivery (one is required), result
  dead_letters,  // newest first; filters: tenant, endpoint, delivery
  events,        // filter: event (required)
  notes,         // in order of key; filter: key_prefix
};

// A question to a store. All filters that are set must match.
struct Query {
  RecordKind kind{};
  std::string tenant{};
  EndpointId endpoint{};
  DeliveryId delivery{};
  EventId event{};
  std::optional<AttemptResult> result{};
  std::uint64_t changed_after =
      0;  // endpoints: those whose change raised endpoints_version above this
  std::string key_prefix{};
  std::string after{};      // `Records::next` of the page before; empty: from the start
  std::size_t limit = 100;  // 1 to 1,000
};

// An endpoint with work, as found by Query::lanes.
struct LaneDue {
  EndpointId endpoint{};
  TimePoint due{};  // of its first row
};

// One page of an answer; the vector of the kind asked for is filled.
struct Records {
  StoreStatus status{};
  std::vector<StoredEndpoint> endpoints{};
  std::vector<LaneDue> lanes{};
  std::vector<Waiting> waiting{};
  std::vector<Attempt> attempts{};
  std::vector<DeadLetter> dead_letters{};
  std::vector<std::shared_ptr<const StoredEvent>> events{};
  std::vector<Note> notes{};
  std::string next{};  // opaque; empty: there is no more
};

}  // namespace hookwright
