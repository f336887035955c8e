// Lists of endpoints, of what waits, of attempts and of dead letters, page by page.

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;

namespace {

template <class Row>
std::vector<Row> all_pages(const std::function<Listed<Row>(const std::string&)>& page,
                           std::size_t limit) {
  std::vector<Row> rows;
  std::string after;
  for (int pages = 0; pages < 1'000; ++pages) {
    const Listed<Row> listed = page(after);
    CHECK(listed.available);
    CHECK(listed.rows.size() <= limit);
    rows.insert(rows.end(), listed.rows.begin(), listed.rows.end());
    after = listed.next;
    if (after.empty()) return rows;
  }
  FAIL("the pages have no end");
  return rows;
}

}  // namespace

TEST_CASE("endpoints are listed in order of creation, each once") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  std::vector<std::string> created;
  for (int i = 0; i < 25; ++i) {
    const Endpoint endpoint =
        subscribe(dispatcher, "acme", "h" + std::to_string(i) + ".example.com");
    created.push_back(endpoint.id.text());
    subscribe(dispatcher, "umbrella", "u" + std::to_string(i) + ".example.com");
    world.run(dispatcher, 1s);
    if (i == 10) world.clock->set_wall(world.clock->wall() - 1h);
  }
  const std::size_t limit = GENERATE(1U, 7U, 24U, 25U, 26U, 1'000U);
  const auto rows = all_pages<ListedEndpoint>(
      [&](const std::string& after) { return dispatcher.endpoints().list("acme", after, limit); },
      limit);
  std::vector<std::string> listed;
  for (const Endpoint& endpoint : rows) listed.push_back(endpoint.id.text());
  CHECK(listed == created);
  CHECK(dispatcher.endpoints().list("nobody").rows.empty());
}

TEST_CASE("what waits is listed with the next first") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 2min);  // the second retry is due in 4 minutes
  for (int n = 2; n <= 12; ++n) {
    dispatcher.publish("acme", Numbered{.n = n});
    world.run(dispatcher, 1s);  // and these in about one
  }
  const std::size_t limit = GENERATE(1U, 5U, 12U, 100U);
  const auto rows = all_pages<Waiting>(
      [&](const std::string& after) {
        return dispatcher.endpoints().waiting("acme", endpoint.id, after, limit);
      },
      limit);
  REQUIRE(rows.size() == 12);
  CHECK(std::is_sorted(rows.begin(), rows.end(), [](const Waiting& a, const Waiting& b) {
    return a.delivery.position < b.delivery.position;
  }));
  CHECK(number_in(rows.back().event->body) == 1);
  CHECK(rows.back().delivery.attempts == 2);
  CHECK(rows.front().delivery.attempts == 1);
  CHECK(rows.front().delivery.endpoint == endpoint.id);
  CHECK(rows.front().event->tenant == "acme");
  CHECK(rows.front().event->type == "test.numbered");
}

TEST_CASE("attempts and dead letters are listed with the newest first") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  const Endpoint other = subscribe(dispatcher, "acme", "b.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  for (int n = 1; n <= 10; ++n) {
    dispatcher.publish("acme", Numbered{.n = n});
    world.run(dispatcher, 1s);
  }
  world.run(dispatcher, 1h);
  const std::size_t limit = GENERATE(1U, 7U, 40U, 1'000U);
  const auto attempts = all_pages<Attempt>(
      [&](const std::string& after) {
        return dispatcher.endpoints().attempts("acme", endpoint.id, after, limit);
      },
      limit);
  REQUIRE(attempts.size() == 40);
  for (std::size_t i = 1; i < attempts.size(); ++i) CHECK(attempts[i - 1].at >= attempts[i].at);
  CHECK(attempts.front().result == AttemptResult::exhausted);
  CHECK(attempts.front().number == 4);
  CHECK(attempts.back().result == AttemptResult::failed);
  CHECK(attempts.back().number == 1);

  const auto letters = all_pages<DeadLetter>(
      [&](const std::string& after) {
        return dispatcher.endpoints().dead_letters("acme", endpoint.id, after, limit);
      },
      limit);
  REQUIRE(letters.size() == 10);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    CHECK(number_in(letters[i].event.body) == std::int64_t(10 - i));
  }
  CHECK(dispatcher.endpoints().attempts("acme", other.id).rows.size() == 10);
  CHECK(dispatcher.endpoints().dead_letters("acme", other.id).rows.empty());
}

TEST_CASE("a page of what is rare is not empty because much else came after it") {
  World world(GENERATE(from_range(store_kinds())));
  const Endpoint endpoint = [&] {
    Dispatcher dispatcher(world.options());
    return subscribe(dispatcher, "acme", "a.example.com");
  }();
  {
    const std::unique_ptr<Store> store = world.storage.make();
    std::uint64_t row = store->open({}, world.clock->wall()).first_row;
    Batch batch;
    for (int n = 0; n < 30'000; ++n) {
      Attempt attempt{.row = row++, .endpoint = endpoint.id, .type = n == 0 ? "rare" : "frequent"};
      attempt.result = n == 0 ? AttemptResult::gone : AttemptResult::delivered;
      attempt.at = world.clock->wall();
      batch.changes.push_back({{}, {PutAttempt{attempt}}});
    }
    REQUIRE(store->commit(batch, world.clock->wall()).status.ok());
  }
  Dispatcher dispatcher(world.options());
  const auto expect_one = [&](const HistoryFilter& only) {
    const auto page = dispatcher.endpoints().attempts("acme", endpoint.id, {}, 100, only);
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows.front().type == "rare");
    CHECK(page.next.empty());
  };
  expect_one({.type = "rare"});
  expect_one({.result = AttemptResult::gone});
  const auto nothing =
      dispatcher.endpoints().attempts("acme", endpoint.id, {}, 100, {.type = "none"});
  CHECK(nothing.available);
  CHECK(nothing.rows.empty());
  CHECK(nothing.next.empty());
}

TEST_CASE("attempts are kept for as long as the options say") {
  World world(GENERATE(from_range(store_kinds_that_forget())));
  Options options = world.options();
  options.limits.attempt_retention = 24h;
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 23h);
  CHECK(dispatcher.endpoints().attempts("acme", endpoint.id).rows.size() == 1);
  world.run(dispatcher, 24h);
  CHECK(dispatcher.endpoints().attempts("acme", endpoint.id).rows.empty());
}

TEST_CASE("a page has 1 to 1,000 rows, and a mark that goes into any URL; another finds nothing") {
  World world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "acme", "b.example.com");
  world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  for (int n = 1; n <= 2; ++n) dispatcher.publish("acme", Numbered{.n = n});
  world.run(dispatcher, 1s);
  const Endpoints& calls = dispatcher.endpoints();
  for (const std::string& mark :
       {calls.list("acme", {}, 1).next, calls.waiting("acme", endpoint.id, {}, 1).next,
        calls.attempts("acme", endpoint.id, {}, 1).next}) {
    REQUIRE_FALSE(mark.empty());
    CHECK(std::all_of(mark.begin(), mark.end(),
                      [](unsigned char c) { return std::isalnum(c) != 0; }));
  }
  CHECK_THROWS_AS(dispatcher.endpoints().list("acme", {}, 0), ConfigError);
  CHECK_THROWS_AS(dispatcher.endpoints().list("acme", {}, 1'001), ConfigError);
  CHECK_THROWS_AS(dispatcher.endpoints().attempts("acme", endpoint.id, {}, 0), ConfigError);
  for (const std::string_view mark : {"x", "0", "00", "'; drop table", "\xFF\xFE", "0A"}) {
    CHECK(calls.list("acme", mark).rows.empty());
    CHECK(calls.waiting("acme", endpoint.id, mark).rows.empty());
    CHECK(calls.attempts("acme", endpoint.id, mark).rows.empty());
    CHECK(calls.dead_letters("acme", endpoint.id, mark).rows.empty());
  }
}
