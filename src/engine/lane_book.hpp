#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/messages.hpp"
#include "hookwright/store.hpp"

namespace hookwright::engine {

struct LaneBounds {
  std::size_t lane_rows_max = 2'048;
  std::size_t rows_max = 65'536;
  bool short_pages = true;  // false where others put rows into the lanes: nobody counts those
};

// The store side of the lanes: which rows are in memory, and where the reading of each lane stands.
//
// A lane is *whole* when every due row of it is in memory; only then does a freshly committed row
// go straight there. Else it is *spilled*: rows come by pages from behind the cursor until a page
// comes back short. A waiting row is in exactly one place: behind the cursor, or among `rows`. Rows
// whose attempt is under way or not yet settled count as in memory.
//
// Where other endpoints' rows go straight to memory, a spilled lane is read by short pages: what is
// sent at once must not wait behind the work that a long backlog makes. Each page is as much longer
// as rows have come to the lane since the last, so a lane that is read on catches up. (Retries come
// of rows that were read, so they are no more than those.)
//
// Without memory a lane is spilled, which is always right: the store has its rows. So what has
// happened to rows can be noted in any case; hold, adopt, close, wanted and accept may throw, and
// leave a book that is true.
class LaneBook {
 public:
  explicit LaneBook(const LaneBounds& bounds) : bounds_(bounds) {}

  // This process holds the lane from now on; what its rows are is not known yet. Again with the
  // same epoch: others have put rows into it, perhaps before the cursor.
  void hold(EndpointId endpoint, std::uint64_t epoch);
  // It holds it, and knows that no row is due before `first_due`, or that there is none.
  void adopt(EndpointId endpoint, std::uint64_t epoch, std::optional<TimePoint> first_due);
  // It holds it no longer. Rows in memory are forgotten.
  void lose(EndpointId endpoint) noexcept;
  [[nodiscard]] bool holds(EndpointId endpoint) const;
  [[nodiscard]] std::uint64_t epoch(EndpointId endpoint) const;

  // Rows of a closed lane stay where they are; opened again, it is read from the start.
  void open(EndpointId endpoint) noexcept;
  void close(EndpointId endpoint);

  // A row that has just been committed. True: it is in memory now, and the caller feeds it.
  bool take(const Delivery& row, TimePoint now) noexcept;
  // Rows have been committed, perhaps: read them before anything newer. Where a row is named it may
  // be before the cursor, since rows of other workers have numbers of their own.
  void spill(EndpointId endpoint) noexcept;
  void spill(EndpointId endpoint, const LanePosition& row) noexcept;
  // A row is settled, or was given back by its sender.
  void settle(EndpointId endpoint, std::uint64_t epoch, std::uint64_t row) noexcept;
  void give_back(EndpointId endpoint, std::uint64_t epoch, std::uint64_t row) noexcept;
  void give_back(const Returned& returned) noexcept;

  [[nodiscard]] bool in_memory(EndpointId endpoint, std::uint64_t row) const;

  // Cursors of lanes that want rows and have room for them, `max` at most, in turn.
  [[nodiscard]] std::vector<LaneCursor> wanted(TimePoint now, std::size_t max);
  // The answer to one of them: rows that were not in memory yet, for the caller to feed.
  [[nodiscard]] std::vector<Waiting> accept(LanePage&& page);

  // When the next row that is not in memory becomes due.
  [[nodiscard]] std::optional<TimePoint> next_due() const;
  [[nodiscard]] std::optional<TimePoint> next_due(EndpointId endpoint) const;
  // True if wanted() would name a lane now.
  [[nodiscard]] bool hungry(TimePoint now) const;
  // Rows have gone straight to memory lately: whoever reads pages takes a rest after each.
  [[nodiscard]] bool lively(TimePoint now) const;

  // Lanes held with nothing in memory and nothing due: they may be released.
  [[nodiscard]] std::vector<EndpointId> idle(TimePoint now, std::size_t max) const;

  [[nodiscard]] std::vector<EndpointId> held() const;

  // How a lane stands, for whoever compares it with the store.
  struct View {
    bool closed = false;
    bool whole = false;
    std::uint64_t epoch = 0;
    LanePosition cursor{};
    TimePoint next_due{};
    const std::unordered_set<std::uint64_t>* rows = nullptr;
  };
  [[nodiscard]] std::optional<View> view(EndpointId endpoint) const;

  [[nodiscard]] std::size_t rows() const { return total_; }
  [[nodiscard]] std::size_t lanes_held() const { return held_; }

 private:
  struct Lane {
    bool held = false;
    bool closed = false;  // its endpoint is not active
    bool whole = false;
    bool wants = false;  // in wants_
    std::uint64_t epoch = 0;
    LanePosition cursor{};                  // every due row up to here is in memory or settled
    TimePoint next_due = TimePoint::max();  // no row that is not in memory is due before
    TimePoint alarm = TimePoint::max();     // the earliest in alarms_
    // Rows that did not go to memory, less those asked for since; a whole page at most, since what
    // has come for long is the backlog itself.
    std::size_t come = 0;
    std::unordered_set<std::uint64_t> rows{};
  };
  struct Alarm {
    TimePoint due{};
    EndpointId endpoint{};
    bool operator>(const Alarm& other) const { return due > other.due; }
  };

  void want(EndpointId endpoint, Lane& lane) noexcept;
  void read_again(EndpointId endpoint, Lane& lane) noexcept;
  void expect(EndpointId endpoint, Lane& lane, TimePoint due) noexcept;
  void find_unlisted();
  [[nodiscard]] bool has_room(const Lane& lane) const;
  [[nodiscard]] std::size_t page_rows(EndpointId endpoint, const Lane& lane, TimePoint now) const;
  void ring(TimePoint now);

  LaneBounds bounds_;
  std::unordered_map<EndpointId, Lane> lanes_;
  std::deque<EndpointId> wants_;  // spilled lanes, each at most once
  bool unlisted_ = false;         // some are not in wants_, for lack of memory
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
  std::size_t total_ = 0;
  std::size_t held_ = 0;
  EndpointId last_taken_{};  // whose row went straight to memory
  std::optional<TimePoint> last_taken_at_{};
};

}  // namespace hookwright::engine
