#include "hookwright/retry.hpp"

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/profiles.hpp"

using namespace hookwright;
using namespace std::chrono_literals;

namespace {

// 2025-01-01T00:00:00Z, a Wednesday.
constexpr TimePoint now{std::chrono::seconds{1'735'689'600}};

DeliveryPolicy policy() {
  DeliveryPolicy policy;
  policy.retries = {1min, 5min, 30min};
  return policy;
}

Delivery after(std::uint32_t attempts) {
  Delivery delivery;
  delivery.attempts = attempts;
  if (attempts > 0) delivery.first_attempt = now - 1h;
  return delivery;
}

Verdict of(const Answer& answer, std::uint32_t attempts = 0, const DeliveryPolicy& by = policy()) {
  return verdict(by, answer, after(attempts), now, 0.0);
}

}  // namespace

TEST_CASE("2xx is delivered, and nothing else is") {
  for (int status = 0; status < 1'000; ++status) {
    CAPTURE(status);
    const Decision decision = of({.status = status}).decision;
    CHECK(decision == (status >= 200 && status <= 299 ? Decision::delivered : Decision::retry));
  }
}

TEST_CASE("a fault of the receiver's is a failure, whatever status came before it") {
  for (const Fault fault : {Fault::timeout, Fault::name_not_resolved, Fault::blocked,
                            Fault::refused, Fault::reset, Fault::tls, Fault::protocol}) {
    CAPTURE(to_string(fault));
    const Verdict verdict = of({.fault = fault});
    CHECK(verdict.decision == Decision::retry);
    CHECK(verdict.delay == 1min);
    CHECK_FALSE(verdict.throttle);
    CHECK(of({.fault = fault}, 3).decision == Decision::exhausted);
  }
}

TEST_CASE("the delay is the schedule's, and after the last retry there is none") {
  CHECK(of({.status = 500}, 0).delay == 1min);
  CHECK(of({.status = 500}, 1).delay == 5min);
  CHECK(of({.status = 500}, 2).delay == 30min);
  CHECK(of({.status = 500}, 2).decision == Decision::retry);
  CHECK(of({.status = 500}, 3).decision == Decision::exhausted);
  CHECK(of({.status = 500}, 1'000'000).decision == Decision::exhausted);
  CHECK(of({.status = 200}, 3).decision == Decision::delivered);
}

TEST_CASE("exhausted_after overrules the length of the schedule") {
  DeliveryPolicy shorter = policy();
  shorter.exhausted_after = 2;
  CHECK(attempts_max(policy()) == 4);
  CHECK(attempts_max(shorter) == 2);
  CHECK(of({.status = 500}, 0, shorter).decision == Decision::retry);
  CHECK(of({.status = 500}, 1, shorter).decision == Decision::exhausted);

  DeliveryPolicy longer = policy();
  longer.exhausted_after = 6;
  CHECK(attempts_max(longer) == 6);
  CHECK(of({.status = 500}, 4, longer).decision == Decision::retry);
  CHECK(of({.status = 500}, 4, longer).delay == 30min);  // the last one repeats
  CHECK(of({.status = 500}, 5, longer).decision == Decision::exhausted);
}

TEST_CASE("the presets make as many attempts as their products say") {
  CHECK(attempts_max(profiles::hypersnap().policy) == 6);
  CHECK(attempts_max(profiles::snipy().policy) == 6);
  CHECK(attempts_max(profiles::snapglyph().policy) == 6);
  CHECK(attempts_max(profiles::standard_webhooks().policy) == 10);
  CHECK(retry_delay(profiles::hypersnap().policy, 1) == 30s);
  CHECK(retry_delay(profiles::hypersnap().policy, 5) == 6h);
  CHECK(retry_delay(profiles::hypersnap().policy, 6) == 6h);
  CHECK(retry_delay(profiles::snipy().policy, 3) == 30min);
  CHECK(retry_delay(profiles::standard_webhooks().policy, 1) == 5s);
}

TEST_CASE("jitter only adds, up to its share") {
  const auto delay = [](double jitter, double share) {
    DeliveryPolicy by = policy();
    by.jitter_max = share;
    return verdict(by, {.status = 500}, after(0), now, jitter).delay;
  };
  CHECK(delay(0.0, 0.1) == 60'000ms);
  CHECK(delay(0.5, 0.1) == 63'000ms);
  CHECK(delay(0.999999, 0.1) <= 66'000ms);
  CHECK(delay(0.999999, 0.1) > 65'990ms);
  CHECK(delay(0.9, 0.0) == 60'000ms);
  CHECK(delay(0.5, 1.0) == 90'000ms);
}

TEST_CASE("410 ends the endpoint where the profile heeds it") {
  DeliveryPolicy heeds = policy();
  heeds.gone_disables = true;
  CHECK(of({.status = 410}, 0, heeds).decision == Decision::gone);
  CHECK(of({.status = 410}, 3, heeds).decision == Decision::gone);
  CHECK(of({.status = 404}, 0, heeds).decision == Decision::retry);
  CHECK(of({.status = 410}).decision == Decision::retry);
}

TEST_CASE("four statuses throttle the endpoint, for a second or as Retry-After says") {
  for (const int status : {429, 502, 503, 504}) {
    CAPTURE(status);
    const Verdict verdict = of({.status = status, .retry_after = "90"});
    CHECK(verdict.decision == Decision::retry);
    REQUIRE(verdict.throttle);
    CHECK(*verdict.throttle == 90s);
    CHECK(verdict.delay == 90s);
    CHECK(of({.status = status}).throttle == 1s);
    CHECK(of({.status = status, .retry_after = "soon"}).throttle == 1s);
  }
  for (const int status : {200, 301, 400, 404, 408, 410, 500, 501, 505}) {
    CAPTURE(status);
    CHECK_FALSE(of({.status = status, .retry_after = "90"}).throttle);
  }
  // Never shorter than scheduled, at most a day.
  CHECK(of({.status = 503, .retry_after = "5"}).delay == 1min);
  CHECK(*of({.status = 503, .retry_after = "5"}).throttle == 5s);
  CHECK(of({.status = 503, .retry_after = "604800"}).delay == 24h);
  CHECK(*of({.status = 503, .retry_after = "604800"}).throttle == 24h);
  // The last attempt throttles the others all the same.
  CHECK(of({.status = 503, .retry_after = "90"}, 3).decision == Decision::exhausted);
  CHECK(of({.status = 503, .retry_after = "90"}, 3).throttle);
}

TEST_CASE("a fault of ours is spared, until a day of nothing else is over") {
  for (const Fault fault : {Fault::cancelled, Fault::resolver_down, Fault::local}) {
    CAPTURE(to_string(fault));
    CHECK(is_ours(fault));
    CHECK(of({.fault = fault}).decision == Decision::spare);
    CHECK(of({.fault = fault}).delay == 5s);
    CHECK(of({.fault = fault}, 3).decision == Decision::spare);

    Delivery spared = after(0);
    spared.spared_since = now - 24h + 1ms;
    CHECK(verdict(policy(), {.fault = fault}, spared, now, 0).decision == Decision::spare);
    spared.spared_since = now - 24h;
    CHECK(verdict(policy(), {.fault = fault}, spared, now, 0).decision == Decision::retry);
    spared.attempts = 3;
    CHECK(verdict(policy(), {.fault = fault}, spared, now, 0).decision == Decision::exhausted);
  }
}

TEST_CASE("Retry-After in seconds") {
  CHECK(parse_retry_after("1", now) == 1s);
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after("86400", now) == 24h);
  CHECK(parse_retry_after("86401", now) == 24h);
  CHECK(parse_retry_after("99999999999999999999999999", now) == 24h);
  CHECK(parse_retry_after("007", now) == 7s);
  CHECK(parse_retry_after("00000000000000000007", now) == 7s);
  CHECK_FALSE(parse_retry_after("0", now));  // no rest at all
  CHECK_FALSE(parse_retry_after("00000000000000000000", now));
}

TEST_CASE("Retry-After as a date") {
  CHECK(parse_retry_after("Wed, 01 Jan 2025 00:02:00 GMT", now) == 120s);
  CHECK(parse_retry_after("Thu, 02 Jan 2025 00:00:00 GMT", now) == 24h);
  CHECK(parse_retry_after("Fri, 01 Jan 2027 00:00:00 GMT", now) == 24h);
  CHECK(parse_retry_after("Sat, 29 Feb 2028 12:00:00 GMT", now) == 24h);
  CHECK(parse_retry_after("Wed, 01 Jan 2025 00:00:30 GMT", now - 500ms) == 30'500ms);
  CHECK_FALSE(parse_retry_after("Tue, 31 Dec 2024 23:59:59 GMT", now));
  CHECK_FALSE(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now));
}

TEST_CASE("a Retry-After that is malformed is none") {
  for (const std::string& text :
       {std::string(),
        std::string(" "),
        std::string("-1"),
        std::string("+1"),
        std::string("1.5"),
        std::string("1e3"),
        std::string("0x10"),
        std::string("12 s"),
        std::string("soon"),
        std::string("1,2"),
        std::string("\0", 1),
        std::string("1\0", 2),
        std::string("Wed, 01 Jan 2025 00:02:00"),
        std::string("Wed, 01 Jan 2025 00:02:00 UTC"),
        std::string("Wed, 01 Jan 2025 24:00:00 GMT"),
        std::string("Wed, 01 Jan 2025 00:61:00 GMT"),
        std::string("Wed, 32 Jan 2025 00:02:00 GMT"),
        std::string("Wed, 30 Feb 2025 00:02:00 GMT"),
        std::string("Wed, 01 Foo 2025 00:02:00 GMT"),
        std::string("Wed, 1 Jan 2025 00:02:00 GMT"),
        std::string("wednesday"),
        std::string("Wed, 01 Jan 2025 00:02:00 GMT x"),
        std::string("Wednesday, 01-Jan-25 00:02:00 GMT"),  // the obsolete forms
        std::string("Wed Jan  1 00:02:00 2025"),
        std::string(10'000, '9') + "x",
        std::string("2025-01-01T00:02:00Z"),
        std::string("\xFF\xFE")}) {
    CAPTURE(text.substr(0, 40));
    CHECK_FALSE(parse_retry_after(text, now));
  }
}
