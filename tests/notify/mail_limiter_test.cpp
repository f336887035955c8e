// How many mails a mailbox gets, in a time that the test makes.

#include "notify/mail_limiter.hpp"

#include <chrono>
#include <string>

#include "catch2.hpp"

using namespace hookwright;
using namespace std::chrono_literals;
using notify::MailLimiter;

namespace {

const SteadyTime start{};

Notice notice_of(std::uint8_t endpoint, NoticeKind kind = NoticeKind::endpoint_failing) {
  Notice notice;
  notice.kind = kind;
  notice.endpoint.bytes[0] = endpoint;
  return notice;
}

}  // namespace

TEST_CASE("limiter: so many mails in a window, then a digest at its end") {
  MailLimiter limiter(2, 1h, 10);
  for (int i = 0; i < 2; ++i) {
    CHECK(limiter.may_send("a@b", start));
    limiter.sent("a@b", start);
  }
  CHECK_FALSE(limiter.may_send("a@b", start));
  CHECK(limiter.may_send("c@d", start));
  CHECK_FALSE(limiter.next_due());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(limiter.suppress("a@b", notice_of(1), start + 1min));
  REQUIRE(limiter.next_due());
  CHECK(*limiter.next_due() == start + 1h);
  CHECK(limiter.due(start + 59min, 10).empty());
  CHECK_FALSE(limiter.may_send("a@b", start + 2h));  // the digest goes first
  const auto digests = limiter.due(start + 1h, 10);
  REQUIRE(digests.size() == 1);
  CHECK(digests[0].mailbox == "a@b");
  CHECK(digests[0].notices == 3);
  REQUIRE(digests[0].lines.size() == 1);
  CHECK(digests[0].lines.begin()->second.times == 3);
  // The digest is the first mail of the next window.
  CHECK(limiter.may_send("a@b", start + 1h));
  limiter.sent("a@b", start + 1h);
  CHECK_FALSE(limiter.may_send("a@b", start + 1h));
  CHECK(limiter.may_send("a@b", start + 2h));
  CHECK_FALSE(limiter.next_due());
}

TEST_CASE("limiter: a digest that could not be sent goes on with what comes meanwhile") {
  MailLimiter limiter(1, 1h, 10);
  limiter.sent("a@b", start);
  (void)limiter.suppress("a@b", notice_of(1), start);
  auto digests = limiter.due(start + 1h, 10);
  REQUIRE(digests.size() == 1);
  (void)limiter.suppress("a@b", notice_of(1), start + 1h);
  (void)limiter.suppress("a@b", notice_of(2), start + 1h);
  limiter.give_back(std::move(digests[0]), start + 1h, 5s);
  CHECK(limiter.due(start + 1h, 10).empty());
  digests = limiter.due(start + 1h + 5s, 10);
  REQUIRE(digests.size() == 1);
  CHECK(digests[0].notices == 3);
  CHECK(digests[0].lines.size() == 2);
}

TEST_CASE("limiter: mailboxes and lines are bounded, and what is forgotten is told") {
  MailLimiter limiter(1, 1h, 3);
  for (int i = 0; i < 100; ++i) limiter.sent("box" + std::to_string(i), start);
  CHECK(limiter.mailboxes() == 3);
  // Those without a digest make room first, then the oldest digest.
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(limiter.suppress("full" + std::to_string(i), notice_of(1), start + i * 1s));
  }
  CHECK(limiter.mailboxes() == 3);
  const auto lost = limiter.suppress("one more", notice_of(1), start + 5s);
  REQUIRE(lost);
  CHECK(lost->mailbox == "full0");
  CHECK(lost->notices == 1);
  CHECK(limiter.mailboxes() == 3);

  for (int i = 0; i < 1'000; ++i) {
    (void)limiter.suppress("full1", notice_of(static_cast<std::uint8_t>(i)), start + 6s);
  }
  const auto digests = limiter.due(start + 2h, 1);
  CHECK(digests.size() == 1);
  for (const auto& digest : limiter.due(start + 2h, 10)) {
    CHECK(digest.lines.size() <= 50);
    if (digest.mailbox == "full1") CHECK(digest.notices == 1'001);
  }
}
