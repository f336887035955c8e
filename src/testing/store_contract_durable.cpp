#include <array>

#include "testing/store_scene.hpp"

// What is left when a process is gone.
namespace hookwright::testing::contract {
namespace {

constexpr StoreTraits durable{.durable = true, .shared = false};

void all_is_kept(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event(std::string("a\0b", 3));
  Delivery row = scene.delivery(*event, endpoint, scene.now);
  row.attempts = 3;
  row.first_attempt = scene.now - hour;
  const Attempt attempt = scene.attempt(row, AttemptResult::failed);
  const DeadLetter letter = scene.dead_letter(*event, endpoint);
  const Note note{"key", 5, "value", scene.now + hour};
  scene.apply({PutEvent{event}, PutDelivery{row}, PutAttempt{attempt}, PutDeadLetter{letter},
               PutNote{note}});
  for (int i = 0; i < 3; ++i) {
    scene.reopen(under_test);
    expect(scene.find(query(RecordKind::endpoints, endpoint)).endpoints.size() == 1,
           "an endpoint to be there after a restart");
    const LanePage page = scene.fetch(endpoint);
    expect(page.rows.size() == 1 && same(page.rows[0].delivery, row) &&
               same(*page.rows[0].event, *event),
           "a waiting row with its event to be there after a restart");
    const Records lanes = scene.find(query(RecordKind::lanes));
    expect(lanes.lanes.size() == 1 && lanes.lanes[0].endpoint == endpoint,
           "its lane to be found after a restart");
    const Records attempts = scene.find(query(RecordKind::attempts, endpoint));
    expect(attempts.attempts.size() == 1 && same(attempts.attempts[0], attempt),
           "an attempt to be there after a restart");
    const Records letters = scene.find(query(RecordKind::dead_letters));
    expect(letters.dead_letters.size() == 1 && same(letters.dead_letters[0], letter),
           "a dead letter to be there after a restart");
    const Records notes = scene.find(query(RecordKind::notes));
    expect(notes.notes.size() == 1 && same(notes.notes[0], note),
           "a note to be there after a restart");
    expect_outcome(scene.commit({EventAbsent{event->id}}, {}), ChangeOutcome::mismatch,
                   "EventAbsent of an event from before a restart");
  }
}

void rows_are_never_reused(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  std::uint64_t highest = 0;
  for (int i = 0; i < 4; ++i) {
    expect(scene.opened().first_row > highest,
           "the rows of a new process to start above all that were given before");
    const Delivery row = scene.publish(endpoint, scene.now);
    const Attempt attempt = scene.attempt(row, AttemptResult::failed);
    DeadLetter letter = scene.dead_letter(*scene.event(), endpoint);
    scene.apply({PutAttempt{attempt}, PutDeadLetter{letter}});
    highest = letter.row;
    // Numbers of rows that are gone again are not given a second time either.
    const Delivery gone = scene.publish(endpoint, scene.now);
    scene.apply({DropDelivery{endpoint, gone.position}});
    highest = gone.position.row;
    scene.reopen(under_test);
  }
}

void versions_go_on(StoreUnderTest& under_test) {
  Scene scene(under_test);
  scene.endpoint();
  const EndpointId endpoint = scene.endpoint();
  scene.reopen(under_test);
  const std::uint64_t version = scene.opened().endpoints_version;
  Query asked = query(RecordKind::endpoints);
  asked.changed_after = version;
  expect(scene.find(asked).endpoints.empty(), "no change above the version that open tells");
  scene.apply({PutEndpoint{{endpoint, 2, "acme", false, false, ""}}});
  const Records changed = scene.find(asked);
  expect(changed.endpoints.size() == 1 && changed.endpoints[0].id == endpoint,
         "a change after a restart to be above the version that open told");
  scene.reopen(under_test);
  expect(scene.opened().endpoints_version > version,
         "endpoints_version to have risen with the change, after another restart");
}

void refusals_leave_nothing(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  const auto event = scene.event();
  Delivery orphan = scene.delivery(*event, endpoint, scene.now);
  orphan.event = scene.id<EventId>();
  scene.commit({}, {PutNote{{"undone", 1, "", {}}}, PutEvent{event}, PutDelivery{orphan}});
  scene.commit({NoteAt{"x", 4}}, {PutNote{{"refused", 1, "", {}}}});
  scene.reopen(under_test);
  expect(scene.find(query(RecordKind::notes)).notes.empty(),
         "nothing of a refused change after a restart");
  expect_outcome(scene.commit({EventAbsent{event->id}}, {}), ChangeOutcome::applied,
                 "EventAbsent of the event of an undone change, after a restart");
}

void backlog_after_restart(StoreUnderTest& under_test) {
  Scene scene(under_test);
  const EndpointId endpoint = scene.endpoint();
  std::vector<Delivery> rows;
  for (int i = 0; i < 30; ++i) rows.push_back(scene.publish(endpoint, scene.now));
  for (std::size_t i = 0; i < 10; ++i) scene.apply({DropDelivery{endpoint, rows[i].position}});
  scene.reopen(under_test);
  rows.push_back(scene.publish(endpoint, scene.now));
  const LanePage page = scene.fetch(endpoint);
  expect_number(page.rows.size(), 21U, "what was not settled, and what is new");
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    expect(same(page.rows[i].delivery, rows[i + 10]), "rows in their order across a restart");
  }
  scene.now += 500 * hour;
  scene.maintain({5, scene.now, scene.now});
  expect_number(scene.fetch(endpoint).rows.size(), 21U,
                "rows and events from before a restart to outlive maintenance");
}

}  // namespace

std::span<const StoreCase> durable_cases() {
  static constexpr std::array cases = {
      StoreCase{"everything is there after a restart", durable, all_is_kept},
      StoreCase{"row numbers are never given twice", durable, rows_are_never_reused},
      StoreCase{"endpoints_version goes on across restarts", durable, versions_go_on},
      StoreCase{"a refused change leaves nothing behind", durable, refusals_leave_nothing},
      StoreCase{"a backlog goes on across a restart", durable, backlog_after_restart},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
