#include "engine/lane_book.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "fault_switch.hpp"

namespace hookwright::engine {

namespace {
constexpr std::size_t page_rows_max = 512;  // in a flood, all that is read between two commits
constexpr std::size_t short_page_rows = 8;
constexpr std::chrono::seconds lively_for{1};  // after a row that went straight to memory
}  // namespace

void LaneBook::hold(EndpointId endpoint, std::uint64_t epoch) {
  Lane& lane = lanes_[endpoint];
  if (!lane.held) {
    lane.held = true;
    ++held_;
  }
  lane.epoch = epoch;
  read_again(endpoint, lane);
}

void LaneBook::adopt(EndpointId endpoint, std::uint64_t epoch, std::optional<TimePoint> first_due) {
  Lane& lane = lanes_[endpoint];
  if (!lane.held) {
    lane.held = true;
    ++held_;
  }
  lane.epoch = epoch;
  lane.whole = true;
  if (first_due) expect(endpoint, lane, *first_due);
}

void LaneBook::lose(EndpointId endpoint) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end()) return;
  total_ -= found->second.rows.size();
  if (found->second.held) --held_;
  lanes_.erase(found);
}

bool LaneBook::holds(EndpointId endpoint) const {
  const auto found = lanes_.find(endpoint);
  return found != lanes_.end() && found->second.held;
}

std::uint64_t LaneBook::epoch(EndpointId endpoint) const {
  const auto found = lanes_.find(endpoint);
  return found == lanes_.end() ? 0 : found->second.epoch;
}

void LaneBook::open(EndpointId endpoint) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end() || !found->second.closed) return;
  Lane& lane = found->second;
  lane.closed = false;
  read_again(endpoint, lane);
}

void LaneBook::close(EndpointId endpoint) {
  Lane& lane = lanes_[endpoint];
  lane.closed = true;
  lane.whole = false;
}

bool LaneBook::take(const Delivery& row, TimePoint now) noexcept {
  const auto found = lanes_.find(row.endpoint);
  if (found == lanes_.end()) return false;
  Lane& lane = found->second;
  if (!lane.held || lane.closed) return false;
  if (row.position.due > now) {
    expect(row.endpoint, lane, row.position.due);
    return false;
  }
  // An older row may have become due since: it must not be passed over.
  if (!lane.whole || lane.next_due <= now || !has_room(lane)) {
    lane.come = std::min(lane.come + 1, page_rows_max);
    spill(row.endpoint, row.position);
    return false;
  }
  try {
    lane.rows.insert(row.position.row);
  } catch (...) {
    read_again(row.endpoint, lane);
    return false;
  }
  ++total_;
  lane.cursor = row.position;
  last_taken_ = row.endpoint;
  last_taken_at_ = now;
  return true;
}

void LaneBook::spill(EndpointId endpoint) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end()) return;
  found->second.whole = false;
  want(endpoint, found->second);
}

void LaneBook::spill(EndpointId endpoint, const LanePosition& row) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end()) return;
  if (row <= found->second.cursor) {
    read_again(endpoint, found->second);
  } else {
    spill(endpoint);
  }
}

void LaneBook::settle(EndpointId endpoint, std::uint64_t epoch, std::uint64_t row) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end() || found->second.epoch != epoch) return;
  total_ -= found->second.rows.erase(row);
  if (!found->second.whole) want(endpoint, found->second);
}

void LaneBook::give_back(EndpointId endpoint, std::uint64_t epoch, std::uint64_t row) noexcept {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end() || found->second.epoch != epoch) return;
  total_ -= found->second.rows.erase(row);
  read_again(endpoint, found->second);
}

void LaneBook::give_back(const Returned& returned) noexcept {
  const auto found = lanes_.find(returned.endpoint);
  if (found == lanes_.end() || found->second.epoch != returned.epoch) return;
  for (const std::uint64_t row : returned.rows) total_ -= found->second.rows.erase(row);
  read_again(returned.endpoint, found->second);
}

bool LaneBook::in_memory(EndpointId endpoint, std::uint64_t row) const {
  const auto found = lanes_.find(endpoint);
  return found != lanes_.end() && found->second.rows.contains(row);
}

// From the start: what is in memory is recognised by its row number.
void LaneBook::read_again(EndpointId endpoint, Lane& lane) noexcept {
  lane.cursor = {};
  lane.next_due = TimePoint::max();
  lane.whole = false;
  want(endpoint, lane);
}

void LaneBook::want(EndpointId endpoint, Lane& lane) noexcept {
  if (lane.wants || !lane.held || lane.closed) return;
  try {
    wants_.push_back(endpoint);
    lane.wants = true;
  } catch (...) {
    unlisted_ = true;
  }
}

void LaneBook::find_unlisted() {
  if (!std::exchange(unlisted_, false)) return;
  for (auto& [id, lane] : lanes_) {
    if (!lane.whole) want(id, lane);
  }
  if (unlisted_) throw std::bad_alloc();
}

void LaneBook::expect(EndpointId endpoint, Lane& lane, TimePoint due) noexcept {
  lane.next_due = std::min(lane.next_due, due);
  if (lane.next_due >= lane.alarm) return;  // it rings early enough, and is set again then
  try {
    alarms_.push({lane.next_due, endpoint});
    lane.alarm = lane.next_due;
  } catch (...) {
    read_again(endpoint, lane);  // and be told once more
  }
}

bool LaneBook::has_room(const Lane& lane) const {
  return lane.rows.size() < bounds_.lane_rows_max && total_ < bounds_.rows_max;
}

void LaneBook::ring(TimePoint now) {
  while (!alarms_.empty() && alarms_.top().due <= now) {
    const Alarm alarm = alarms_.top();
    alarms_.pop();
    const auto found = lanes_.find(alarm.endpoint);
    if (found == lanes_.end() || found->second.alarm != alarm.due) continue;
    Lane& lane = found->second;
    lane.alarm = TimePoint::max();
    if (lane.next_due <= now) {
      spill(alarm.endpoint);
    } else if (lane.next_due != TimePoint::max()) {
      expect(alarm.endpoint, lane, lane.next_due);
    }
  }
}

// A clock that was set back makes nothing lively for longer.
bool LaneBook::lively(TimePoint now) const {
  return bounds_.short_pages && last_taken_at_ && *last_taken_at_ <= now &&
         now - *last_taken_at_ < lively_for;
}

std::size_t LaneBook::page_rows(EndpointId endpoint, const Lane& lane, TimePoint now) const {
  if (!lively(now) || last_taken_ == endpoint) return page_rows_max;
  return std::min(page_rows_max, short_page_rows + lane.come);
}

std::vector<LaneCursor> LaneBook::wanted(TimePoint now, std::size_t max) {
  find_unlisted();
  ring(now);
  std::vector<LaneCursor> cursors;
  cursors.reserve(std::min(max, wants_.size()));
  std::size_t planned = total_;
  for (std::size_t looked = wants_.size();
       looked > 0 && cursors.size() < max && planned < bounds_.rows_max; --looked) {
    const EndpointId endpoint = wants_.front();
    wants_.pop_front();
    const auto found = lanes_.find(endpoint);
    if (found == lanes_.end()) continue;
    Lane& lane = found->second;
    lane.wants = false;
    if (!lane.held || lane.closed || lane.whole) continue;
    if (lane.rows.size() > bounds_.lane_rows_max / 2) continue;  // settle() brings it back
    const std::size_t room =
        std::min({page_rows(endpoint, lane, now), bounds_.lane_rows_max - lane.rows.size(),
                  bounds_.rows_max - planned});
    lane.come -= std::min(lane.come, room);
    const std::size_t known = lane.cursor == LanePosition{} ? lane.rows.size() : 0;
    cursors.push_back({.endpoint = endpoint, .after = lane.cursor, .limit = room + known});
    planned += room;
  }
  return cursors;
}

std::vector<Waiting> LaneBook::accept(LanePage&& page) {
  std::vector<Waiting> fresh;
  const auto found = lanes_.find(page.endpoint);
  if (found == lanes_.end() || !found->second.held || found->second.closed) return fresh;
  Lane& lane = found->second;
  try {
    fresh.reserve(page.rows.size());
    for (Waiting& row : page.rows) {
      const bool known = lane.rows.contains(row.delivery.position.row);
      if (!known && !has_room(lane)) {  // more was asked for, since some were known
        page.more = true;
        break;
      }
      lane.cursor = row.delivery.position;
      if (known) continue;
      lane.rows.insert(row.delivery.position.row);
      ++total_;
      fresh.push_back(std::move(row));
    }
  } catch (...) {
    for (const Waiting& row : fresh) total_ -= lane.rows.erase(row.delivery.position.row);
    read_again(page.endpoint, lane);
    throw;
  }
  lane.whole = !page.more || detail::mutated(detail::Mutation::whole_too_early);
  lane.next_due = TimePoint::max();
  if (!page.more) lane.come = 0;
  if (page.more) {
    want(page.endpoint, lane);
  } else if (page.next_due) {
    expect(page.endpoint, lane, *page.next_due);
  }
  return fresh;
}

std::optional<TimePoint> LaneBook::next_due() const {
  // While memory is full nothing can be read: a row that is settled brings the next look.
  if (alarms_.empty() || total_ >= bounds_.rows_max) return std::nullopt;
  return alarms_.top().due;
}

std::optional<TimePoint> LaneBook::next_due(EndpointId endpoint) const {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end() || found->second.next_due == TimePoint::max()) return std::nullopt;
  return found->second.next_due;
}

bool LaneBook::hungry(TimePoint now) const {
  if (total_ >= bounds_.rows_max) return false;
  if (unlisted_) return true;
  if (!alarms_.empty() && alarms_.top().due <= now) return true;
  return std::any_of(wants_.begin(), wants_.end(), [this](const EndpointId& id) {
    const auto found = lanes_.find(id);
    return found != lanes_.end() && found->second.held && !found->second.closed &&
           !found->second.whole && found->second.rows.size() <= bounds_.lane_rows_max / 2;
  });
}

std::vector<EndpointId> LaneBook::idle(TimePoint now, std::size_t max) const {
  std::vector<EndpointId> ids;
  for (const auto& [id, lane] : lanes_) {
    if (ids.size() == max) break;
    if (!lane.held || !lane.rows.empty()) continue;
    if (lane.closed || (lane.whole && lane.next_due > now)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<EndpointId> LaneBook::held() const {
  std::vector<EndpointId> ids;
  for (const auto& [id, lane] : lanes_) {
    if (lane.held) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::optional<LaneBook::View> LaneBook::view(EndpointId endpoint) const {
  const auto found = lanes_.find(endpoint);
  if (found == lanes_.end()) return std::nullopt;
  const Lane& lane = found->second;
  return View{lane.closed, lane.whole, lane.epoch, lane.cursor, lane.next_due, &lane.rows};
}

}  // namespace hookwright::engine
