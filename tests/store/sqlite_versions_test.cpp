// That files of every earlier version open, with all that is in them.

#include <sqlite3.h>

#include <string>

#include "catch2.hpp"
#include "store/stores.hpp"

using namespace hookwright;

namespace {

// A file as version 1 wrote it: an endpoint, an event with a delivery that is due and one that has
// failed three times, its last attempt, a dead letter and a note.
constexpr const char* version_1 = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1215262571;
PRAGMA user_version = 1;
CREATE TABLE attempt(
  row INTEGER PRIMARY KEY, older_by INTEGER NOT NULL, delivery_high INTEGER NOT NULL,
  delivery_low INTEGER NOT NULL, event BLOB NOT NULL, endpoint INTEGER NOT NULL,
  number INTEGER NOT NULL, at INTEGER NOT NULL, elapsed INTEGER NOT NULL, result INTEGER NOT NULL,
  fault INTEGER NOT NULL, status INTEGER NOT NULL, excerpt BLOB NOT NULL) STRICT;
INSERT INTO "attempt" VALUES(3,0,111411200000030239,-5488978209781440038,
X'018BCFE56800761DA6984080BAB12A02',1,3,1700000000000,12,1,0,500,X'6E6F');
CREATE TABLE dead_letter(
  row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, endpoint INTEGER NOT NULL,
  tenant INTEGER NOT NULL, kind INTEGER NOT NULL, event BLOB NOT NULL, at INTEGER NOT NULL,
  reason INTEGER NOT NULL, attempts INTEGER NOT NULL, fault INTEGER NOT NULL,
  status INTEGER NOT NULL, died INTEGER NOT NULL, expires INTEGER NOT NULL,
  body BLOB NOT NULL) STRICT;
INSERT INTO "dead_letter" VALUES(4,X'018BCFE568007620BFDABE86CBBEAA11',1,1,1,
X'018BCFE56800761DA6984080BAB12A02',1700000000000,0,6,0,500,1700000000000,1702592000000,
X'7B226E223A317D');
CREATE TABLE delivery(
  lane INTEGER NOT NULL, due INTEGER NOT NULL, row INTEGER NOT NULL, id BLOB NOT NULL,
  event INTEGER NOT NULL, attempts INTEGER NOT NULL, first_attempt INTEGER NOT NULL,
  spared_since INTEGER NOT NULL, PRIMARY KEY(lane, due, row)) STRICT, WITHOUT ROWID;
INSERT INTO "delivery" VALUES(-1,1700007200000,2,X'018BCFE56800761FB3D33B666A1E21DA',1,3,
1700000000000,1700000000000);
INSERT INTO "delivery" VALUES(1,1700000000000,1,X'018BCFE56800761E953AEB70673E29CB',1,0,0,0);
CREATE TABLE endpoint(
  no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, version INTEGER NOT NULL,
  tenant INTEGER NOT NULL, counts INTEGER NOT NULL, deleted INTEGER NOT NULL,
  changed INTEGER NOT NULL UNIQUE, details BLOB NOT NULL) STRICT;
INSERT INTO "endpoint" VALUES(1,X'018BCFE56800761CA3CBE1E459320DD7',1,1,1,0,1,X'64657461696C73');
CREATE TABLE event(
  no INTEGER PRIMARY KEY, id_high INTEGER NOT NULL, id_low INTEGER NOT NULL,
  tenant INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
INSERT INTO "event" VALUES(1,111411200000030237,-6442328345321330174,1,1,0,X'7B226E223A317D');
CREATE TABLE kind(
  no INTEGER PRIMARY KEY, type BLOB NOT NULL, family BLOB NOT NULL, UNIQUE(type, family)) STRICT;
INSERT INTO "kind" VALUES(1,X'6C696E6B2E636C69636B6564',X'736E697079');
CREATE TABLE last_attempt(
  endpoint INTEGER PRIMARY KEY, row INTEGER NOT NULL) STRICT;
CREATE TABLE meta(
  key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('attempts_linked',0);
INSERT INTO "meta" VALUES('endpoints_version',1);
INSERT INTO "meta" VALUES('next_row',5);
CREATE TABLE note(
  key BLOB PRIMARY KEY, version INTEGER NOT NULL, expires INTEGER NOT NULL, value BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
INSERT INTO "note" VALUES(X'6E',1,0,X'76616C7565');
CREATE TABLE segment(
  no INTEGER PRIMARY KEY, pending INTEGER NOT NULL, stored INTEGER NOT NULL) STRICT;
INSERT INTO "segment" VALUES(0,2,1700000000000);
CREATE TABLE tenant(
  no INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
INSERT INTO "tenant" VALUES(1,X'61636D65');
CREATE INDEX endpoint_tenant ON endpoint(tenant, id);
CREATE INDEX endpoint_counts ON endpoint(tenant) WHERE counts = 1 AND deleted = 0;
CREATE INDEX endpoint_deleted ON endpoint(deleted) WHERE deleted = 1;
CREATE INDEX event_id ON event(id_high);
CREATE INDEX attempt_delivery ON attempt(delivery_high);
CREATE INDEX dead_letter_endpoint ON dead_letter(endpoint);
CREATE INDEX dead_letter_tenant ON dead_letter(tenant);
CREATE INDEX dead_letter_expires ON dead_letter(expires);
CREATE INDEX note_expires ON note(expires) WHERE expires > 0;
)sql";

void write(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

Records find(Store& store, Query query) {
  Records found = store.find(query);
  INFO(found.status.detail);
  REQUIRE(found.status.ok());
  return found;
}

}  // namespace

TEST_CASE("a file of version 1 opens with all that is in it") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  write(file, version_1);
  for (int opening = 0; opening < 2; ++opening) {  // carried over, then opened again
    CAPTURE(opening);
    const auto store = make_sqlite_store({.path = file});
    const Opened opened = store->open({}, start + hour);
    REQUIRE(opened.status.ok());
    CHECK(opened.first_row >= 5);
    const Records endpoints = find(*store, {.kind = RecordKind::endpoints});
    REQUIRE(endpoints.endpoints.size() == 1);
    const StoredEndpoint& endpoint = endpoints.endpoints[0];
    CHECK(endpoint.tenant == "acme");
    CHECK(endpoint.details == "details");
    CHECK(endpoint.counts == 1);

    const Records waiting = find(*store, {.kind = RecordKind::waiting, .endpoint = endpoint.id});
    REQUIRE(waiting.waiting.size() == 2);
    CHECK(waiting.waiting[0].event->body == R"({"n":1})");
    CHECK(waiting.waiting[0].event->type == "link.clicked");
    CHECK(waiting.waiting[1].delivery.attempts == 3);
    CHECK(waiting.waiting[1].delivery.position.due == start + 2 * hour);
    for (const Waiting& row : waiting.waiting) {
      CHECK(row.delivery.expires == TimePoint{});
      CHECK(row.delivery.attempts_max == 0);
    }

    const Records attempts = find(*store, {.kind = RecordKind::attempts, .endpoint = endpoint.id});
    REQUIRE(attempts.attempts.size() == 1);
    CHECK(attempts.attempts[0].number == 3);
    CHECK(attempts.attempts[0].status == 500);
    CHECK(attempts.attempts[0].excerpt == "no");
    CHECK(attempts.attempts[0].type.empty());  // version 1 did not keep it
    CHECK(attempts.attempts[0].purpose == Purpose::delivery);
    CHECK(find(*store, {.kind = RecordKind::attempts, .delivery = waiting.waiting[1].delivery.id})
              .attempts.size() == 1);

    const Records letters =
        find(*store, {.kind = RecordKind::dead_letters, .endpoint = endpoint.id});
    REQUIRE(letters.dead_letters.size() == 1);
    CHECK(letters.dead_letters[0].attempts == 6);
    CHECK(letters.dead_letters[0].event.body == R"({"n":1})");
    const Records notes = find(*store, {.kind = RecordKind::notes});
    REQUIRE(notes.notes.size() == 1);
    CHECK(notes.notes[0].value == "value");
  }
}

TEST_CASE("what an older file knows of attempts is found by time") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  write(file, version_1);
  write(file,
        "UPDATE meta SET value = 3 WHERE key = 'attempts_linked';"
        " INSERT INTO last_attempt VALUES(1, 3)");
  const auto store = make_sqlite_store({.path = file});
  REQUIRE(store->open({}, start + hour).status.ok());
  Query query{.kind = RecordKind::attempts,
              .endpoint = find(*store, {.kind = RecordKind::endpoints}).endpoints.at(0).id,
              .since = start,
              .until = start + Duration(1)};
  CHECK(find(*store, query).attempts.size() == 1);
  query.since = start + Duration(1);
  query.until.reset();
  CHECK(find(*store, query).attempts.empty());
}

TEST_CASE("a file of version 1 goes on as one of today's") {
  const TemporaryFolder folder;
  const std::string file = folder.file("store.db");
  write(file, version_1);
  const auto store = make_sqlite_store({.path = file});
  Opened opened = store->open({}, start + hour);
  REQUIRE(opened.status.ok());
  const EndpointId endpoint = find(*store, {.kind = RecordKind::endpoints}).endpoints.at(0).id;
  const Waiting row =
      find(*store, {.kind = RecordKind::waiting, .endpoint = endpoint}).waiting.at(0);
  Delivery next = row.delivery;
  next.position = {start + hour, opened.first_row++};
  next.attempts = 1;
  next.expires = start + 5 * hour;
  next.attempts_max = 2;
  Attempt attempt;
  attempt.row = opened.first_row++;
  attempt.delivery = next.id;
  attempt.event = next.event;
  attempt.endpoint = endpoint;
  attempt.type = "link.clicked";
  attempt.purpose = Purpose::test;
  const Committed committed = store->commit(
      {{{{DeliveryAt{endpoint, row.delivery.position, 0}},
         {DropDelivery{endpoint, row.delivery.position}, PutAttempt{attempt}, PutDelivery{next}}}}},
      start + hour);
  REQUIRE(committed.status.ok());
  REQUIRE(committed.results.at(0).outcome == ChangeOutcome::applied);
  const Waiting found =
      find(*store, {.kind = RecordKind::waiting, .endpoint = endpoint}).waiting.at(0);
  CHECK(found.delivery.expires == start + 5 * hour);
  CHECK(found.delivery.attempts_max == 2);
  const Records attempts = find(*store, {.kind = RecordKind::attempts, .endpoint = endpoint});
  REQUIRE(attempts.attempts.size() == 2);  // the old one behind the new one
  CHECK(attempts.attempts[0].type == "link.clicked");
  CHECK(attempts.attempts[0].purpose == Purpose::test);
}
