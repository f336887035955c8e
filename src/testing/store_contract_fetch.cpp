#include <algorithm>
#include <array>
#include <vector>

#include "testing/store_scene.hpp"

// How lanes are read.
namespace hookwright::testing::contract {
namespace {

using Positions = std::vector<LanePosition>;

Positions positions_of(const std::vector<Waiting>& rows) {
  Positions positions;
  for (const Waiting& row : rows) positions.push_back(row.delivery.position);
  return positions;
}

// Puts rows at these positions, in this order.
void put_rows(Scene& scene, const EndpointId& endpoint, const Positions& positions) {
  const auto event = scene.event();
  std::vector<Write> writes = {PutEvent{event}};
  for (const LanePosition& position : positions) {
    Delivery row = scene.delivery(*event, endpoint, position.due);
    row.position = position;
    writes.emplace_back(PutDelivery{row});
  }
  scene.apply(std::move(writes));
}

// Reads the lane page by page, as a dispatcher does.
Positions read_lane(Scene& scene, const EndpointId& endpoint, std::size_t limit) {
  Positions all;
  LanePosition after;
  for (bool more = true; more;) {
    const LanePage page = scene.fetch(endpoint, limit, after);
    expect(!page.more || !page.rows.empty(), "a page with more behind it to have a row");
    const Positions read = positions_of(page.rows);
    all.insert(all.end(), read.begin(), read.end());
    if (!read.empty()) after = read.back();
    more = page.more;
  }
  return all;
}

void in_order(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  Positions put;
  for (const std::int64_t due : {5, 1, 3, 3, 1, 3, 0, 2}) {
    put.push_back({scene.now + Duration(due), scene.next_row()});
  }
  // Rows of an equal due time, the higher first: their order is that of the rows, not of arrival.
  const std::uint64_t low = scene.next_row();
  const std::uint64_t high = scene.next_row() + (std::uint64_t{1} << 33U);
  put.push_back({scene.now + Duration(3), high});
  put.push_back({scene.now + Duration(3), low});
  put_rows(scene, endpoint, put);
  std::ranges::sort(put);
  scene.now += second;
  for (const std::size_t limit : {1U, 2U, 3U, 7U, 10U, 11U, 1'000U}) {
    expect(read_lane(scene, endpoint, limit) == put,
           "rows in order of due time, then of row, in pages of " + std::to_string(limit));
  }
}

void due_ones_only(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const LanePosition first{scene.now, scene.next_row()};
  const LanePosition next{scene.now + second, scene.next_row()};
  const LanePosition last{scene.now + hour, scene.next_row()};
  put_rows(scene, endpoint, {last, next, first});

  scene.now -= Duration(1);
  LanePage page = scene.fetch(endpoint);
  expect(page.rows.empty() && !page.more && page.next_due == first.due,
         "no row 1 ms before the first is due, and when it is");
  scene.now += Duration(1);
  page = scene.fetch(endpoint);
  expect(positions_of(page.rows) == Positions{first} && !page.more && page.next_due == next.due,
         "the row that is due at this very moment, and when the next one is");
  page = scene.fetch(endpoint, 100, first);
  expect(page.rows.empty() && !page.more && page.next_due == next.due,
         "no row behind the cursor, and when the next one is due");
  scene.now += second;
  page = scene.fetch(endpoint, 1);
  expect(positions_of(page.rows) == Positions{first} && page.more,
         "`more` where a due row is left behind the limit");
  page = scene.fetch(endpoint, 2);
  expect(
      positions_of(page.rows) == Positions{first, next} && !page.more && page.next_due == last.due,
      "no `more` where only rows that are not due are left, and when they are");
  page = scene.fetch(endpoint, 100, last);
  expect(page.rows.empty() && !page.more && !page.next_due, "nothing behind the last row");
}

void rows_come_between_pages(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  Positions expected;
  const auto add = [&](TimePoint due) {
    expected.push_back({due, scene.next_row()});
    put_rows(scene, endpoint, {expected.back()});
  };
  for (int i = 0; i < 4; ++i) add(scene.now);
  const LanePage first = scene.fetch(endpoint, 2);
  scene.now += second;
  // New rows are due no earlier than what was asked before, so they are behind the cursor; those
  // that were read are settled meanwhile.
  for (int i = 0; i < 3; ++i) add(scene.now);
  for (const Waiting& row : first.rows) {
    scene.apply({DropDelivery{endpoint, row.delivery.position}});
  }
  Positions all = positions_of(first.rows);
  LanePosition after = all.back();
  for (bool more = true; more;) {
    const LanePage page = scene.fetch(endpoint, 2, after);
    const Positions read = positions_of(page.rows);
    all.insert(all.end(), read.begin(), read.end());
    if (!read.empty()) after = read.back();
    if (all.size() == 4) add(scene.now);
    more = page.more;
  }
  expect(all == expected, "each row exactly once, those that came between two pages too");
}

void lanes_apart(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId mine = scene.endpoint();
  const EndpointId other = scene.endpoint();
  const LanePosition position{scene.now, scene.next_row()};
  put_rows(scene, mine, {position});
  put_rows(scene, other, {position});
  expect_number(scene.fetch(mine).rows.size(), 1U, "the lane's own row");
  scene.apply({DropDelivery{other, position}});
  expect_number(scene.fetch(mine).rows.size(), 1U, "the row of a lane after another's was dropped");
  expect(scene.fetch(other).rows.empty(), "the other lane to be empty");
}

void many_cursors(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId full = scene.endpoint();
  const EndpointId empty = scene.endpoint();
  put_rows(scene, full, {{scene.now, scene.next_row()}, {scene.now, scene.next_row()}});
  const LanePosition first = only(scene.fetch(full, 1).rows, "one row of two").delivery.position;
  const std::array cursors = {LaneCursor{empty, {}, 5}, LaneCursor{full, {}, 1},
                              LaneCursor{scene.id<EndpointId>(), {}, 5},
                              LaneCursor{full, first, 5}};
  const Pages pages = scene.store().fetch(cursors, scene.now);
  expect(pages.status.ok() && pages.lanes.size() == cursors.size(), "a page for every cursor");
  const std::array<std::size_t, 4> sizes = {0, 1, 0, 1};
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    expect(pages.lanes[i].endpoint == cursors[i].endpoint, "the pages in the cursors' order");
    expect_number(pages.lanes[i].rows.size(), sizes[i],
                  "the rows of page " + std::to_string(i) + " by its own cursor");
  }
}

}  // namespace

std::span<const StoreCase> fetch_cases() {
  static constexpr std::array cases = {
      StoreCase{"a lane is read in order of due time, then of row", {}, in_order},
      StoreCase{"only due rows are read, and the next one's time is told", {}, due_ones_only},
      StoreCase{"reading a lane misses no row that comes between", {}, rows_come_between_pages},
      StoreCase{"lanes know nothing of each other", {}, lanes_apart},
      StoreCase{"every cursor gets its page, in order", {}, many_cursors},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
