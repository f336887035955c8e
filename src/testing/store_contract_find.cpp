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

void history_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId a = scene.endpoint();
  const EndpointId b = scene.endpoint();
  std::vector<Attempt> of_a;
  Delivery retried = scene.publish(a, scene.now);
  for (int i = 0; i < 6; ++i) {
    Delivery other = scene.publish(i % 2 == 0 ? a : b, scene.now);
    const Attempt mine = scene.attempt(retried, AttemptResult::failed);
    const Attempt elsewhere = scene.attempt(other, AttemptResult::delivered);
    retried.attempts += 1;
    scene.apply({PutAttempt{mine}, PutAttempt{elsewhere}});
    of_a.push_back(mine);
    if (i % 2 == 0) of_a.push_back(elsewhere);
  }
  // Settled late: the row says which is newer, not the order of commits.
  Attempt late = scene.attempt(retried, AttemptResult::exhausted);
  const Attempt behind = scene.attempt(retried, AttemptResult::failed);
  scene.apply({PutAttempt{behind}});
  scene.apply({PutAttempt{late}});
  of_a.push_back(late);
  of_a.push_back(behind);

  Query asked = query(RecordKind::attempts, a);
  const Records found = scene.find(asked);
  expect_number(found.attempts.size(), of_a.size(), "the attempts of one endpoint");
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    expect(same(found.attempts[i], of_a[of_a.size() - 1 - i]), "attempts with the newest first");
  }
  asked.result = AttemptResult::exhausted;
  expect(scene.find_all(asked).attempts.size() == 1, "the attempts of one endpoint by result");
  asked = query(RecordKind::attempts);
  asked.delivery = retried.id;
  expect_number(scene.find_all(asked).attempts.size(), 8U, "the attempts of one delivery");
  asked.result = AttemptResult::failed;
  expect_number(scene.find_all(asked).attempts.size(), 7U, "those by result");
  asked.endpoint = b;
  expect(scene.find_all(asked).attempts.empty(), "none where delivery and endpoint disagree");
}

void rare_ones_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const EndpointId other = scene.endpoint();
  const Delivery row = scene.publish(endpoint, scene.now);
  const Delivery elsewhere = scene.publish(other, scene.now);
  std::vector<Attempt> failed;
  const auto deliver = [&](int thousands) {
    for (int n = 0; n < thousands; ++n) {
      std::vector<Write> writes;
      for (int i = 0; i < 1'000; ++i)
        writes.emplace_back(PutAttempt{scene.attempt(row, AttemptResult::delivered)});
      scene.apply(writes);
    }
  };
  for (int i = 0; i < 3; ++i) {
    failed.push_back(scene.attempt(row, AttemptResult::failed));
    failed.back().type = i == 1 ? "rare" : "usual";
    scene.apply({PutAttempt{failed.back()},
                 PutAttempt{scene.attempt(elsewhere, AttemptResult::failed)},
                 PutAttempt{scene.attempt(row, AttemptResult::exhausted)}});
    deliver(i == 2 ? 12 : 1);
  }
  Query asked = query(RecordKind::attempts, endpoint);
  asked.result = AttemptResult::failed;
  const Records found = scene.find(asked);
  expect_number(found.attempts.size(), 3U,
                "a page to hold the failed ones, however many deliveries came after");
  for (std::size_t i = 0; i < 3; ++i)
    expect(same(found.attempts[i], failed[2 - i]), "failed attempts with the newest first");
  asked.limit = 1;
  const Records first = scene.find(asked);
  asked.after = first.next;
  asked.type = "rare";
  const Records rest = scene.find_all(asked);
  expect(rest.attempts.size() == 1 && same(rest.attempts[0], failed[1]),
         "those behind a cursor, by type");
  asked = query(RecordKind::attempts, endpoint);
  asked.result = AttemptResult::gone;
  const Records none = scene.find(asked);
  expect(none.attempts.empty() && none.next.empty(), "a page to say that none was gone");
}

void dead_letters_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId a = scene.endpoint();
  const EndpointId b = scene.endpoint();
  StoredEvent mine = *scene.event();
  mine.tenant = "mine";
  const DeadLetter oldest = scene.dead_letter(mine, a);
  const DeadLetter middle = scene.dead_letter(*scene.event(), b);
  const DeadLetter newest = scene.dead_letter(mine, b);
  scene.apply({PutDeadLetter{newest}, PutDeadLetter{oldest}, PutDeadLetter{middle}});
  const auto expect_letters = [&](const Query& asked, std::vector<const DeadLetter*> letters,
                                  std::string_view what) {
    const Records found = scene.find_all(asked);
    expect_number(found.dead_letters.size(), letters.size(), what);
    for (std::size_t i = 0; i < letters.size(); ++i) {
      expect(same(found.dead_letters[i], *letters[i]), std::string(what) + ", newest first");
    }
  };
  Query asked = query(RecordKind::dead_letters);
  expect_letters(asked, {&newest, &middle, &oldest}, "all dead letters");
  asked.tenant = "mine";
  expect_letters(asked, {&newest, &oldest}, "the dead letters of one tenant");
  asked.endpoint = b;
  expect_letters(asked, {&newest}, "the dead letters of one tenant and endpoint");
  asked.delivery = oldest.id;
  expect_letters(asked, {}, "none where endpoint and delivery disagree");
  asked.endpoint = a;
  expect_letters(asked, {&oldest}, "one by all filters");
  asked = query(RecordKind::dead_letters, b);
  expect_letters(asked, {&newest, &middle}, "the dead letters of one endpoint");
}

void last_attempts_found(StoreUnderTest& under_test) {
  Scene scene(under_test);
  std::vector<std::pair<EndpointId, std::optional<Attempt>>> expected;
  for (int i = 0; i < 5; ++i) {
    const EndpointId endpoint = scene.endpoint();
    std::optional<Attempt> last;
    for (int n = 0; n < i % 3; ++n) {
      last = scene.attempt(scene.publish(endpoint, scene.now), AttemptResult::failed);
      last->status = 500 + n;
      scene.apply({PutAttempt{*last}});
    }
    expected.emplace_back(endpoint, last);
  }
  Query asked = query(RecordKind::endpoints);
  asked.tenant = "acme";
  expect(scene.find(asked).attempts.empty(), "no attempts unless they are asked for");
  asked.last_attempts = true;
  const Records found = scene.find(asked);
  std::size_t number = 0;
  for (const auto& [endpoint, last] : expected) {
    if (!last) continue;
    const Attempt& newest = *last;
    const bool there = std::any_of(found.attempts.begin(), found.attempts.end(),
                                   [&newest](const Attempt& one) { return same(one, newest); });
    expect(there, "the newest attempt of each endpoint");
    ++number;
  }
  expect_number(found.attempts.size(), number, "one attempt of an endpoint that has any");
}

void history_of_a_time(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId busy = scene.endpoint();
  const EndpointId rare = scene.endpoint();
  const TimePoint first = scene.now;
  // One attempt and one dead letter an hour; each fourth of the other endpoint, each second of the
  // other type.
  std::vector<Attempt> attempts;
  std::vector<DeadLetter> letters;
  for (int i = 0; i < 40; ++i) {
    const EndpointId& of = i % 4 == 0 ? rare : busy;
    const Delivery row = scene.publish(of, scene.now);
    Attempt attempt = scene.attempt(row, AttemptResult::failed);
    attempt.type = i % 2 == 0 ? "even" : "odd";
    StoredEvent event = *scene.event();
    event.type = attempt.type;
    const DeadLetter letter = scene.dead_letter(event, of);
    scene.apply({PutAttempt{attempt}, PutDeadLetter{letter}});
    attempts.push_back(attempt);
    letters.push_back(letter);
    scene.now += hour;
  }
  const auto expect_all = [&](const EndpointId& endpoint, const std::string& type, int from, int to,
                              std::size_t number) {
    for (const RecordKind kind : {RecordKind::attempts, RecordKind::dead_letters}) {
      Query asked = query(kind, endpoint);
      asked.type = type;
      asked.since = first + from * hour;
      asked.until = first + to * hour;
      asked.limit = 3;
      const Records found = scene.find_all(asked);
      std::size_t expected = 0;
      for (int i = std::min(to, 40) - 1; i >= std::max(from, 0); --i) {
        const Attempt& attempt = attempts[static_cast<std::size_t>(i)];
        if (attempt.endpoint != endpoint || (!type.empty() && attempt.type != type)) continue;
        const bool there =
            kind == RecordKind::attempts
                ? expected < found.attempts.size() && same(found.attempts[expected], attempt)
                : expected < found.dead_letters.size() &&
                      same(found.dead_letters[expected], letters[static_cast<std::size_t>(i)]);
        expect(there, "what happened from a time on and before another, newest first");
        ++expected;
      }
      expect_number(expected, number, "so much in the case itself");
      expect_number(
          kind == RecordKind::attempts ? found.attempts.size() : found.dead_letters.size(),
          expected, "nothing else by type and time");
    }
  };
  expect_all(busy, "", 0, 40, 30);
  expect_all(busy, "", 10, 20, 8);
  expect_all(rare, "", 10, 20, 2);
  expect_all(busy, "odd", 10, 20, 5);
  expect_all(rare, "odd", 0, 40, 0);
  expect_all(busy, "", -10, 1, 0);
  expect_all(rare, "", -10, 1, 1);
  expect_all(busy, "", 39, 60, 1);
  expect_all(busy, "", 50, 60, 0);
}

void history_out_of_order(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const TimePoint first = scene.now;
  // Started days before or after those that have the rows beside them.
  const std::array<int, 10> days = {5, 0, 9, 2, 7, 1, 8, 3, 6, 4};
  std::vector<Attempt> attempts;
  for (const int day : days) {
    attempts.push_back(scene.attempt(scene.publish(endpoint, first), AttemptResult::failed));
    attempts.back().at = first + day * 24 * hour;
    scene.apply({PutAttempt{attempts.back()}});
  }
  for (int from = 0; from < 10; ++from) {
    for (int to = from; to <= 10; ++to) {
      Query asked = query(RecordKind::attempts, endpoint);
      asked.since = first + from * 24 * hour;
      asked.until = first + to * 24 * hour;
      const Records found = scene.find_all(asked);
      std::size_t expected = 0;
      for (std::size_t i = days.size(); i-- > 0;) {
        if (days[i] < from || days[i] >= to) continue;
        expect(expected < found.attempts.size() && same(found.attempts[expected], attempts[i]),
               "attempts of a time, wherever their rows are");
        ++expected;
      }
      expect_number(found.attempts.size(), expected, "no attempt of another time");
    }
  }
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

constexpr std::array cases = {
    StoreCase{"endpoints are found by tenant and id, in order", {}, endpoint_filters},
    StoreCase{"changed endpoints are found in the order of changes", {}, versions_rise},
    StoreCase{"lanes are found with the due time of their first row", {}, lanes_found},
    StoreCase{"waiting rows are found, due or not", {}, waiting_found},
    StoreCase{"attempts are found by endpoint, delivery and result", {}, history_found},
    StoreCase{"attempts that failed are found among many deliveries", {}, rare_ones_found},
    StoreCase{"dead letters are found by tenant, endpoint and id", {}, dead_letters_found},
    StoreCase{"endpoints are found with their last attempts", {}, last_attempts_found},
    StoreCase{"attempts and dead letters are found by type and time", {}, history_of_a_time},
    StoreCase{"attempts are found by time, in whichever order", {}, history_out_of_order},
    StoreCase{"events are found by tenant, in the order of commits", {}, events_found},
    StoreCase{"notes are found by prefix, of any bytes", {}, notes_found},
    StoreCase{"a mistaken question is refused", {}, mistaken_questions},
    StoreCase{"threads may ask while changes are committed", {}, find_beside_commits},
};

}  // namespace

std::span<const StoreCase> find_cases() {
  return cases;
}

}  // namespace hookwright::testing::contract
