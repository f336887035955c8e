#include "testing/store_scene.hpp"

#include <iterator>
#include <utility>

namespace hookwright::testing::contract {
namespace {

// Ids differ between the stores of one process, as they do between processes.
std::uint64_t next_seed() {
  static std::uint64_t seed = 0;
  return ++seed;
}

std::string name_of(ChangeOutcome outcome) {
  switch (outcome) {
    case ChangeOutcome::applied:
      return "applied";
    case ChangeOutcome::lane_lost:
      return "lane_lost";
    case ChangeOutcome::mismatch:
      return "mismatch";
    case ChangeOutcome::over_limit:
      return "over_limit";
    case ChangeOutcome::unstorable:
      return "unstorable";
  }
  return "an outcome that does not exist";
}

void expect_ok(const StoreStatus& status, std::string_view call) {
  expect(status.ok(), status.ok() ? std::string(call)
                                  : std::string(call) + " to be ok, but it failed with code " +
                                        std::to_string(static_cast<int>(status.code)) + ": " +
                                        status.detail);
}

template <class Record>
void append(std::vector<Record>& all, std::vector<Record>& more) {
  all.insert(all.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

}  // namespace

void expect(bool holds, std::string_view what) {
  if (!holds) throw ContractViolation("expected " + std::string(what));
}

void expect_events(const std::vector<Waiting>& rows) {
  for (const Waiting& row : rows) {
    expect(row.event && row.event->id == row.delivery.event,
           "a waiting row to come with the event it names");
  }
}

void expect_outcome(const ChangeResult& found, ChangeOutcome expected, std::string_view what) {
  if (found.outcome == expected) return;
  expect(false, std::string(what) + " to be " + name_of(expected) + ", but it was " +
                    name_of(found.outcome));
}

bool same(const StoredEvent& a, const StoredEvent& b) {
  return a.id == b.id && a.tenant == b.tenant && a.type == b.type && a.family == b.family &&
         a.at == b.at && a.body == b.body;
}

bool same(const StoredEndpoint& a, const StoredEndpoint& b) {
  return a.id == b.id && a.version == b.version && a.tenant == b.tenant && a.counts == b.counts &&
         a.deleted == b.deleted && a.details == b.details;
}

bool same(const Delivery& a, const Delivery& b) {
  return a.id == b.id && a.event == b.event && a.endpoint == b.endpoint &&
         a.position == b.position && a.attempts == b.attempts &&
         a.first_attempt == b.first_attempt && a.spared_since == b.spared_since &&
         a.expires == b.expires && a.attempts_max == b.attempts_max;
}

bool same(const Attempt& a, const Attempt& b) {
  return a.row == b.row && a.delivery == b.delivery && a.event == b.event &&
         a.endpoint == b.endpoint && a.number == b.number && a.at == b.at &&
         a.elapsed == b.elapsed && a.result == b.result && a.fault == b.fault &&
         a.status == b.status && a.excerpt == b.excerpt && a.type == b.type &&
         a.purpose == b.purpose;
}

bool same(const DeadLetter& a, const DeadLetter& b) {
  return a.id == b.id && a.endpoint == b.endpoint && same(a.event, b.event) &&
         a.reason == b.reason && a.attempts == b.attempts && a.fault == b.fault &&
         a.status == b.status && a.died == b.died && a.expires == b.expires && a.row == b.row;
}

bool same(const Note& a, const Note& b) {
  return a.key == b.key && a.version == b.version && a.value == b.value && a.expires == b.expires;
}

Scene::Scene(StoreUnderTest& under_test) : Scene(under_test.make(), start, 1) {}

Scene::Scene(std::unique_ptr<Store> store, TimePoint at, std::uint8_t worker)
    : now(at), store_(std::move(store)), ids_(std::make_shared<IdGenerator>(next_seed())) {
  open(worker);
}

void Scene::open(std::uint8_t worker) {
  expect(store_ != nullptr, "a store, but was given none");
  Worker self;
  self.id.bytes[0] = worker;
  self.name = "worker " + std::to_string(worker);
  self.lease = lease;
  opened_ = store_->open(self, now);
  expect_ok(opened_.status, "open");
  expect(opened_.first_row > 0, "rows to be numbered from 1 at least");
  next_row_ = opened_.first_row;
}

void Scene::reopen(StoreUnderTest& under_test) {
  store_.reset();
  store_ = under_test.reopen();
  open(1);
}

std::shared_ptr<const StoredEvent> Scene::event(std::string body) {
  auto made = std::make_shared<StoredEvent>();
  made->id = id<EventId>();
  made->tenant = "acme";
  made->type = "link.clicked";
  made->family = "snipy";
  made->at = now;
  made->body = std::move(body);
  return made;
}

Delivery Scene::delivery(const StoredEvent& event, const EndpointId& endpoint, TimePoint due) {
  Delivery made;
  made.id = id<DeliveryId>();
  made.event = event.id;
  made.endpoint = endpoint;
  made.position = {due, next_row()};
  return made;
}

Attempt Scene::attempt(const Delivery& delivery, AttemptResult result) {
  Attempt made;
  made.row = next_row();
  made.delivery = delivery.id;
  made.event = delivery.event;
  made.endpoint = delivery.endpoint;
  made.number = delivery.attempts + 1;
  made.at = now;
  made.elapsed = Duration(12);
  made.result = result;
  made.status = result == AttemptResult::delivered ? 200 : 500;
  return made;
}

DeadLetter Scene::dead_letter(const StoredEvent& event, const EndpointId& endpoint) {
  DeadLetter made;
  made.id = id<DeliveryId>();
  made.endpoint = endpoint;
  made.event = event;
  made.attempts = 6;
  made.fault = Fault::timeout;
  made.died = now;
  made.expires = now + 720 * hour;
  made.row = next_row();
  return made;
}

EndpointId Scene::endpoint(const std::string& tenant, std::uint8_t counts) {
  StoredEndpoint made;
  made.id = id<EndpointId>();
  made.version = 1;
  made.tenant = tenant;
  made.counts = counts;
  made.details = "details";
  expect_outcome(commit({EndpointAt{made.id, 0}}, {PutEndpoint{made}}), ChangeOutcome::applied,
                 "a new endpoint");
  return made.id;
}

Delivery Scene::publish(const EndpointId& endpoint, TimePoint due, std::string body) {
  const auto made = event(std::move(body));
  const Delivery waiting = delivery(*made, endpoint, due);
  expect_outcome(commit({EventAbsent{made->id}}, {PutEvent{made}, PutDelivery{waiting}}),
                 ChangeOutcome::applied, "a new event with a delivery");
  return waiting;
}

void Scene::apply(std::vector<Write> writes) {
  expect_outcome(commit({}, std::move(writes)), ChangeOutcome::applied,
                 "a change without conditions");
}

ChangeResult Scene::commit(std::vector<Precondition> only_if, std::vector<Write> writes) {
  Batch batch;
  batch.changes.push_back({std::move(only_if), std::move(writes)});
  return commit(batch).front();
}

std::vector<ChangeResult> Scene::commit(const Batch& batch) {
  Committed committed = store_->commit(batch, now);
  expect_ok(committed.status, "commit");
  store_->checkpoint();  // as the dispatcher does, and it makes no difference
  expect_number(committed.results.size(), batch.changes.size(), "as many results as changes");
  return std::move(committed.results);
}

LanePage Scene::fetch(const EndpointId& endpoint, std::size_t limit, LanePosition after) {
  const LaneCursor cursor{endpoint, after, limit};
  Pages pages = store_->fetch(std::span(&cursor, 1), now);
  expect_ok(pages.status, "fetch");
  expect_number(pages.lanes.size(), 1U, "one page per cursor");
  expect(pages.lanes[0].endpoint == endpoint, "a page to name the endpoint it was asked for");
  expect(pages.lanes[0].rows.size() <= limit, "a page to have no more rows than asked for");
  expect_events(pages.lanes[0].rows);
  return std::move(pages.lanes[0]);
}

Records Scene::find(const Query& query) {
  Records found = store_->find(query);
  expect_ok(found.status, "find");
  expect_events(found.waiting);
  return found;
}

Records Scene::find_all(Query query) {
  Records all = find(query);
  for (int pages = 1; !all.next.empty(); ++pages) {
    expect(pages < 10'000, "paging to come to an end");
    query.after = all.next;
    Records more = find(query);
    append(all.endpoints, more.endpoints);
    append(all.lanes, more.lanes);
    append(all.waiting, more.waiting);
    append(all.attempts, more.attempts);
    append(all.dead_letters, more.dead_letters);
    append(all.events, more.events);
    append(all.notes, more.notes);
    all.next = more.next;
  }
  return all;
}

void Scene::maintain(const Budget& budget) {
  for (int slices = 0; store_->maintain(now, budget); ++slices) {
    expect(slices < 10'000, "maintain to come to an end");
  }
}

Query query(RecordKind kind) {
  Query made;
  made.kind = kind;
  return made;
}

Query query(RecordKind kind, const EndpointId& endpoint) {
  Query made = query(kind);
  made.endpoint = endpoint;
  return made;
}

}  // namespace hookwright::testing::contract
