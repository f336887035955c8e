#include <array>
#include <utility>

#include "testing/store_scene.hpp"

// What a batch does as a whole.
namespace hookwright::testing::contract {
namespace {

Query note_named(const std::string& key) {
  Query asked = query(RecordKind::notes);
  asked.key_prefix = key;
  return asked;
}

void an_empty_store(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto nobody = scene.id<EndpointId>();
  expect(scene.find(query(RecordKind::endpoints)).endpoints.empty(), "no endpoints");
  expect(scene.find(query(RecordKind::lanes)).lanes.empty(), "no lanes");
  expect(scene.find(query(RecordKind::waiting, nobody)).waiting.empty(), "no waiting rows");
  expect(scene.find(query(RecordKind::attempts, nobody)).attempts.empty(), "no attempts");
  expect(scene.find(query(RecordKind::dead_letters)).dead_letters.empty(), "no dead letters");
  expect(scene.find(query(RecordKind::notes)).notes.empty(), "no notes");
  Query event = query(RecordKind::events);
  event.event = scene.id<EventId>();
  expect(scene.find(event).events.empty(), "no event");
  const LanePage page = scene.fetch(nobody);
  expect(page.rows.empty() && !page.more && !page.next_due, "an empty lane to be empty");
  expect(scene.commit(Batch{}).empty(), "an empty batch to have no results");
  expect(scene.store().fetch({}, scene.now).lanes.empty(), "no cursors to give no pages");
}

void a_repeated_batch(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto event = scene.event();
  const EndpointId endpoint = scene.endpoint();
  const Delivery waiting = scene.delivery(*event, endpoint, scene.now);
  Delivery later = waiting;
  later.position = {scene.now + hour, scene.next_row()};
  later.attempts = 1;
  Batch batch;
  batch.changes.push_back({{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{waiting}}});
  batch.changes.push_back({{DeliveryAt{endpoint, waiting.position, 0}},
                           {DropDelivery{endpoint, waiting.position}, PutDelivery{later},
                            PutAttempt{scene.attempt(waiting, AttemptResult::failed)}}});
  batch.changes.push_back({{NoteAt{"once", 0}}, {PutNote{{"once", 1, "x", {}}}}});
  for (const ChangeResult& result : scene.commit(batch)) {
    expect_outcome(result, ChangeOutcome::applied, "a change of the batch");
  }
  for (const ChangeResult& result : scene.commit(batch)) {
    expect_outcome(result, ChangeOutcome::mismatch, "a change of the repeated batch");
  }
  const Records found = scene.find(query(RecordKind::waiting, endpoint));
  expect_number(found.waiting.size(), 1U, "one waiting row after the repetition");
  expect(same(found.waiting[0].delivery, later), "the row that the first commit left");
  expect_number(scene.find(query(RecordKind::attempts, endpoint)).attempts.size(), 1U,
                "one attempt after the repetition");
}

void all_or_nothing(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery waiting = scene.publish(endpoint, scene.now);
  const auto event = scene.event();
  const std::vector<Write> writes = {
      PutEvent{event},
      PutDelivery{scene.delivery(*event, endpoint, scene.now)},
      DropDelivery{endpoint, waiting.position},
      PutAttempt{scene.attempt(waiting, AttemptResult::delivered)},
      PutDeadLetter{scene.dead_letter(*event, endpoint)},
      PutNote{{"note", 1, "x", {}}},
      PutEndpoint{{endpoint, 2, "acme", true, false, "changed"}},
  };
  const auto expect_nothing = [&](std::string_view after) {
    const std::string where = " after " + std::string(after);
    const Records rows = scene.find(query(RecordKind::waiting, endpoint));
    expect(rows.waiting.size() == 1 && same(rows.waiting[0].delivery, waiting),
           "the waiting row to be as it was" + where);
    Query one = query(RecordKind::events);
    one.event = event->id;
    expect(scene.find(one).events.empty(), "no event" + where);
    expect(scene.find(query(RecordKind::attempts, endpoint)).attempts.empty(),
           "no attempt" + where);
    expect(scene.find(query(RecordKind::dead_letters)).dead_letters.empty(),
           "no dead letter" + where);
    expect(scene.find(note_named("note")).notes.empty(), "no note" + where);
    expect_number(only(scene.find(query(RecordKind::endpoints)).endpoints, "one endpoint").version,
                  1U, "the endpoint's version" + where);
  };

  expect_outcome(scene.commit({EndpointAt{endpoint, 1}, NoteAt{"other", 3}}, writes),
                 ChangeOutcome::mismatch, "a change whose second condition does not hold");
  expect_nothing("a condition that did not hold");

  std::vector<Write> unstorable = writes;
  Delivery orphan = scene.delivery(*event, endpoint, scene.now);
  orphan.event = scene.id<EventId>();
  unstorable.emplace_back(PutDelivery{orphan});
  Batch batch;
  batch.changes.push_back({{}, {PutNote{{"before", 1, "", {}}}}});
  batch.changes.push_back({{EndpointAt{endpoint, 1}}, unstorable});
  batch.changes.push_back({{}, {PutNote{{"behind", 1, "", {}}}}});
  const std::vector<ChangeResult> results = scene.commit(batch);
  expect_outcome(results[0], ChangeOutcome::applied, "the change before an unstorable one");
  expect_outcome(results[1], ChangeOutcome::unstorable, "a delivery whose event is not there");
  expect_outcome(results[2], ChangeOutcome::applied, "the change behind an unstorable one");
  expect_nothing("an unstorable change");
  expect(!scene.find(note_named("before")).notes.empty(), "the change before it to be stored");
  expect(!scene.find(note_named("behind")).notes.empty(), "the change behind it to be stored");

  expect_outcome(scene.commit({EndpointAt{endpoint, 1}}, writes), ChangeOutcome::applied,
                 "the same writes when all conditions hold");
}

void an_unstorable_one_counts_nothing(StoreUnderTest& under_test) {
  // What a change that is undone had counted must be undone with it: the event that it put a
  // delivery on, and the tenant that it put an endpoint into.
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  scene.apply({PutEvent{event}});
  Delivery orphan = scene.delivery(*event, endpoint, scene.now);
  orphan.event = scene.id<EventId>();
  const StoredEndpoint other{scene.id<EndpointId>(), 1, "acme", true, false, ""};
  expect_outcome(scene.commit({}, {PutEndpoint{other},
                                   PutDelivery{scene.delivery(*event, endpoint, scene.now)},
                                   PutDelivery{orphan}}),
                 ChangeOutcome::unstorable, "a delivery whose event is not there");
  expect_outcome(scene.commit({TenantCountBelow{"acme", 2}}, {}), ChangeOutcome::applied,
                 "a tenant with one endpoint that counts, below 2");
  expect_number(scene.find(query(RecordKind::endpoints)).endpoints.size(), 1U, "one endpoint");
  // Nor may it be counted twice where a batch is taken apart for the sake of another change.
  const Delivery kept = scene.delivery(*event, endpoint, scene.now);
  Batch batch;
  batch.changes.push_back({{}, {PutDelivery{kept}}});
  batch.changes.push_back({{}, {PutDelivery{orphan}}});
  const std::vector<ChangeResult> results = scene.commit(batch);
  expect_outcome(results[0], ChangeOutcome::applied, "the change before an unstorable one");
  expect_outcome(results[1], ChangeOutcome::unstorable, "a delivery whose event is not there");
  scene.now += 100 * hour;
  scene.maintain({1'000, {}, scene.now});
  const LanePage page = scene.fetch(endpoint);
  expect(page.rows.size() == 1 && same(page.rows[0].delivery, kept) && page.rows[0].event,
         "the delivery that was put afterwards to wait with its event");
}

void changes_in_order(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const StoredEndpoint endpoint{scene.id<EndpointId>(), 1, "acme", true, false, "1"};
  StoredEndpoint changed = endpoint;
  changed.version = 2;
  const auto event = scene.event();
  const Delivery waiting = scene.delivery(*event, endpoint.id, scene.now);
  Batch batch;
  batch.changes.push_back(
      {{EndpointAt{endpoint.id, 0}, TenantCountBelow{"acme", 1}}, {PutEndpoint{endpoint}}});
  batch.changes.push_back({{EndpointAt{endpoint.id, 1}}, {PutEndpoint{changed}}});
  batch.changes.push_back({{EndpointAt{endpoint.id, 1}}, {PutEndpoint{changed}}});
  batch.changes.push_back({{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{waiting}}});
  batch.changes.push_back({{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{waiting}}});
  batch.changes.push_back({{DeliveryAt{endpoint.id, waiting.position, 0}},
                           {DropDelivery{endpoint.id, waiting.position}}});
  batch.changes.push_back({{DeliveryAt{endpoint.id, waiting.position, 0}}, {}});
  batch.changes.push_back({{TenantCountBelow{"acme", 1}}, {}});
  batch.changes.push_back({{NoteAt{"n", 0}}, {PutNote{{"n", 1, "", {}}}}});
  batch.changes.push_back({{NoteAt{"n", 1}}, {DropNote{"n"}}});
  batch.changes.push_back({{NoteAt{"n", 0}}, {}});
  using enum ChangeOutcome;
  const std::array expected = {applied,  applied,    mismatch, applied, mismatch, applied,
                               mismatch, over_limit, applied,  applied, applied};
  const std::vector<ChangeResult> results = scene.commit(batch);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_outcome(results[i], expected[i],
                   "change " + std::to_string(i) + ", seeing those before it,");
  }
}

void writes_in_order(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  const Delivery waiting = scene.delivery(*event, endpoint, scene.now);
  Delivery replaced = waiting;
  replaced.attempts = 3;
  scene.apply({PutNote{{"n", 1, "first", {}}}, PutNote{{"n", 2, "second", {}}}, PutEvent{event},
               PutDelivery{waiting}, PutDelivery{replaced}, PutNote{{"m", 1, "", {}}},
               DropNote{"m"}});
  const Records notes = scene.find(query(RecordKind::notes));
  expect(notes.notes.size() == 1 && notes.notes[0].value == "second",
         "the last of two puts of one note to stay");
  const Records rows = scene.find(query(RecordKind::waiting, endpoint));
  expect(rows.waiting.size() == 1 && same(rows.waiting[0].delivery, replaced),
         "the last of two puts at one position to stay");
  scene.apply({DropDelivery{endpoint, waiting.position}, PutDelivery{waiting}});
  expect_number(scene.find(query(RecordKind::waiting, endpoint)).waiting.size(), 1U,
                "a row that is dropped and put again");
}

void many_changes(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  Batch batch;
  std::vector<Delivery> all;
  for (int i = 0; i < 2'000; ++i) {
    const auto event = scene.event();
    all.push_back(scene.delivery(*event, endpoint, scene.now));
    batch.changes.push_back({{EventAbsent{event->id}}, {PutEvent{event}, PutDelivery{all.back()}}});
  }
  for (const ChangeResult& result : scene.commit(batch)) {
    expect_outcome(result, ChangeOutcome::applied, "a change among 2,000");
  }
  const Records found = scene.find_all(query(RecordKind::waiting, endpoint));
  expect_number(found.waiting.size(), all.size(), "a waiting row for each of 2,000 changes");
}

}  // namespace

std::span<const StoreCase> commit_cases() {
  static constexpr std::array cases = {
      StoreCase{"an empty store answers everything with nothing", {}, an_empty_store},
      StoreCase{"a batch that is repeated changes nothing", {}, a_repeated_batch},
      StoreCase{"a change is applied whole or not at all", {}, all_or_nothing},
      StoreCase{
          "a change that is undone has counted nothing", {}, an_unstorable_one_counts_nothing},
      StoreCase{"a change sees those before it in the batch", {}, changes_in_order},
      StoreCase{"the writes of a change are carried out in order", {}, writes_in_order},
      StoreCase{"a batch may hold thousands of changes", {}, many_changes},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
