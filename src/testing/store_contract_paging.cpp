#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/store_scene.hpp"

// That pages add up to the whole answer, each record once.
namespace hookwright::testing::contract {
namespace {

std::string text_of(const IdBytes& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

// What identifies the records of a page, in their order.
std::vector<std::string> keys_of(const Records& page) {
  std::vector<std::string> keys;
  for (const auto& record : page.endpoints) keys.push_back(text_of(record.id));
  for (const auto& record : page.lanes) keys.push_back(text_of(record.endpoint));
  for (const auto& record : page.waiting) keys.push_back(text_of(record.delivery.id));
  for (const auto& record : page.attempts) keys.push_back(std::to_string(record.row));
  for (const auto& record : page.dead_letters) keys.push_back(text_of(record.id));
  for (const auto& record : page.notes) keys.push_back(record.key);
  return keys;
}

// A store with some records of every kind, and the questions that find several of them.
struct Filled {
  static constexpr std::size_t records = 9;

  explicit Filled(Scene& scene) : scene_(scene) {
    const auto event = scene.event();
    scene.apply({PutEvent{event}});
    for (std::size_t i = 0; i < records; ++i) {
      const EndpointId endpoint = scene.endpoint();
      if (i == 0) first = endpoint;
      scene.endpoint("other");
      const Delivery row = scene.delivery(*event, endpoint, scene.now);
      Delivery mine = scene.delivery(*event, first, scene.now + hour);
      mine.id = row.id;
      if (i == 0) delivery = row.id;
      mine.id = scene.id<DeliveryId>();
      Attempt attempt = scene.attempt(mine, AttemptResult::failed);
      attempt.delivery = delivery;
      scene.apply({PutDelivery{row}, PutDelivery{mine}, PutAttempt{attempt},
                   PutDeadLetter{scene.dead_letter(*event, first)},
                   PutNote{{"note " + std::to_string(i), 1, "", {}}}});
    }
  }

  [[nodiscard]] std::vector<std::pair<std::string, Query>> questions() const {
    std::vector<std::pair<std::string, Query>> all = {
        {"endpoints", query(RecordKind::endpoints)},
        {"endpoints of a tenant", query(RecordKind::endpoints)},
        {"endpoints that changed", query(RecordKind::endpoints)},
        {"lanes", query(RecordKind::lanes)},
        {"waiting", query(RecordKind::waiting, first)},
        {"attempts of an endpoint", query(RecordKind::attempts, first)},
        {"attempts of a delivery", query(RecordKind::attempts)},
        {"attempts by result", query(RecordKind::attempts, first)},
        {"dead letters", query(RecordKind::dead_letters)},
        {"dead letters of an endpoint", query(RecordKind::dead_letters, first)},
        {"dead letters of a tenant", query(RecordKind::dead_letters)},
        {"notes", query(RecordKind::notes)},
        {"notes of a prefix", query(RecordKind::notes)},
    };
    all[1].second.tenant = "acme";
    all[2].second.changed_after = scene_.opened().endpoints_version + 1;
    all[6].second.delivery = delivery;
    all[7].second.result = AttemptResult::failed;
    all[10].second.tenant = "acme";
    all[12].second.key_prefix = "note";
    return all;
  }

  EndpointId first{};
  DeliveryId delivery{};

 private:
  Scene& scene_;
};

// Reads all pages; calls `between` after each but the last.
std::vector<std::string> read_pages(
    Scene& scene, Query asked, const std::string& name,
    const std::function<void()>& between = [] {}) {
  std::vector<std::string> all;
  for (int pages = 0;; ++pages) {
    expect(pages < 1'000, "paging through " + name + " to come to an end");
    const Records page = scene.find(asked);
    const std::vector<std::string> keys = keys_of(page);
    expect(keys.size() <= asked.limit, "a page of " + name + " within its limit");
    all.insert(all.end(), keys.begin(), keys.end());
    if (page.next.empty()) return all;
    asked.after = page.next;
    between();
  }
}

void any_limit(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const Filled filled(scene);
  for (auto [name, asked] : filled.questions()) {
    asked.limit = 1'000;
    const std::vector<std::string> whole = read_pages(scene, asked, name);
    expect(whole.size() >= Filled::records, "a page of 1,000 to hold all of " + name);
    for (const std::size_t limit : {1U, 2U, 3U, 7U, 8U, 9U, 10U, 18U}) {
      asked.limit = limit;
      expect(read_pages(scene, asked, name) == whole, "pages of " + std::to_string(limit) +
                                                          " to add up to the whole of " + name +
                                                          ", in its order");
    }
  }
}

void limits_in_range(StoreUnderTest& under_test) {
  Scene scene(under_test);
  std::vector<Write> writes;
  for (int i = 0; i < 1'001; ++i) {
    writes.emplace_back(PutNote{{std::to_string(i), 1, "", {}}});
  }
  scene.apply(writes);
  Query asked = query(RecordKind::notes);
  asked.limit = 0;
  expect_number(scene.find(asked).notes.size(), 1U, "limit 0 to be taken as 1");
  asked.limit = 5'000;
  const Records found = scene.find(asked);
  expect(found.notes.size() <= 1'000 && !found.next.empty(), "limit 5,000 to be taken as 1,000");
  expect_number(scene.find_all(asked).notes.size(), 1'001U, "all 1,001 notes over two pages");
}

void commits_between(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const Filled filled(scene);
  const auto event = scene.event();
  scene.apply({PutEvent{event}});
  int added = 0;
  const auto add = [&] {
    const EndpointId endpoint = scene.endpoint();
    const Delivery row = scene.delivery(*event, endpoint, scene.now);
    const Delivery mine = scene.delivery(*event, filled.first, scene.now);
    Attempt attempt = scene.attempt(mine, AttemptResult::failed);
    attempt.delivery = filled.delivery;
    const std::string number = std::to_string(++added);
    scene.apply({PutDelivery{row}, PutDelivery{mine}, PutAttempt{attempt},
                 PutDeadLetter{scene.dead_letter(*event, filled.first)},
                 PutNote{{"a note before all " + number, 1, "", {}}},
                 PutNote{{"note " + number + " in between", 1, "", {}}}});
  };
  for (auto [name, asked] : filled.questions()) {
    asked.limit = 1'000;
    const std::vector<std::string> before = read_pages(scene, asked, name);
    asked.limit = 2;
    int pages = 0;
    const std::vector<std::string> read = read_pages(scene, asked, name, [&] {
      if (++pages <= 4) add();
    });
    std::multiset<std::string> found(read.begin(), read.end());
    for (const std::string& key : before) {
      expect(found.count(key) == 1, "what is there throughout to be found exactly once in " + name +
                                        ", whatever is committed between pages");
    }
    for (const std::string& key : read) {
      expect(found.count(key) == 1, "nothing to be found twice in " + name);
    }
  }
}

void drops_between(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  std::vector<Delivery> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(scene.publish(endpoint, scene.now));
  Query asked = query(RecordKind::waiting, endpoint);
  asked.limit = 3;
  const Records first = scene.find(asked);
  expect(!first.next.empty(), "a next page");
  // The very row that the cursor came from is gone, and the one behind it.
  scene.apply({DropDelivery{endpoint, rows[2].position}, DropDelivery{endpoint, rows[3].position}});
  asked.after = first.next;
  asked.limit = 100;
  const Records rest = scene.find_all(asked);
  expect(rest.waiting.size() == 6 && same(rest.waiting[0].delivery, rows[4]),
         "the page behind a row that is gone to start at the next one there is");
}

void strange_cursors(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const Filled filled(scene);
  std::vector<std::string> cursors = {
      "x",          std::string(1, '\0'), "0", std::string(17, '\xff'), std::string(10'000, 'a'),
      "' OR 1=1 --"};
  for (auto [name, asked] : filled.questions()) {
    for (const std::string& cursor : cursors) {
      asked.after = cursor;
      const Records found = scene.find(asked);
      expect(keys_of(found).empty() && found.next.empty(),
             "nothing in " + name + " behind a cursor that no page gave");
    }
  }
}

}  // namespace

std::span<const StoreCase> paging_cases() {
  static constexpr std::array cases = {
      StoreCase{"pages of any size add up to the whole answer", {}, any_limit},
      StoreCase{"a limit is brought into its range", {}, limits_in_range},
      StoreCase{"pages are exact whatever is committed between them", {}, commits_between},
      StoreCase{"pages go on behind a record that is gone", {}, drops_between},
      StoreCase{"a cursor that no page gave finds nothing", {}, strange_cursors},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
