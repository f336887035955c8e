#include "engine/lane_book.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "catch2.hpp"

namespace hookwright::engine {

using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};
const EndpointId endpoint{IdBytes{{1}}};

// One lane, the rows of its store, and who holds what: enough to see whether a row is ever lost or
// sent twice.
class World {
 public:
  World(std::uint64_t seed, const LaneBounds& bounds) : random_(seed), book_(bounds) {
    book_.adopt(endpoint, 1, std::nullopt);
  }

  void commit_new() { commit(now_); }
  void commit_later() { commit(now_ + Duration{1 + pick(50)}); }
  void pass_time() { now_ += Duration{pick(20)}; }

  void fetch() {
    for (const LaneCursor& cursor : book_.wanted(now_, 4)) {
      LanePage page{.endpoint = cursor.endpoint};
      for (const LanePosition& position : stored_) {
        if (position <= cursor.after) continue;
        if (position.due > now_) {
          page.next_due = position.due;
          break;
        }
        if (page.rows.size() == cursor.limit) {
          page.more = true;
          break;
        }
        page.rows.push_back({.delivery = {.endpoint = endpoint, .position = position}});
      }
      if (page.more) page.next_due.reset();
      for (const Waiting& row : book_.accept(std::move(page))) feed(row.delivery.position);
    }
  }

  void settle_one(bool retry) {
    if (memory_.empty()) return;
    const LanePosition position = *memory_.begin();
    memory_.erase(memory_.begin());
    stored_.erase(position);
    book_.settle(endpoint, 1, position.row);
    ++sent_;
    if (retry) commit_later();
  }

  void pause_and_resume() {
    book_.close(endpoint);
    Returned returned{.endpoint = endpoint, .epoch = 1};
    for (const LanePosition& position : memory_) {
      if (pick(2) == 0) returned.rows.push_back(position.row);  // the others are under way
    }
    std::erase_if(memory_, [&](const LanePosition& p) {
      return std::find(returned.rows.begin(), returned.rows.end(), p.row) != returned.rows.end();
    });
    const bool open_first = pick(2) == 0;
    if (open_first) book_.open(endpoint);
    if (pick(2) == 0) fetch();
    book_.give_back(returned);
    if (!open_first) book_.open(endpoint);
  }

  void others_wrote() {
    // Another process may put a row before the cursor; the store then says so.
    stored_.insert({.due = now_ - Duration{pick(10)}, .row = ++row_});
    book_.hold(endpoint, 1);
  }

  // Sends what there is, until nothing that is due is left.
  void drain() {
    for (int i = 0; i < 100'000 && !(memory_.empty() && !book_.hungry(now_)); ++i) {
      fetch();
      settle_one(false);
    }
  }

  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  [[nodiscard]] bool due_left() const { return !stored_.empty() && stored_.begin()->due <= now_; }
  [[nodiscard]] std::size_t memory() const { return memory_.size(); }
  [[nodiscard]] std::size_t rows() const { return book_.rows(); }
  [[nodiscard]] std::size_t fed_twice() const { return fed_twice_; }
  [[nodiscard]] std::size_t sent() const { return sent_; }
  void skip(Duration span) { now_ += span; }

 private:
  void commit(TimePoint due) {
    const LanePosition position{.due = due, .row = ++row_};
    stored_.insert(position);
    if (book_.take({.endpoint = endpoint, .position = position}, now_)) feed(position);
  }

  void feed(const LanePosition& position) {
    if (!memory_.insert(position).second || !stored_.contains(position)) ++fed_twice_;
  }

  std::mt19937_64 random_;
  LaneBook book_;
  TimePoint now_ = start;
  std::uint64_t row_ = 0;
  std::set<LanePosition> stored_;
  std::set<LanePosition> memory_;
  std::size_t fed_twice_ = 0;
  std::size_t sent_ = 0;
};

}  // namespace

TEST_CASE("a waiting row is in memory or behind the cursor, and never in both") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    World world(seed, {.lane_rows_max = 2 + seed % 9, .rows_max = 2 + seed % 9});
    INFO("seed " << seed);
    for (int step = 0; step < 400; ++step) {
      switch (world.pick(8)) {
        case 0:
        case 1:
          world.commit_new();
          break;
        case 2:
          world.commit_later();
          break;
        case 3:
          world.pass_time();
          break;
        case 4:
          world.fetch();
          break;
        case 5:
          world.settle_one(world.pick(3) == 0);
          break;
        case 6:
          if (world.pick(10) == 0) world.pause_and_resume();
          break;
        case 7:
          if (world.pick(10) == 0) world.others_wrote();
          break;
        default:
          break;
      }
      REQUIRE(world.fed_twice() == 0);
      REQUIRE(world.rows() == world.memory());
    }
    world.skip(1h);
    world.drain();
    REQUIRE_FALSE(world.due_left());
    REQUIRE(world.fed_twice() == 0);
    REQUIRE(world.sent() > 0);
  }
}

TEST_CASE("a whole lane takes a committed row straight away, a full one reads it back") {
  LaneBook book({.lane_rows_max = 2, .rows_max = 10});
  book.adopt(endpoint, 1, std::nullopt);
  const auto row = [](std::uint64_t number) {
    return Delivery{.endpoint = endpoint, .position = {.due = start, .row = number}};
  };
  CHECK(book.take(row(1), start));
  CHECK(book.take(row(2), start));
  CHECK_FALSE(book.take(row(3), start));
  CHECK(book.wanted(start, 8).empty());  // no room yet
  book.settle(endpoint, 1, 1);
  const std::vector<LaneCursor> cursors = book.wanted(start, 8);
  REQUIRE(cursors.size() == 1);
  CHECK(cursors.front().after == LanePosition{.due = start, .row = 2});
  CHECK_FALSE(book.take(row(4), start));  // behind row 3, which is still in the store
}

TEST_CASE("a row that has become due goes before one that is new") {
  LaneBook book({.lane_rows_max = 8, .rows_max = 8});
  book.adopt(endpoint, 1, start + 10ms);
  CHECK(book.next_due() == start + 10ms);
  const Delivery fresh{.endpoint = endpoint, .position = {.due = start + 11ms, .row = 9}};
  CHECK_FALSE(book.take(fresh, start + 11ms));
  CHECK(book.hungry(start + 11ms));
}

TEST_CASE("a lane that is read again takes no more rows than it has room for") {
  LaneBook book({.lane_rows_max = 4, .rows_max = 4});
  book.hold(endpoint, 1);
  (void)book.wanted(start, 1);
  (void)book.accept({.endpoint = endpoint});
  for (std::uint64_t number = 8; number <= 9; ++number)
    CHECK(book.take({.endpoint = endpoint, .position = {.due = start, .row = number}}, start));
  // Others have put rows before those that are known.
  book.hold(endpoint, 1);
  const std::vector<LaneCursor> cursors = book.wanted(start, 1);
  REQUIRE(cursors.size() == 1);
  LanePage page{.endpoint = endpoint};
  for (std::uint64_t number = 1; number <= cursors.front().limit; ++number)
    page.rows.push_back(
        {.delivery = {.endpoint = endpoint, .position = {.due = start - 1ms, .row = number}}});
  page.more = true;
  CHECK(book.accept(std::move(page)).size() == 2);
  CHECK(book.rows() == 4);
  book.settle(endpoint, 1, 1);
  book.settle(endpoint, 1, 2);
  const std::vector<LaneCursor> next = book.wanted(start, 1);
  REQUIRE(next.size() == 1);
  CHECK(next.front().after == LanePosition{.due = start - 1ms, .row = 2});
}

TEST_CASE(
    "a row before the cursor is read: another worker's of the same moment has a higher number") {
  const bool doubted = GENERATE(false, true);
  LaneBook book({.lane_rows_max = 2, .rows_max = 100});
  book.adopt(endpoint, 1, std::nullopt);
  book.spill(endpoint);
  LanePage page{.endpoint = endpoint, .more = !doubted};
  for (const std::uint64_t row : {std::uint64_t{1} << 41U, (std::uint64_t{1} << 41U) + 1})
    page.rows.push_back(
        {.delivery = {.endpoint = endpoint, .position = {.due = start, .row = row}}});
  REQUIRE(book.wanted(start, 1).size() == 1);
  REQUIRE(book.accept(std::move(page)).size() == 2);
  const LanePosition ours{.due = start, .row = 5};
  if (doubted) {
    book.spill(endpoint, ours);
  } else {
    CHECK_FALSE(book.take({.endpoint = endpoint, .position = ours}, start));
  }
  book.settle(endpoint, 1, std::uint64_t{1} << 41U);
  const std::vector<LaneCursor> wanted = book.wanted(start, 1);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].after < ours);
}

TEST_CASE(
    "beside rows that go straight to memory a backlog is read by short pages, and catches up") {
  LaneBook book({});
  const EndpointId other{IdBytes{{2}}};
  book.hold(endpoint, 1);
  book.adopt(other, 1, std::nullopt);
  std::uint64_t number = 0;
  const auto page_of_backlog = [&](TimePoint now) {
    const std::vector<LaneCursor> cursors = book.wanted(now, 8);
    REQUIRE(cursors.size() == 1);
    CHECK(cursors.front().endpoint == endpoint);
    LanePage page{.endpoint = endpoint, .more = true};
    page.rows.push_back(
        {.delivery = {.endpoint = endpoint, .position = {.due = start, .row = ++number}}});
    CHECK(book.accept(std::move(page)).size() == 1);
    return cursors.front().limit;
  };
  const auto fresh = [](EndpointId id, TimePoint now) {
    return Delivery{.endpoint = id, .position = {.due = now, .row = 1'000'000}};
  };
  CHECK_FALSE(book.lively(start));
  const std::size_t whole_page = page_of_backlog(start);
  CHECK(book.take(fresh(other, start), start));
  CHECK(book.lively(start));
  const std::size_t short_page = page_of_backlog(start);
  CHECK(short_page * 10 < whole_page);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(book.take(fresh(endpoint, start), start));
  CHECK(page_of_backlog(start) == short_page + 20);
  CHECK(page_of_backlog(start) == short_page);
  // What has come for long is the backlog itself: it makes one page whole.
  for (int i = 0; i < 10'000; ++i) CHECK_FALSE(book.take(fresh(endpoint, start), start));
  CHECK(page_of_backlog(start) == whole_page);
  CHECK(page_of_backlog(start) <= 2 * short_page);
  CHECK_FALSE(book.lively(start - 1ms));  // the clock was set back
  CHECK_FALSE(book.lively(start + 1s));
  CHECK(page_of_backlog(start + 1s) == whole_page);
}

TEST_CASE("a lane whose own rows went straight to memory last is read by whole pages") {
  LaneBook book({});
  book.adopt(endpoint, 1, std::nullopt);
  CHECK(book.take({.endpoint = endpoint, .position = {.due = start, .row = 1}}, start));
  book.spill(endpoint);
  const std::vector<LaneCursor> cursors = book.wanted(start, 8);
  REQUIRE(cursors.size() == 1);
  CHECK(cursors.front().limit > 100);
}

TEST_CASE("what is said of an earlier hold of the lane changes nothing") {
  LaneBook book({.lane_rows_max = 8, .rows_max = 8});
  book.hold(endpoint, 1);
  (void)book.wanted(start, 1);
  (void)book.accept({.endpoint = endpoint});
  CHECK(book.take({.endpoint = endpoint, .position = {.due = start, .row = 1}}, start));
  book.lose(endpoint);
  CHECK(book.rows() == 0);
  book.hold(endpoint, 2);
  (void)book.wanted(start, 1);
  CHECK(book.accept({.endpoint = endpoint,
                     .rows = {{.delivery = {.endpoint = endpoint,
                                            .position = {.due = start, .row = 1}}}}})
            .size() == 1);
  book.settle(endpoint, 1, 1);
  book.give_back({.endpoint = endpoint, .epoch = 1, .rows = {1}});
  CHECK(book.rows() == 1);
}

}  // namespace hookwright::engine
