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

// Which records to read, in which order, and what may filter them.
enum class RecordKind : std::uint8_t {
  endpoints,  // by id, tombstones included; with changed_after by change, so that an endpoint that
              // changes meanwhile comes again. Filters: tenant, endpoint, changed_after. With
              // last_attempts, each one's newest attempt as well
  lanes,      // endpoints not deleted that have waiting rows, in an order of the store's. Filter:
              // endpoint, which also counts the rows
  waiting,    // by position. Filters: endpoint (required), delivery
  attempts,   // newest (highest row) first. Filters: endpoint, delivery (one is required), result,
              // type, since and until (when they started). Those of an endpoint that ended in a
              // result other than `delivered` are rare and asked for: a page holds them, however
              // many deliveries lie between
  dead_letters,  // newest (highest row) first, those that have expired too until maintain() drops
                 // them. Filters: tenant, endpoint, delivery, type, since and until (when they
                 // died)
  events,        // in the order of their commits. Filters: event, tenant (one is required), since
                 // (when it was stored; some from before may be among them)
  notes,         // by key, without those that had expired at the latest `now` of any call. Filter:
                 // key_prefix
};

// A question to a store. All filters that are set (not empty, not 0) must match. A filter that the
// kind does not have, or a required one that is missing, is answered with `unavailable`.
//
// Paging: what is there throughout is found exactly once, whatever is committed between two pages.
// A filter that no index serves may be met by looking at records one by one; a store then looks at
// a bounded number in a call, so a page may be short, or empty, and still have a `next`.
struct Query {
  RecordKind kind{};
  std::string tenant{};
  EndpointId endpoint{};
  DeliveryId delivery{};
  EventId event{};
  std::optional<AttemptResult> result{};
  std::string type{};                // of the event
  std::optional<TimePoint> since{};  // not before
  std::optional<TimePoint> until{};  // before
  std::uint64_t changed_after = 0;   // those whose last change raised endpoints_version above this
  bool last_attempts = false;
  std::string key_prefix{};
  // `Records::next` of the page before, for the same question; empty: from the start. Any other
  // text finds nothing and breaks nothing: it may be a customer's.
  std::string after{};
  std::size_t limit = 100;  // 1 to 1,000; anything else is brought into that range
};

// An endpoint with work.
struct LaneDue {
  EndpointId endpoint{};
  TimePoint due{};          // of its first row
  std::size_t rows = 0;     // how many there are, a million at most; only if the endpoint was
                            // asked for
  std::uint64_t epoch = 0;  // by which this worker holds the lane; 0 if it doesn't, and in a
                            // one-process store
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
