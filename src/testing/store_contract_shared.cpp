#include <array>
#include <map>
#include <thread>
#include <vector>

#include "testing/store_scene.hpp"

// The lane protocol between workers.
namespace hookwright::testing::contract {
namespace {

constexpr StoreTraits shared{.durable = false, .shared = true};

// Two workers on one store.
struct Pair {
  explicit Pair(StoreUnderTest& under_test) : a(under_test), b(under_test.join(), start, 2) {}

  void pass(Duration time) { a.now = b.now = a.now + time; }

  Scene a;
  Scene b;
};

Grants ask(Scene& worker, std::size_t max) {
  Grants grants = worker.store().acquire(worker.now, max);
  expect(grants.status.ok(), "acquire to be ok");
  expect(grants.lanes.size() <= max, "no more lanes than asked for");
  return grants;
}

std::vector<LaneGrant> acquire(Scene& worker, std::size_t max = 100) {
  return ask(worker, max).lanes;
}

Beat heartbeat(Scene& worker) {
  Beat beat = worker.store().heartbeat(worker.now);
  expect(beat.status.ok(), "heartbeat to be ok");
  return beat;
}

LaneGrant acquire_one(Scene& worker, const EndpointId& endpoint, std::string_view what) {
  const std::vector<LaneGrant> lanes = acquire(worker);
  expect(lanes.size() == 1 && lanes[0].endpoint == endpoint, what);
  return lanes[0];
}

void one_holder(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  expect(acquire(pair.a).empty(), "no lane without rows");
  const Delivery row = pair.a.publish(endpoint, pair.a.now + second);
  expect(acquire(pair.a).empty(), "no lane before its first row is due");
  pair.pass(second);
  const LaneGrant grant = acquire_one(pair.a, endpoint, "the lane once its first row is due");
  expect(grant.due == row.position.due, "the due time of the first row");
  expect(acquire(pair.b).empty(), "no lane that another worker holds");
  expect(acquire(pair.a).empty(), "no lane twice, while nobody else puts rows into it");
  expect_outcome(pair.a.commit({LaneHeld{endpoint, grant.epoch}}, {}), ChangeOutcome::applied,
                 "LaneHeld by its holder");
  expect_outcome(pair.b.commit({LaneHeld{endpoint, grant.epoch}}, {}), ChangeOutcome::lane_lost,
                 "LaneHeld by a worker who does not hold it");
  expect_outcome(pair.a.commit({LaneHeld{endpoint, grant.epoch + 1}}, {}), ChangeOutcome::lane_lost,
                 "LaneHeld with another epoch");
  expect_outcome(pair.a.commit({LaneHeld{pair.a.endpoint(), 0}}, {}), ChangeOutcome::lane_lost,
                 "LaneHeld of a lane that nobody holds");
}

void longest_due_first(StoreUnderTest& under_test) {
  Pair pair(under_test);
  std::vector<EndpointId> endpoints;
  for (int i = 0; i < 5; ++i) {
    endpoints.push_back(pair.a.endpoint());
    pair.a.publish(endpoints.back(), pair.a.now + Duration(100 - i));
  }
  pair.pass(second);
  for (std::size_t i = 5; i-- > 0;) {
    const std::vector<LaneGrant> lanes = acquire(i % 2 == 0 ? pair.a : pair.b, 1);
    expect(lanes.size() == 1 && lanes[0].endpoint == endpoints[i],
           "the lane that has been due longest first, one at a time");
  }
}

void released_lanes(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  pair.a.publish(endpoint, pair.a.now);
  const LaneGrant first = acquire_one(pair.a, endpoint, "the lane");
  pair.b.apply({ReleaseLane{endpoint, {}}});
  expect_outcome(pair.a.commit({LaneHeld{endpoint, first.epoch}}, {}), ChangeOutcome::applied,
                 "a lane that another worker releases to stay with its holder");
  pair.a.apply({ReleaseLane{endpoint, pair.a.now + hour}});
  expect_outcome(pair.a.commit({LaneHeld{endpoint, first.epoch}}, {}), ChangeOutcome::lane_lost,
                 "LaneHeld after the lane was released");
  expect(acquire(pair.b).empty(), "no lane before its hold is over");
  pair.pass(hour);
  heartbeat(pair.a);
  heartbeat(pair.b);
  const LaneGrant next = acquire_one(pair.b, endpoint, "the lane once its hold is over");
  expect(next.epoch > first.epoch, "a higher epoch with the next grant");
  pair.b.apply({ReleaseLane{endpoint, pair.b.now + 100 * hour}});
  pair.a.apply({ReleaseLane{endpoint, pair.a.now}});
  acquire_one(pair.a, endpoint,
              "the lane after a worker took back the hold that nobody's lane had");
}

void next_due(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId first = pair.a.endpoint();
  const EndpointId second_one = pair.a.endpoint();
  expect(!ask(pair.a, 10).next_due, "nothing next where no lane has rows");
  const TimePoint soon = pair.a.publish(first, pair.a.now + second).position.due;
  const TimePoint later = pair.a.publish(second_one, pair.a.now + hour).position.due;
  expect(ask(pair.b, 10).next_due == soon, "the due time of the lane that is due next");
  pair.a.apply({ReleaseLane{second_one, pair.a.now + 2 * hour}});
  pair.pass(second);
  expect(ask(pair.b, 10).next_due == later + hour,
         "of the lanes that are left, the first to be had: after its hold");
  pair.b.apply({ReleaseLane{first, {}}});
  const TimePoint now = pair.a.publish(second_one, pair.a.now).position.due;
  pair.a.apply({ReleaseLane{second_one, {}}});
  expect(ask(pair.b, 1).next_due == now, "a lane that was left although it is due");
}

void leases_end(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  const Delivery row = pair.a.publish(endpoint, pair.a.now);
  const LaneGrant old = acquire_one(pair.a, endpoint, "the lane");
  pair.pass(lease);
  expect(heartbeat(pair.b).lost.empty(), "nothing lost by a worker who holds nothing");
  expect(acquire(pair.b).empty(), "no lane of a worker whose lease is not over yet");
  pair.pass(Duration(1));
  heartbeat(pair.b);
  const LaneGrant taken = acquire_one(pair.b, endpoint, "the lane of a worker whose lease is over");
  expect(taken.epoch > old.epoch, "a higher epoch for the new holder");
  expect_outcome(
      pair.a.commit({LaneHeld{endpoint, old.epoch}, DeliveryAt{endpoint, row.position, 0}},
                    {DropDelivery{endpoint, row.position}}),
      ChangeOutcome::lane_lost, "the outcome of a worker who lost its lane");
  expect_number(pair.b.fetch(endpoint).rows.size(), 1U, "the row to wait for the new holder");
  expect(acquire(pair.a).empty(), "no lane for a worker whose lease is over");
  const Beat late = heartbeat(pair.a);
  expect(late.lost.size() == 1 && late.lost[0] == endpoint, "a late worker to hear what it lost");
  expect(heartbeat(pair.a).lost.empty(), "and to hear it once");
  expect_outcome(
      pair.b.commit({LaneHeld{endpoint, taken.epoch}}, {DropDelivery{endpoint, row.position}}),
      ChangeOutcome::applied, "the outcome of the new holder");
}

void a_late_worker_alone(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  pair.a.publish(endpoint, pair.a.now);
  const LaneGrant old = acquire_one(pair.a, endpoint, "the lane");
  for (int i = 0; i < 5; ++i) {
    pair.pass(lease);
    expect(heartbeat(pair.a).lost.empty(), "nothing lost by a worker who is in time");
  }
  expect_outcome(pair.a.commit({LaneHeld{endpoint, old.epoch}}, {}), ChangeOutcome::applied,
                 "LaneHeld by a worker who was always in time");
  pair.pass(lease + Duration(1));
  expect_number(heartbeat(pair.a).lost.size(), 1U,
                "the lane to be lost by coming late, though nobody has taken it");
  expect_outcome(pair.a.commit({LaneHeld{endpoint, old.epoch}}, {}), ChangeOutcome::lane_lost,
                 "LaneHeld with the epoch from before");
  acquire_one(pair.a, endpoint, "the lane again");
}

void rows_of_others(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  pair.a.publish(endpoint, pair.a.now);
  const LaneGrant grant = acquire_one(pair.a, endpoint, "the lane");
  pair.b.publish(endpoint, pair.b.now);
  pair.b.publish(endpoint, pair.b.now + hour);
  const LaneGrant again =
      acquire_one(pair.a, endpoint, "a lane again into which others have put rows");
  expect(again.epoch == grant.epoch, "the same epoch for the same holder");
  expect(acquire(pair.a).empty(), "such a lane once, not with every acquire");
  expect_number(pair.a.fetch(endpoint).rows.size(), 2U, "the others' rows to be fetched");
  pair.a.publish(endpoint, pair.a.now);
  expect(acquire(pair.a).empty(), "no lane for rows that its holder put itself");
  pair.b.publish(endpoint, pair.b.now + hour);
  expect(acquire(pair.b).empty(), "nothing for the worker who put the row");
  acquire_one(pair.a, endpoint, "the lane again for another row of others, due or not");
}

void deleted_endpoints(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  pair.a.publish(endpoint, pair.a.now);
  const std::uint64_t version = heartbeat(pair.b).endpoints_version;
  pair.a.apply({PutEndpoint{{endpoint, 2, "acme", true, true, ""}}});
  expect(acquire(pair.b).empty(), "no lane of a deleted endpoint");
  expect(heartbeat(pair.b).endpoints_version > version, "other workers to learn of a deletion");
  Query asked = query(RecordKind::endpoints);
  asked.changed_after = version;
  const Records changed = pair.b.find(asked);
  expect(changed.endpoints.size() == 1 && changed.endpoints[0].deleted,
         "the tombstone among what changed");
}

void what_others_see(StoreUnderTest& under_test) {
  Pair pair(under_test);
  const EndpointId endpoint = pair.a.endpoint();
  const Delivery row = pair.a.publish(endpoint, pair.a.now);
  const LanePage page = pair.b.fetch(endpoint);
  expect(page.rows.size() == 1 && same(page.rows[0].delivery, row),
         "one worker's commit to be seen by the other at once");
  expect_outcome(pair.b.commit({EventAbsent{row.event}}, {}), ChangeOutcome::mismatch,
                 "EventAbsent of another worker's event");
  constexpr std::uint64_t block = std::uint64_t{1} << 40U;
  const std::uint64_t a = pair.a.opened().first_row;
  const std::uint64_t b = pair.b.opened().first_row;
  expect(a + block <= b || b + block <= a, "two workers to number their rows 2^40 apart");
}

void many_threads(StoreUnderTest& under_test) {
  Scene first(under_test);
  std::vector<EndpointId> endpoints;
  for (int i = 0; i < 60; ++i) {
    endpoints.push_back(first.endpoint());
    first.publish(endpoints.back(), first.now);
  }
  std::vector<std::unique_ptr<Scene>> workers;
  for (std::uint8_t i = 2; i < 6; ++i) {
    workers.push_back(std::make_unique<Scene>(under_test.join(), start, i));
  }
  std::vector<std::vector<LaneGrant>> taken(workers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 60; ++round) {
        const Grants grants = workers[i]->store().acquire(start, 1);
        taken[i].insert(taken[i].end(), grants.lanes.begin(), grants.lanes.end());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<EndpointId, int> holders;
  for (const auto& lanes : taken) {
    for (const LaneGrant& lane : lanes) ++holders[lane.endpoint];
  }
  expect_number(holders.size(), endpoints.size(), "every lane to find a holder");
  for (const auto& [endpoint, count] : holders) {
    expect_number(count, 1, "holders of a lane that several workers ask for at once");
  }
}

}  // namespace

std::span<const StoreCase> shared_cases() {
  static constexpr std::array cases = {
      StoreCase{"a lane has one holder", shared, one_holder},
      StoreCase{"lanes are granted the longest due first", shared, longest_due_first},
      StoreCase{"a released lane is granted again after its hold", shared, released_lanes},
      StoreCase{"a worker learns when the next lane can be had", shared, next_due},
      StoreCase{"a worker whose lease is over is fenced off", shared, leases_end},
      StoreCase{"a worker who comes late starts anew", shared, a_late_worker_alone},
      StoreCase{"a holder hears of rows that others put", shared, rows_of_others},
      StoreCase{"deletions reach every worker", shared, deleted_endpoints},
      StoreCase{"workers see each other's commits", shared, what_others_see},
      StoreCase{"threads that ask at once never get the same lane", shared, many_threads},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
