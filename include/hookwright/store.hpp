#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hookwright/delivery.hpp"
#include "hookwright/export.hpp"
#include "hookwright/id.hpp"
#include "hookwright/store_batch.hpp"
#include "hookwright/store_query.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// One process that uses the store.
struct Worker {
  IdBytes id{};        // random, new at each start
  std::string name{};  // for people
  Duration lease{};    // ends when the last heartbeat (or open) is longer ago than this
};

// Answer to open().
struct Opened {
  StoreStatus status{};
  // This worker numbers its rows from here (deliveries, attempts and dead letters alike): none of
  // this number and the 2^40 behind it was ever given to a worker, over restarts too. At least 1.
  std::uint64_t first_row = 1;
  std::uint64_t endpoints_version = 0;  // rises whenever any endpoint record changes
};

// Where the reading of one lane stands.
struct LaneCursor {
  EndpointId endpoint{};
  LanePosition after{};   // rows behind this one; a default-made one means from the start
  std::size_t limit = 0;  // rows wanted, at least 1
};

// The next rows of one lane, in order, all due.
struct LanePage {
  EndpointId endpoint{};
  std::vector<Waiting> rows{};  // where bodies are large, fewer than asked for, but one at least
  bool more = false;            // due rows are left behind the last one of `rows`; nothing else
                                // says so
  std::optional<TimePoint> next_due{};  // if not `more`: due time of the first row not due yet
};

// Answer to fetch(): one page per cursor, in the cursors' order.
struct Pages {
  StoreStatus status{};
  std::vector<LanePage> lanes{};
};

// A lane that this worker now holds.
struct LaneGrant {
  EndpointId endpoint{};
  std::uint64_t epoch = 0;  // higher with every grant of a lane nobody held; the fence on outcomes
  TimePoint due{};          // of its first row
};

// Answer to acquire().
struct Grants {
  StoreStatus status{};
  // Newly held, or held already with the same epoch: others have put rows into it.
  std::vector<LaneGrant> lanes{};
  // When the first lane left that nobody holds may be had (its first row and its `hold` are due):
  // the worker asks again.
  std::optional<TimePoint> next_due{};
};

// Answer to heartbeat().
struct Beat {
  StoreStatus status{};
  std::vector<EndpointId> lost{};       // lanes that this worker held until its lease ended
  std::uint64_t endpoints_version = 0;  // as in Opened; a one-process store may leave it at 0
};

// How much maintain() may do in one call, and what is old.
struct Budget {
  std::size_t rows_max = 1'000;  // records dropped, about
  TimePoint attempts_before{};   // attempts that started before (Attempt::at) may go
  TimePoint events_before{};     // events stored before (by the `now` of their commit) may go once
                                 // no waiting delivery needs them; dead letters hold copies
};

// What a store says of itself; it never changes.
struct StoreTraits {
  bool durable = false;  // an ok commit survives a power cut
  bool shared = false;   // several workers may use it at once, by the lane protocol
};

// Keeps the records. It knows nothing of HTTP, signatures or rules: the dispatcher decides, the
// store remembers.
//
// hookwright comes with one in memory, one on SQLite (`hookwright/stores/*.hpp`). Yours must pass
// the suite in `hookwright/testing/store_contract.hpp`. For one process, implement open, commit,
// fetch, find and traits; the rest have defaults. For several, acquire and heartbeat too: a worker
// holds a *lane* (the waiting rows of one endpoint) from acquire() until it releases it
// (`ReleaseLane`) or its lease ends and somebody's heartbeat() frees it, and only the holder sends
// from it.
//
// Threads: find() and traits() may be called from any thread at any time; all else comes from one
// thread at a time. Ownership: the dispatcher owns the store; arguments are valid during the call;
// events are shared and immutable. Errors: by StoreStatus. Throwing is a bug that the dispatcher
// survives and takes as `unknown`. Time and re-entrancy: `now` is passed in and never goes back
// within one worker; a store asks no clock. Calls block, and must not call back into the
// dispatcher. What hookwright promises: open() is the first call; rows are numbered uniquely; a new
// row's due time is never before the `now` of any earlier call, so that reading a lane by cursor
// misses nothing.
class HOOKWRIGHT_EXPORT Store {
 public:
  virtual ~Store();

  // Registers this process. Called once, and again only after it failed.
  [[nodiscard]] virtual Opened open(const Worker& worker, TimePoint now) = 0;

  // Carries out all changes in one transaction, and returns once it is as durable as traits() says.
  // Each change is applied whole, or skipped with the reason as its result. May be repeated after
  // `unknown`: a change that was applied before is then skipped with `mismatch`, since each names
  // the versions it expects.
  [[nodiscard]] virtual Committed commit(const Batch& batch, TimePoint now) = 0;

  // Reads due rows (due <= now) of lanes, in order of position. Whether the lane is held, or its
  // endpoint deleted, is not the store's to ask.
  [[nodiscard]] virtual Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) = 0;

  // Reads records, by keyset paging.
  [[nodiscard]] virtual Records find(const Query& query) = 0;

  [[nodiscard]] virtual StoreTraits traits() const = 0;

  // Takes lanes of endpoints not deleted that nobody holds and whose first row and `hold` are due,
  // the longest due first. Before them come lanes this worker holds already, with the epoch it has,
  // once each time that other workers have put rows into them, due or not. `max` bounds both
  // together. A worker whose lease has ended gets none. Default: none (one process holds every
  // lane, and finds them by RecordKind::lanes).
  [[nodiscard]] virtual Grants acquire(TimePoint now, std::size_t max);

  // Says that this worker lives, and frees the lanes of those whose lease has ended: its own too,
  // if it comes late; then its lease begins anew. Each lost lane is reported once, to the worker
  // that held it. Default: nothing lost.
  [[nodiscard]] virtual Beat heartbeat(TimePoint now);

  // Comes after one or more commits that were answered `ok`, once what they stored has been handed
  // on; not at the end. The time for a bounded piece of work that this should not wait for, such as
  // carrying a log over into the database; the next commit and heartbeat() do wait for it. A store
  // must stay bounded without it; one that wraps another passes it on. One that throws here is
  // asked again after the next commit. Default: nothing to do.
  virtual void checkpoint();

  // Drops what has expired: dead letters and notes whose `expires` has come, attempts and events as
  // the budget says, and what deleted endpoints left (their deliveries, attempts and dead letters,
  // then the record; a shared store keeps the record for an hour, and a worker silent for longer
  // reads all endpoints anew). A bounded slice at a time, oldest first. True: there is more to do.
  // A store that fails or throws here is asked again later. Default: nothing to do.
  [[nodiscard]] virtual bool maintain(TimePoint now, const Budget& budget);
};

}  // namespace hookwright
