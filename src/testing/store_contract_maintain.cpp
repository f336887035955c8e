#include <array>
#include <vector>

#include "testing/store_scene.hpp"

// What maintain() may drop and what not. A store may do less: the default does nothing at all.
namespace hookwright::testing::contract {
namespace {

// All there is to drop, if the store drops that kind at all.
void expect_all_or_none(std::size_t left, std::size_t of, std::string_view what) {
  expect(left == 0 || left == of, "maintain to drop all of " + std::string(what) +
                                      " or none before it says there is no more to do, but " +
                                      std::to_string(left) + " of " + std::to_string(of) +
                                      " are left");
}

void needed_events_stay(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const EndpointId other = scene.endpoint();
  // Events that are needed among such as are not, some by two deliveries, some by a retry only.
  std::vector<Delivery> needed;
  std::vector<EventId> idle;
  for (int i = 0; i < 60; ++i) {
    const auto event = scene.event("body " + std::to_string(i));
    const Delivery row = scene.delivery(*event, endpoint, scene.now);
    const Delivery twin = scene.delivery(*event, other, scene.now);
    scene.apply({PutEvent{event}, PutDelivery{row}, PutDelivery{twin}});
    scene.apply({DropDelivery{other, twin.position}});
    if (i % 3 == 0) {
      needed.push_back(row);
    } else if (i % 3 == 1) {
      scene.apply({DropDelivery{endpoint, row.position}});
      idle.push_back(event->id);
    } else {
      Delivery retry = row;
      retry.position = {scene.now + 200 * hour, scene.next_row()};
      retry.attempts = 1;
      scene.commit({DeliveryAt{endpoint, row.position, 0}},
                   {DropDelivery{endpoint, row.position}, PutDelivery{retry}});
      needed.push_back(retry);
    }
  }
  for (int day = 0; day < 3; ++day) {
    scene.now += 100 * hour;
    scene.maintain({7, scene.now, scene.now});
    const Records found = scene.find_all(query(RecordKind::waiting, endpoint));
    expect_number(found.waiting.size(), needed.size(), "every waiting row after maintenance");
    for (const Waiting& row : found.waiting) {
      expect(
          row.event && row.event->id == row.delivery.event && row.event->body.starts_with("body "),
          "an event that a waiting delivery needs to stay, however old");
    }
  }
  // Once nothing needs them they may go; until then they must not.
  for (const Delivery& row : needed) scene.apply({DropDelivery{endpoint, row.position}});
  scene.maintain({7, scene.now, scene.now - 1'000 * hour});
  std::size_t left = 0;
  Query asked = query(RecordKind::events);
  for (const Delivery& row : needed) {
    asked.event = row.event;
    left += scene.find(asked).events.size();
  }
  expect_number(left, needed.size(), "events younger than events_before to stay");
}

void idle_events_go(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  std::vector<Delivery> rows;
  for (int i = 0; i < 50; ++i) rows.push_back(scene.publish(endpoint, scene.now));
  for (const Delivery& row : rows) scene.apply({DropDelivery{endpoint, row.position}});
  scene.now += 100 * hour;
  scene.maintain({7, {}, scene.now});
  std::size_t left = 0;
  Query asked = query(RecordKind::events);
  for (const Delivery& row : rows) {
    asked.event = row.event;
    left += scene.find(asked).events.size();
  }
  expect_all_or_none(left, rows.size(), "the events that nothing needs");
  // And new ones are stored as ever.
  const Delivery fresh = scene.publish(endpoint, scene.now, "fresh");
  scene.maintain({7, {}, scene.now});
  const LanePage page = scene.fetch(endpoint);
  expect(page.rows.size() == 1 && same(page.rows[0].delivery, fresh) &&
             page.rows[0].event->body == "fresh",
         "an event that is stored after others were dropped");
}

void dead_letters_expire(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  for (int i = 0; i < 20; ++i) {
    DeadLetter letter = scene.dead_letter(*event, endpoint);
    letter.expires = scene.now + (i % 2 == 0 ? hour : 100 * hour);
    scene.apply({PutDeadLetter{letter}});
  }
  const auto left = [&] {
    std::size_t soon = 0;
    std::size_t late = 0;
    for (const DeadLetter& letter : scene.find_all(query(RecordKind::dead_letters)).dead_letters) {
      ++(letter.expires == start + hour ? soon : late);
    }
    return std::pair(soon, late);
  };
  scene.now += hour - Duration(1);
  scene.maintain({3, scene.now, scene.now});
  expect(left() == std::pair<std::size_t, std::size_t>(10, 10),
         "no dead letter to go before it expires");
  scene.now += hour;
  scene.maintain({3, scene.now, scene.now});
  expect_all_or_none(left().first, 10, "the dead letters that have expired");
  expect_number(left().second, 10U, "the dead letters that have not expired");
}

void old_attempts_go(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery row = scene.publish(endpoint, scene.now);
  for (int i = 0; i < 20; ++i) {
    if (i == 10) scene.now += hour;
    scene.apply({PutAttempt{scene.attempt(row, AttemptResult::failed)}});
  }
  const TimePoint between = scene.now;
  scene.now += 100 * hour;
  scene.maintain({3, between, {}});
  std::size_t old = 0;
  std::size_t young = 0;
  for (const Attempt& attempt : scene.find_all(query(RecordKind::attempts, endpoint)).attempts) {
    ++(attempt.at < between ? old : young);
  }
  expect_all_or_none(old, 10, "the attempts that started before attempts_before");
  expect_number(young, 10U, "the attempts that started later");
  Query asked = query(RecordKind::attempts);
  asked.delivery = row.id;
  expect_number(scene.find_all(asked).attempts.size(), old + young,
                "the same attempts by their delivery");
  expect_number(scene.fetch(endpoint).rows.size(), 1U, "the waiting row to stay");
}

void deleted_endpoints_go(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId kept = scene.endpoint();
  const EndpointId deleted = scene.endpoint();
  const auto event = scene.event();
  scene.apply({PutEvent{event}});
  Delivery row;
  for (const EndpointId& endpoint : {kept, deleted}) {
    for (int i = 0; i < 10; ++i) {
      row = scene.delivery(*event, endpoint, scene.now);
      scene.apply({PutDelivery{row}, PutAttempt{scene.attempt(row, AttemptResult::failed)},
                   PutDeadLetter{scene.dead_letter(*event, endpoint)}});
    }
  }
  scene.apply({PutEndpoint{{deleted, 2, "acme", true, true, ""}}});
  scene.now += second;
  scene.maintain({7, {}, {}});
  const auto count = [&](RecordKind kind, const EndpointId& endpoint) {
    const Records found = scene.find_all(query(kind, endpoint));
    return found.waiting.size() + found.attempts.size() + found.dead_letters.size();
  };
  for (const RecordKind kind :
       {RecordKind::waiting, RecordKind::attempts, RecordKind::dead_letters}) {
    expect_all_or_none(count(kind, deleted), 10, "what a deleted endpoint left");
    expect_number(count(kind, kept), 10U, "what belongs to another endpoint");
  }
  if (scene.store().traits().shared) {
    expect_number(scene.find(query(RecordKind::endpoints, deleted)).endpoints.size(), 1U,
                  "a tombstone to stay for an hour, so that other workers learn of it");
  }
  scene.now += 2 * hour;
  scene.maintain({7, {}, {}});
  expect_outcome(scene.commit({DeliveryAt{deleted, row.position, 0}}, {}), ChangeOutcome::mismatch,
                 "DeliveryAt a row that has gone with its endpoint");
  scene.publish(kept, scene.now);
  expect_number(count(RecordKind::waiting, kept), 11U, "the other endpoint to go on as ever");
}

void slices_are_bounded(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  for (int i = 0; i < 30; ++i) {
    DeadLetter letter = scene.dead_letter(*event, endpoint);
    letter.expires = scene.now;
    scene.apply({PutDeadLetter{letter}});
  }
  scene.now += hour;
  std::size_t left = 30;
  for (bool more = true; more;) {
    more = scene.store().maintain(scene.now, {4, {}, {}});
    const std::size_t now_left =
        scene.find_all(query(RecordKind::dead_letters)).dead_letters.size();
    expect(left - now_left <= 4, "a slice of maintenance to drop no more than rows_max");
    expect(!more || now_left < left, "maintain to get on while it says there is more to do");
    left = now_left;
  }
}

}  // namespace

std::span<const StoreCase> maintain_cases() {
  static constexpr std::array cases = {
      StoreCase{"an event stays while a waiting delivery needs it", {}, needed_events_stay},
      StoreCase{"events that nothing needs go together", {}, idle_events_go},
      StoreCase{"dead letters go once they have expired", {}, dead_letters_expire},
      StoreCase{"attempts go by age", {}, old_attempts_go},
      StoreCase{"what a deleted endpoint left goes, and nothing else", {}, deleted_endpoints_go},
      StoreCase{"maintenance comes in bounded slices", {}, slices_are_bounded},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
