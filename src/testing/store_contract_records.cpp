#include <array>
#include <limits>
#include <string>

#include "testing/store_scene.hpp"

// What is put comes back as it was put.
namespace hookwright::testing::contract {
namespace {

// Every byte there is, NUL first.
std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::shared_ptr<const StoredEvent> find_event(Scene& scene, const EventId& id) {
  Query asked = query(RecordKind::events);
  asked.event = id;
  const Records found = scene.find(asked);
  return found.events.empty() ? nullptr : found.events.front();
}

void events_come_back(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const std::array<std::string, 5> bodies = {"", "{}", std::string(1, '\0'), all_bytes(),
                                             std::string(300, '\xff')};
  for (const std::string& body : bodies) {
    StoredEvent event = *scene.event(body);
    event.tenant = std::string("t\0\xff", 3) + body.substr(0, 8);
    event.type = std::string("a.b\0c", 5);
    event.family = body.empty() ? "" : all_bytes();
    event.at = body.empty() ? TimePoint(Duration(-1)) : scene.now - 100'000 * hour;
    const Delivery waiting = scene.delivery(event, endpoint, scene.now);
    scene.apply({PutEvent{std::make_shared<const StoredEvent>(event)}, PutDelivery{waiting}});
    const auto found = find_event(scene, event.id);
    expect(found && same(*found, event), "an event to be found as it was put");
  }
  const LanePage page = scene.fetch(endpoint);
  expect_number(page.rows.size(), bodies.size(), "a row per event");
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    expect(page.rows[i].event && page.rows[i].event->body == bodies[i],
           "a body to be fetched byte for byte");
    expect(page.rows[i].event->id == page.rows[i].delivery.event,
           "a row to come with the event it names");
  }
}

void large_bodies(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  std::string body;
  while (body.size() < (std::size_t{1} << 20U)) body += all_bytes();
  for (int i = 0; i < 10; ++i) {
    body[static_cast<std::size_t>(i)] = 'x';
    scene.publish(endpoint, scene.now, body);
  }
  LanePosition after;
  std::size_t rows = 0;
  for (bool more = true; more;) {
    const LanePage page = scene.fetch(endpoint, 100, after);
    expect(!page.rows.empty(), "a page to have one row at least, however large");
    for (const Waiting& row : page.rows) {
      expect(row.event->body.size() == body.size() && row.event->body[rows] == 'x',
             "a body of 1 MiB to be fetched byte for byte");
      ++rows;
    }
    after = page.rows.back().delivery.position;
    more = page.more;
  }
  expect_number(rows, 10U, "ten rows with bodies of 1 MiB over all pages");
  expect_number(scene.find_all(query(RecordKind::waiting, endpoint)).waiting.size(), 10U,
                "ten rows with bodies of 1 MiB to be found");
}

void an_event_stays(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto first = scene.event("first");
  StoredEvent second = *first;
  second.body = "second";
  scene.apply({PutEvent{first}});
  scene.apply({PutEvent{std::make_shared<const StoredEvent>(second)}});
  const auto found = find_event(scene, first->id);
  expect(found && same(*found, *first), "an event that exists to be left as it is");
}

void fan_out(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto event = scene.event("shared");
  std::vector<Write> writes = {PutEvent{event}};
  std::vector<LaneCursor> cursors;
  for (int i = 0; i < 20; ++i) {
    const EndpointId endpoint = scene.endpoint();
    writes.emplace_back(PutDelivery{scene.delivery(*event, endpoint, scene.now)});
    cursors.push_back({endpoint, {}, 10});
  }
  scene.apply(writes);
  const Pages pages = scene.store().fetch(cursors, scene.now);
  expect(pages.status.ok() && pages.lanes.size() == cursors.size(), "a page for every cursor");
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    expect(pages.lanes[i].endpoint == cursors[i].endpoint, "the pages in the cursors' order");
    expect_events(pages.lanes[i].rows);
    expect(pages.lanes[i].rows.size() == 1 && same(*pages.lanes[i].rows[0].event, *event),
           "each endpoint to have its row of the one event");
  }
}

void deliveries_come_back(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  Delivery plain = scene.delivery(*event, endpoint, scene.now);
  Delivery tried = scene.delivery(*event, endpoint, scene.now);
  tried.attempts = std::numeric_limits<std::uint32_t>::max();
  tried.first_attempt = scene.now - hour;
  tried.spared_since = scene.now - second;
  tried.expires = scene.now + hour;
  tried.attempts_max = 3;
  scene.apply({PutEvent{event}, PutDelivery{plain}, PutDelivery{tried}});
  const LanePage page = scene.fetch(endpoint);
  expect_number(page.rows.size(), 2U, "two rows");
  expect(same(page.rows[0].delivery, plain), "a new delivery to be fetched as it was put");
  expect(same(page.rows[1].delivery, tried), "a retried delivery to be fetched as it was put");
  const Records found = scene.find(query(RecordKind::waiting, endpoint));
  expect(found.waiting.size() == 2 && same(found.waiting[1].delivery, tried),
         "a retried delivery to be found as it was put");
}

void attempts_come_back(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery waiting = scene.publish(endpoint, scene.now);
  Attempt attempt = scene.attempt(waiting, AttemptResult::gone);
  attempt.number = 12'345;
  attempt.elapsed = 29'999 * second;
  attempt.fault = Fault::local;
  attempt.status = 599;
  attempt.excerpt = all_bytes();
  attempt.type = "link.clicked";
  attempt.purpose = Purpose::test;
  scene.apply({PutAttempt{attempt}});
  Attempt other = attempt;
  other.status = 200;
  scene.apply({PutAttempt{other}});
  const Records found = scene.find(query(RecordKind::attempts, endpoint));
  expect_number(found.attempts.size(), 1U, "one attempt of one row number");
  expect(same(found.attempts[0], attempt), "an attempt as it was put first, in every field");
}

void dead_letters_come_back(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  StoredEvent event = *scene.event(all_bytes());
  event.family = "";
  event.type = "never.stored.as.an.event";
  DeadLetter letter = scene.dead_letter(event, endpoint);
  letter.reason = DeathReason::not_retried;
  letter.status = 410;
  scene.apply({PutDeadLetter{letter}});
  Query asked = query(RecordKind::dead_letters);
  asked.delivery = letter.id;
  Records found = scene.find(asked);
  expect(found.dead_letters.size() == 1 && same(found.dead_letters[0], letter),
         "a dead letter with its event, as it was put, though the event itself is not stored");
  letter.row = scene.next_row();
  letter.attempts = 9;
  scene.apply({PutDeadLetter{letter}});
  found = scene.find(asked);
  expect(found.dead_letters.size() == 1 && same(found.dead_letters[0], letter),
         "a dead letter that is put again to replace the one of its id");
  scene.apply({DropDeadLetter{letter.id}, DropDeadLetter{letter.id}});
  expect(scene.find(asked).dead_letters.empty(), "a dropped dead letter to be gone");
}

void endpoints_come_back(StoreUnderTest& under_test) {
  Scene scene(under_test);
  StoredEndpoint endpoint{scene.id<EndpointId>(), 1, all_bytes(), 2, false, ""};
  scene.apply({PutEndpoint{endpoint}});
  const auto find_it = [&] { return scene.find(query(RecordKind::endpoints, endpoint.id)); };
  expect(same(only(find_it().endpoints, "an endpoint as it was put"), endpoint),
         "an endpoint as it was put");
  endpoint.version = std::uint64_t{1} << 40U;
  endpoint.details = std::string(100'000, '\0') + all_bytes();
  endpoint.counts = 0;
  endpoint.deleted = true;
  scene.apply({PutEndpoint{endpoint}});
  expect(same(only(find_it().endpoints, "a tombstone as it was put"), endpoint),
         "a tombstone as it was put");
  endpoint.deleted = false;
  ++endpoint.version;
  scene.apply({PutEndpoint{endpoint}});
  expect(same(only(find_it().endpoints, "an endpoint that lives again as it was put"), endpoint),
         "an endpoint that lives again as it was put");
}

void notes_at_their_bounds(StoreUnderTest& under_test) {
  Scene scene(under_test);
  std::string value;
  while (value.size() < (std::size_t{64} << 10U)) value += all_bytes();
  const std::array notes = {Note{"", 1, "empty key", {}},
                            Note{std::string(1, '\0'), 2, "", scene.now + hour},
                            Note{all_bytes() + all_bytes(), 3, value, {}}};
  for (const Note& note : notes) scene.apply({PutNote{note}});
  const Records found = scene.find_all(query(RecordKind::notes));
  expect_number(found.notes.size(), notes.size(), "three notes");
  for (std::size_t i = 0; i < notes.size(); ++i) {
    expect(same(found.notes[i], notes[i]), "a note as it was put, in order of key");
  }
}

void records_over_their_bounds(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery waiting = scene.publish(endpoint, scene.now);
  Attempt attempt = scene.attempt(waiting, AttemptResult::failed);
  attempt.excerpt = std::string((std::size_t{4} << 10U) + 1, 'x');
  const std::array<Write, 4> writes = {
      PutNote{{std::string(513, 'k'), 1, "", {}}},
      PutNote{{"k", 1, std::string((std::size_t{64} << 10U) + 1, 'v'), {}}}, PutAttempt{attempt},
      PutEvent{nullptr}};
  for (const Write& write : writes) {
    expect_outcome(scene.commit({}, {PutNote{{"beside", 1, "", {}}}, write}),
                   ChangeOutcome::unstorable, "a record over its bound");
    expect(scene.find(query(RecordKind::notes)).notes.empty(), "nothing of such a change");
    expect_outcome(scene.commit({NoteAt{"beside", 1}}, {write}), ChangeOutcome::mismatch,
                   "a record over its bound, where a precondition does not hold");
  }
}

void drops_of_nothing(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  scene.apply({DropDelivery{endpoint, {scene.now, 5}}, DropDelivery{scene.id<EndpointId>(), {}},
               DropDeadLetter{scene.id<DeliveryId>()}, DropNote{"nothing"}});
}

void records_of_no_endpoint(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId living = scene.endpoint();
  const EndpointId deleted = scene.endpoint();
  scene.apply({PutEndpoint{{deleted, 2, "acme", true, true, ""}}});
  const auto event = scene.event();
  scene.apply({PutEvent{event}});
  for (const EndpointId& endpoint : {scene.id<EndpointId>(), deleted}) {
    const Delivery waiting = scene.delivery(*event, endpoint, scene.now);
    scene.apply({PutDelivery{waiting}, PutAttempt{scene.attempt(waiting, AttemptResult::failed)},
                 PutDeadLetter{scene.dead_letter(*event, endpoint)},
                 PutDelivery{scene.delivery(*event, living, scene.now)}});
    expect(scene.find(query(RecordKind::waiting, endpoint)).waiting.empty(),
           "no waiting row of an endpoint that is absent or deleted");
    expect(scene.find(query(RecordKind::attempts, endpoint)).attempts.empty(),
           "no attempt of an endpoint that is absent or deleted");
    scene.apply({PutDelivery{scene.delivery(*scene.event(), endpoint, scene.now)}});
  }
  expect(scene.find(query(RecordKind::dead_letters)).dead_letters.empty(),
         "no dead letter of an endpoint that is absent or deleted");
  expect_number(scene.fetch(living).rows.size(), 2U,
                "the rows of a living endpoint in the same changes");

  // Whether it is there is asked when its turn comes.
  const PutDelivery lacks_its_event{scene.delivery(*scene.event(), living, scene.now)};
  const PutEndpoint drop{{living, 2, "acme", true, true, ""}};
  const PutEndpoint bring_back{{living, 3, "acme", true, false, ""}};
  expect_outcome(scene.commit({}, {drop, bring_back, lacks_its_event}), ChangeOutcome::unstorable,
                 "a delivery without its event to an endpoint that is there");
  expect_outcome(scene.commit({}, {lacks_its_event, drop}), ChangeOutcome::unstorable,
                 "a delivery without its event before its endpoint is deleted");
  expect_outcome(scene.commit({}, {drop, lacks_its_event}), ChangeOutcome::applied,
                 "a delivery without its event behind the deletion of its endpoint");
}

}  // namespace

std::span<const StoreCase> record_cases() {
  static constexpr std::array cases = {
      StoreCase{"events come back byte for byte", {}, events_come_back},
      StoreCase{"bodies of 1 MiB come back, in pages of one row at least", {}, large_bodies},
      StoreCase{"an event that exists is left as it is", {}, an_event_stays},
      StoreCase{"one event waits for many endpoints", {}, fan_out},
      StoreCase{"deliveries come back in every field", {}, deliveries_come_back},
      StoreCase{"attempts come back in every field, the first of a row", {}, attempts_come_back},
      StoreCase{"dead letters come back whole, the last of an id", {}, dead_letters_come_back},
      StoreCase{"endpoints come back in every field", {}, endpoints_come_back},
      StoreCase{"notes come back up to their bounds", {}, notes_at_their_bounds},
      StoreCase{"records over their bounds are unstorable", {}, records_over_their_bounds},
      StoreCase{"dropping what is not there does nothing", {}, drops_of_nothing},
      StoreCase{"nothing is kept for an endpoint that is not there", {}, records_of_no_endpoint},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
