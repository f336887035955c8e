#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "testing/store_scene.hpp"

// Which records a question finds, and in which order.
namespace hookwright::testing::contract {
namespace {

void endpoint_filters(StoreUnderTest& under_test) {
  Scene scene(under_test);
  std::vector<EndpointId> mine;
  for (int i = 0; i < 5; ++i) {
    mine.push_back(scene.endpoint("mine"));
    scene.endpoint("mine too");
  }
  Query asked = query(RecordKind::endpoints);
  expect_number(scene.find(asked).endpoints.size(), 10U, "all endpoints");
  asked.tenant = "mine";
  const Records found = scene.find(asked);
  expect_number(found.endpoints.size(), mine.size(), "the endpoints of one tenant");
  for (std::size_t i = 0; i < mine.size(); ++i) {
    expect(found.endpoints[i].id == mine[i], "endpoints in order of id");
  }
  asked.endpoint = mine[3];
  expect_number(scene.find(asked).endpoints.size(), 1U, "one endpoint by tenant and id");
  asked.tenant = "mine too";
  expect(scene.find(asked).endpoints.empty(), "no endpoint where tenant and id disagree");
  asked.tenant = "nobody";
  asked.endpoint = {};
  expect(scene.find(asked).endpoints.empty(), "no endpoint of an unknown tenant");
}

void versions_rise(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const std::uint64_t at_first = scene.opened().endpoints_version;
  const EndpointId a = scene.endpoint();
  const EndpointId b = scene.endpoint();
  const auto changes_after = [&](std::uint64_t version) {
    Query asked = query(RecordKind::endpoints);
    asked.changed_after = version;
    return scene.find_all(asked).endpoints;
  };
  // Each change is above the one before, whatever the numbers are: find them by halving.
  const std::uint64_t seen = at_first + 1;
  std::uint64_t low = seen;
  std::uint64_t high = std::uint64_t{1} << 62U;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (changes_after(middle).empty()) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const std::uint64_t after_both = low;
  expect(changes_after(after_both).empty(), "no change after the last");
  scene.apply({PutEndpoint{{a, 2, "acme", true, false, ""}}});
  std::vector<StoredEndpoint> changed = changes_after(after_both);
  expect(changed.size() == 1 && changed[0].id == a && changed[0].version == 2,
         "the one endpoint that changed since");
  scene.apply({PutEndpoint{{b, 2, "acme", true, true, ""}}});
  scene.apply({PutEndpoint{{a, 3, "acme", true, false, ""}}});
  changed = changes_after(after_both);
  expect_number(changed.size(), 2U, "the endpoints that changed since, each once");
  expect(changed[0].id == b && changed[0].deleted && changed[1].id == a && changed[1].version == 3,
         "changes in their order, a tombstone among them");
  if (scene.store().traits().shared) {
    const std::uint64_t told = scene.store().heartbeat(scene.now).endpoints_version;
    expect(told > after_both, "heartbeat to tell a higher endpoints_version after a change");
    expect(changes_after(told).empty(), "no change above the endpoints_version that is told");
  }
}

void lanes_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId busy = scene.endpoint();
  const EndpointId later = scene.endpoint();
  const EndpointId idle = scene.endpoint();
  const EndpointId deleted = scene.endpoint();
  const Delivery second_row = scene.publish(busy, scene.now + second);
  const Delivery first_row = scene.publish(busy, scene.now);
  scene.publish(later, scene.now + 100 * hour);
  scene.publish(deleted, scene.now);
  scene.apply({PutEndpoint{{deleted, 2, "acme", true, true, ""}}});
  const auto due_of = [&](const EndpointId& endpoint) -> std::optional<TimePoint> {
    const Records all = scene.find_all(query(RecordKind::lanes));
    const Records one = scene.find(query(RecordKind::lanes, endpoint));
    std::optional<TimePoint> due;
    for (const LaneDue& lane : all.lanes) {
      if (lane.endpoint == endpoint) due = lane.due;
    }
    expect(due.has_value() == !one.lanes.empty() && (!due || one.lanes[0].due == *due),
           "a lane by itself to be the same as among all");
    return due;
  };
  expect(due_of(busy) == scene.now, "a lane with the due time of its first row");
  expect(due_of(later) == scene.now + 100 * hour, "a lane whose first row is not due");
  expect(!due_of(idle), "no lane of an endpoint without rows");
  expect(!due_of(deleted), "no lane of a deleted endpoint");
  expect_number(only(scene.find(query(RecordKind::lanes, busy)).lanes, "one lane").rows, 2U,
                "a lane that is asked for with the number of its rows");
  scene.apply({DropDelivery{busy, first_row.position}});
  expect(due_of(busy) == scene.now + second, "the next row's due time once the first is gone");
  scene.apply({DropDelivery{busy, second_row.position}});
  expect(!due_of(busy), "no lane once its last row is gone");
}

void waiting_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery later = scene.publish(endpoint, scene.now + hour, "later");
  const Delivery first = scene.publish(endpoint, scene.now, "first");
  Query asked = query(RecordKind::waiting, endpoint);
  const Records all = scene.find(asked);
  expect(all.waiting.size() == 2 && same(all.waiting[0].delivery, first) &&
             same(all.waiting[1].delivery, later) && all.waiting[1].event->body == "later",
         "waiting rows in order of position, due or not, with their events");
  asked.delivery = later.id;
  const Records one = scene.find_all(asked);
  expect(one.waiting.size() == 1 && same(one.waiting[0].delivery, later),
         "the waiting row of one delivery");
}

void events_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  std::vector<std::shared_ptr<const StoredEvent>> mine;
  TimePoint middle{};
  for (int i = 0; i < 20; ++i) {
    if (i == 10) {
      scene.now += 48 * hour;
      middle = scene.now;
    }
    auto event = std::make_shared<StoredEvent>(*scene.event());
    event->tenant = i % 2 == 0 ? "mine" : "other";
    scene.apply({PutEvent{event}});
    if (i % 2 == 0) mine.push_back(event);
  }
  Query asked = query(RecordKind::events);
  asked.tenant = "mine";
  asked.limit = 3;
  const Records all = scene.find_all(asked);
  expect_number(all.events.size(), mine.size(), "the events of one tenant");
  for (std::size_t i = 0; i < mine.size(); ++i) {
    expect(same(*all.events[i], *mine[i]), "events in the order of their commits");
  }
  asked.since = middle;
  const Records late = scene.find_all(asked);
  expect(late.events.size() >= 5, "every event stored since a time");
  for (std::size_t i = 0; i < late.events.size(); ++i) {
    expect(same(*late.events[i], *mine[mine.size() - late.events.size() + i]),
           "the last events, in their order, since a time");
  }
  asked.since = middle + hour;
  asked.tenant = "nobody";
  expect(scene.find_all(asked).events.empty(), "no event of an unknown tenant");
  asked = query(RecordKind::events);
  asked.event = mine[3]->id;
  expect_number(scene.find(asked).events.size(), 1U, "one event by its id");
  asked.tenant = "other";
  expect(scene.find(asked).events.empty(), "no event where id and tenant disagree");
}

void notes_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const std::string high(1, '\xff');
  for (const std::string& key :
       {std::string("a"), std::string("ab"), std::string("a\0b", 3), std::string("b"), "a" + high,
        "a" + std::string(2, '\xff'), high, std::string()}) {
    scene.apply({PutNote{{key, 1, "", {}}}});
  }
  const auto expect_keys = [&](const std::string& prefix, std::vector<std::string> keys) {
    Query asked = query(RecordKind::notes);
    asked.key_prefix = prefix;
    const Records found = scene.find(asked);
    expect_number(found.notes.size(), keys.size(), "the notes of a prefix");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      expect(found.notes[i].key == keys[i], "notes in order of their keys' bytes");
    }
  };
  expect_keys("a", {"a", std::string("a\0b", 3), "ab", "a" + high, "a" + high + high});
  expect_keys("a" + high, {"a" + high, "a" + high + high});
  expect_keys(high, {high});
  expect_keys("c", {});
  expect_number(scene.find(query(RecordKind::notes)).notes.size(), 8U, "all notes");
}

void mistaken_questions(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  scene.publish(endpoint, scene.now);
  std::vector<Query> mistaken = {query(RecordKind::waiting), query(RecordKind::attempts),
                                 query(RecordKind::events), query(RecordKind::notes, endpoint)};
  mistaken.push_back(query(RecordKind::waiting, endpoint));
  mistaken.back().tenant = "somebody else";
  mistaken.push_back(query(RecordKind::attempts, endpoint));
  mistaken.back().tenant = "somebody else";
  for (const Query& asked : mistaken) {
    expect(scene.store().find(asked).status.code == StoreCode::unavailable,
           "`unavailable` for a filter that is missing or that the kind does not have");
  }
}

void find_beside_commits(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Query asked = query(RecordKind::waiting, endpoint);
  std::atomic<bool> done{false};
  std::mutex mutex;
  std::string wrong;
  const auto look = [&] {
    while (!done) {
      const Records found = scene.store().find(asked);
      const std::lock_guard lock(mutex);
      if (!found.status.ok()) wrong = "find to be ok beside commits: " + found.status.detail;
      if (found.waiting.size() % 2 != 0) wrong = "find to see a change whole or not at all";
      for (const Waiting& row : found.waiting) {
        if (!row.event || row.event->body != "both") wrong = "a row to be found with its event";
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(look);
  try {
    for (int round = 0; round < 40; ++round) {
      std::vector<Write> put;
      std::vector<Write> drop;
      for (int i = 0; i < 2; ++i) {
        const auto event = scene.event("both");
        const Delivery row = scene.delivery(*event, endpoint, scene.now);
        put.emplace_back(PutEvent{event});
        put.emplace_back(PutDelivery{row});
        drop.emplace_back(DropDelivery{endpoint, row.position});
      }
      scene.apply(put);
      scene.now += hour;
      scene.apply(drop);
      // What is no longer needed may go at once, but not from under a reader.
      static_cast<void>(scene.store().maintain(scene.now, {100, scene.now, scene.now}));
    }
  } catch (...) {
    done = true;
    for (std::thread& thread : threads) thread.join();
    throw;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  expect(wrong.empty(), wrong);
}

}  // namespace

std::span<const StoreCase> find_cases() {
  static constexpr std::array cases = {
      StoreCase{"endpoints are found by tenant and id, in order", {}, endpoint_filters},
      StoreCase{"changed endpoints are found in the order of changes", {}, versions_rise},
      StoreCase{"lanes are found with the due time of their first row", {}, lanes_found},
      StoreCase{"waiting rows are found, due or not", {}, waiting_found},
      StoreCase{"events are found by tenant, in the order of commits", {}, events_found},
      StoreCase{"notes are found by prefix, of any bytes", {}, notes_found},
      StoreCase{"a mistaken question is refused", {}, mistaken_questions},
      StoreCase{"threads may ask while changes are committed", {}, find_beside_commits},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
