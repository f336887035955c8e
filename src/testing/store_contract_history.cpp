#include <array>
#include <vector>

#include "testing/store_scene.hpp"

// What has been: attempts and dead letters.
namespace hookwright::testing::contract {
namespace {

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

}  // namespace

std::span<const StoreCase> history_cases() {
  static constexpr std::array cases = {
      StoreCase{"attempts are found by endpoint, delivery and result", {}, history_found},
      StoreCase{"attempts that failed are found among many deliveries", {}, rare_ones_found},
      StoreCase{"dead letters are found by tenant, endpoint and id", {}, dead_letters_found},
      StoreCase{"endpoints are found with their last attempts", {}, last_attempts_found},
      StoreCase{"attempts and dead letters are found by type and time", {}, history_of_a_time},
      StoreCase{"attempts are found by time, in whichever order", {}, history_out_of_order},
  };
  return cases;
}

}  // namespace hookwright::testing::contract
