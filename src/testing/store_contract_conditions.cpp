#include <array>

#include "testing/store_scene.hpp"

// Each precondition by itself.
namespace hookwright::testing::contract {
namespace {

using enum ChangeOutcome;

void endpoint_at(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto at = [&](std::uint64_t version) {
    return scene.commit({EndpointAt{endpoint, version}}, {});
  };
  expect_outcome(at(1), applied, "EndpointAt its version");
  expect_outcome(at(0), mismatch, "EndpointAt 0 of one that exists");
  expect_outcome(at(2), mismatch, "EndpointAt the next version");
  expect_outcome(scene.commit({EndpointAt{scene.id<EndpointId>(), 0}}, {}), applied,
                 "EndpointAt 0 of one that does not exist");
  expect_outcome(scene.commit({EndpointAt{scene.id<EndpointId>(), 1}}, {}), mismatch,
                 "EndpointAt 1 of one that does not exist");
  scene.apply({PutEndpoint{{endpoint, 2, "acme", true, true, ""}}});
  expect_outcome(at(2), applied, "EndpointAt the version of a tombstone");
  expect_outcome(at(0), mismatch, "EndpointAt 0 of a tombstone");
}

void event_absent(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto event = scene.event();
  expect_outcome(scene.commit({EventAbsent{event->id}}, {}), applied,
                 "EventAbsent of one that does not exist");
  scene.apply({PutEvent{event}});
  expect_outcome(scene.commit({EventAbsent{event->id}}, {}), mismatch,
                 "EventAbsent of one that exists");
  // Ids are opaque: neither their order nor the bits they share says anything.
  for (std::size_t byte = 0; byte < event->id.bytes.size(); ++byte) {
    EventId other = event->id;
    other.bytes[byte] ^= 0x81U;
    expect_outcome(scene.commit({EventAbsent{other}}, {}), applied,
                   "EventAbsent of an id that differs in byte " + std::to_string(byte));
    StoredEvent copy = *event;
    copy.id = other;
    scene.apply({PutEvent{std::make_shared<const StoredEvent>(copy)}});
    expect_outcome(scene.commit({EventAbsent{other}}, {}), mismatch,
                   "EventAbsent of an id that was put and differs in byte " + std::to_string(byte));
  }
}

void note_at(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto at = [&](std::uint64_t version) { return scene.commit({NoteAt{"k", version}}, {}); };
  expect_outcome(at(0), applied, "NoteAt 0 of one that does not exist");
  expect_outcome(at(1), mismatch, "NoteAt 1 of one that does not exist");
  scene.apply({PutNote{{"k", 7, "v", scene.now + hour}}});
  expect_outcome(at(7), applied, "NoteAt its version");
  expect_outcome(at(0), mismatch, "NoteAt 0 of one that exists");
  scene.apply({DropNote{"k"}});
  expect_outcome(at(0), applied, "NoteAt 0 of one that was dropped");
}

void notes_expire(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto at = [&](std::uint64_t version) { return scene.commit({NoteAt{"k", version}}, {}); };
  scene.apply({PutNote{{"k", 1, "v", scene.now + second}}, PutNote{{"never", 1, "v", {}}}});
  scene.now += second - Duration(1);
  expect_outcome(at(1), applied, "NoteAt its version 1 ms before it expires");
  expect_number(scene.find(query(RecordKind::notes)).notes.size(), 2U, "both notes by then");
  scene.now += Duration(1);
  expect_outcome(at(0), applied, "NoteAt 0 of one that has expired");
  expect_outcome(at(1), mismatch, "NoteAt its version once it has expired");
  const Records found = scene.find(query(RecordKind::notes));
  expect(found.notes.size() == 1 && found.notes[0].key == "never",
         "only the note that never expires to be found");
  expect_outcome(scene.commit({NoteAt{"k", 0}}, {PutNote{{"k", 1, "new", scene.now + second}}}),
                 applied, "a note in the place of an expired one");
  expect_outcome(at(1), applied, "NoteAt the version of the new note");
  scene.maintain({1'000, {}, {}});
  expect_outcome(at(1), applied, "NoteAt the version of the new note after maintenance");
  scene.now += 100'000 * hour;
  scene.maintain({1'000, {}, {}});
  expect_outcome(scene.commit({NoteAt{"never", 1}}, {}), applied,
                 "NoteAt the version of a note that never expires, years later");
}

void notes_stay_expired(StoreUnderTest& under_test) {
  Scene scene(under_test);
  scene.apply({PutNote{{"k", 1, "v", scene.now + second}}});
  scene.now += second;
  expect_outcome(scene.commit({NoteAt{"k", 0}}, {}), applied, "NoteAt 0 of one that has expired");
  scene.now -= second;
  expect(scene.find(query(RecordKind::notes)).notes.empty(), "no note after a clock was set back");
  expect_outcome(scene.commit({NoteAt{"k", 0}}, {}), applied, "NoteAt to find what find() does");
}

void delivery_at(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const Delivery waiting = scene.publish(endpoint, scene.now);
  const auto at = [&](const EndpointId& id, LanePosition position, std::uint32_t attempts) {
    return scene.commit({DeliveryAt{id, position, attempts}}, {});
  };
  const LanePosition position = waiting.position;
  expect_outcome(at(endpoint, position, 0), applied, "DeliveryAt its position and attempts");
  expect_outcome(at(endpoint, position, 1), mismatch, "DeliveryAt another number of attempts");
  expect_outcome(at(endpoint, {position.due, position.row + 1}, 0), mismatch,
                 "DeliveryAt the next row number");
  expect_outcome(at(endpoint, {position.due + Duration(1), position.row}, 0), mismatch,
                 "DeliveryAt another due time");
  expect_outcome(at(scene.endpoint(), position, 0), mismatch, "DeliveryAt another endpoint");
  expect_outcome(at(scene.id<EndpointId>(), position, 0), mismatch,
                 "DeliveryAt an endpoint that does not exist");
  scene.apply({DropDelivery{endpoint, position}});
  expect_outcome(at(endpoint, position, 0), mismatch, "DeliveryAt a row that was dropped");
}

void tenant_count_below(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const auto below = [&](const std::string& tenant, std::size_t n, std::uint8_t limit = 1) {
    return scene.commit({TenantCountBelow{tenant, n, limit}}, {});
  };
  expect_outcome(below("acme", 0), over_limit, "TenantCountBelow 0");
  expect_outcome(below("acme", 1), applied, "TenantCountBelow 1 of a tenant without endpoints");
  const EndpointId first = scene.endpoint("acme");
  scene.endpoint("acme");
  scene.endpoint("acme", 0);
  scene.endpoint("other");
  expect_outcome(below("acme", 2), over_limit, "TenantCountBelow 2 where 2 count");
  expect_outcome(below("acme", 3), applied, "TenantCountBelow 3 where 2 count");
  expect_outcome(below("acm", 1), applied, "TenantCountBelow 1 of a tenant named alike");
  scene.apply({PutEndpoint{{first, 2, "acme", 0, false, ""}}});
  expect_outcome(below("acme", 2), applied, "TenantCountBelow 2 after one stopped counting");
  scene.apply({PutEndpoint{{first, 3, "acme", 1, false, ""}}});
  expect_outcome(below("acme", 2), over_limit, "TenantCountBelow 2 after it counts again");
  scene.apply({PutEndpoint{{first, 4, "acme", 1, true, ""}}});
  expect_outcome(below("acme", 2), applied, "TenantCountBelow 2 after one was deleted");

  const EndpointId third = scene.endpoint("acme", 2);
  expect_outcome(below("acme", 2), applied,
                 "the first limit not to know what counts for the other");
  expect_outcome(below("acme", 1, 2), over_limit, "the second limit where one counts towards it");
  expect_outcome(below("acme", 2, 2), applied, "the second limit not to know the first");
  scene.apply({PutEndpoint{{third, 2, "acme", 1, false, ""}}});
  expect_outcome(below("acme", 1, 2), applied, "the second limit after one counts for the first");
  expect_outcome(below("acme", 2), over_limit, "the first limit after one came over");
}

void first_that_did_not_hold(StoreUnderTest& under_test) {
  Scene scene(under_test);
  scene.endpoint("acme");
  const ChangeResult result = scene.commit(
      {NoteAt{"a", 0}, TenantCountBelow{"acme", 1}, NoteAt{"b", 9}}, {PutNote{{"a", 1, "", {}}}});
  expect_outcome(result, over_limit, "a change whose second and third condition do not hold");
  expect_number(result.precondition, 1U, "the index of the first that did not hold");
}

void lanes_of_one_process(StoreUnderTest& under_test) {
  Scene scene(under_test);
  if (scene.store().traits().shared) return;  // its own cases say what it has to do
  const EndpointId endpoint = scene.endpoint();
  scene.publish(endpoint, scene.now);
  expect_outcome(scene.commit({LaneHeld{endpoint, 0}}, {ReleaseLane{endpoint, scene.now + hour}}),
                 applied, "LaneHeld in a store for one process");
  expect_number(scene.fetch(endpoint).rows.size(), 1U, "the row to be there all the same");
  expect(scene.store().acquire(scene.now, 10).lanes.empty(),
         "acquire to grant nothing in a store for one process");
  expect(scene.store().heartbeat(scene.now).lost.empty(), "no lane to be lost to nobody");
}

}  // namespace

std::span<const StoreCase> condition_cases() {
  static constexpr std::array cases = {
      StoreCase{"EndpointAt compares the version, and a tombstone has one", {}, endpoint_at},
      StoreCase{"EventAbsent compares whole ids", {}, event_absent},
      StoreCase{"NoteAt compares the version", {}, note_at},
      StoreCase{"an expired note counts as absent", {}, notes_expire},
      StoreCase{"an expired note stays so although a clock is set back", {}, notes_stay_expired},
      StoreCase{"DeliveryAt compares endpoint, position and attempts", {}, delivery_at},
      StoreCase{"TenantCountBelow counts living endpoints that count", {}, tenant_count_below},
      StoreCase{
          "a result names the first condition that did not hold", {}, first_that_did_not_hold},
      StoreCase{"a store for one process takes every lane as held", {}, lanes_of_one_process},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
