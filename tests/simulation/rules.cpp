#include "simulation/rules.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace hookwright::simulation {

using namespace std::chrono_literals;

Rules rules_of_preset(std::string_view name) {
  Rules rules;
  if (name == "hypersnap") {
    rules.retries = {30s, 2min, 10min, 1h, 6h};
    rules.deadline = 3s;
    rules.on_exhausted = OnExhausted::pause;
    rules.rate_per_minute = 1'200;
    rules.rate_burst = 12;
    rules.active_endpoints_max = 15;
    rules.family = "hypersnap";
  } else if (name == "snipy") {
    rules.retries = {1min, 5min, 30min, 2h, 24h};
    rules.deadline = 10s;
    rules.on_exhausted = OnExhausted::disable;
    rules.family = "snipy";
  } else if (name == "snapglyph") {
    rules.retries = {1min, 5min, 30min, 2h, 24h};
    rules.deadline = 30s;
    rules.on_exhausted = OnExhausted::mark_failing;
    rules.family = "snapglyph";
  } else {
    rules.retries = {5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
    rules.deadline = 15s;
    rules.on_exhausted = OnExhausted::disable_after_window;
    rules.gone_disables = true;
  }
  rules.attempts_max = static_cast<std::uint32_t>(rules.retries.size() + 1);
  return rules;
}

Rules rules_of(const Profile& profile) {
  const DeliveryPolicy& policy = profile.policy;
  Rules rules;
  rules.retries = policy.retries;
  rules.attempts_max = static_cast<std::uint32_t>(
      policy.exhausted_after != 0 ? policy.exhausted_after : policy.retries.size() + 1);
  rules.jitter_max = policy.jitter_max;
  rules.deadline = policy.deadline;
  rules.on_exhausted = policy.on_exhausted;
  rules.exhaust_endpoint = policy.exhaust_endpoint;
  rules.failing_window = policy.failing_window;
  rules.gone_disables = policy.gone_disables;
  rules.rate_per_minute = policy.rate_per_minute;
  rules.rate_burst = policy.rate_burst;
  rules.in_flight_max = policy.in_flight_max;
  rules.dead_letter_retention = policy.dead_letter_retention;
  rules.active_endpoints_max = profile.active_endpoints_max;
  rules.held_age_max = policy.held_age_max;
  rules.held_max = policy.held_max;
  rules.family = profile.family;
  return rules;
}

Expected judge(const Rules& rules, const Completion& end, std::uint32_t attempts,
               std::uint32_t own_max, TimePoint spared_since, TimePoint ended) {
  const bool answered = end.fault == Fault::none;
  if (answered && end.status / 100 == 2) return {.result = AttemptResult::delivered};
  const bool ours = end.fault == Fault::resolver_down || end.fault == Fault::local;
  const bool long_spared = spared_since != TimePoint{} && ended - spared_since >= 24h;
  if (ours && !long_spared) return {.least = 5s, .most = 5s};
  if (answered && end.status == 410 && rules.gone_disables)
    return {.result = AttemptResult::gone, .death = DeathReason::gone};

  Expected expected;
  const bool may_ask = answered && (end.status == 429 || end.status == 502 || end.status == 503 ||
                                    end.status == 504);
  // Receivers of the simulation ask in seconds, or write nonsense.
  if (may_ask && !end.retry_after.empty() &&
      std::all_of(end.retry_after.begin(), end.retry_after.end(),
                  [](char c) { return c >= '0' && c <= '9'; })) {
    const auto seconds = std::chrono::seconds(std::stoll(end.retry_after));
    if (seconds > 0s) expected.rest = std::min<Duration>(seconds, 24h);
  }
  if (attempts + 1 >= rules.attempts_max) {
    expected.result = AttemptResult::exhausted;
    expected.death = DeathReason::exhausted;
    return expected;
  }
  if (own_max != 0 && attempts + 1 >= own_max) {
    expected.result = AttemptResult::exhausted;
    expected.death = DeathReason::not_retried;
    return expected;
  }
  expected.result = AttemptResult::failed;
  const std::size_t step = std::min<std::size_t>(attempts, rules.retries.size() - 1);
  expected.least = rules.retries[step];
  expected.most = expected.least +
                  Duration{static_cast<Duration::rep>(
                      std::ceil(static_cast<double>(expected.least.count()) * rules.jitter_max))};
  if (expected.rest) {
    expected.least = std::max(expected.least, *expected.rest);
    expected.most = std::max(expected.most, *expected.rest);
  }
  return expected;
}

namespace {

void stop(Effect& effect, const Endpoint& before, Status status, Reason reason, NoticeKind kind) {
  if (before.status != Status::active) return;
  effect.changes = true;
  effect.status = status;
  effect.reason = reason;
  effect.notices.push_back(kind);
}

// Half of the attempts, all but one of them; half of the window, nine tenths of it.
std::uint8_t risk(const Endpoint& before, const Rules& rules, std::uint32_t failed, TimePoint now) {
  if (rules.on_exhausted == OnExhausted::disable_after_window) {
    if (!before.first_exhausted) return 0;
    const Duration passed = now - *before.first_exhausted;
    if (10 * passed >= 9 * rules.failing_window) return 2;
    return 2 * passed >= rules.failing_window ? 1 : 0;
  }
  if (failed + 1 >= rules.attempts_max) return 2;
  return 2 * failed >= rules.attempts_max ? 1 : 0;
}

void fail_once(Effect& effect, const Endpoint& before, const Rules& rules, std::uint32_t failed,
               TimePoint now) {
  if (before.status != Status::active || before.failing) return;
  if (rules.on_exhausted == OnExhausted::disable_after_window && before.first_exhausted &&
      now - *before.first_exhausted >= rules.failing_window) {
    stop(effect, before, Status::disabled, Reason::exhausted, NoticeKind::endpoint_disabled);
    return;
  }
  const std::uint8_t step = risk(before, rules, failed, now);
  if (step <= before.warned) return;
  effect.changes = true;
  effect.warned = step;
  effect.notices.push_back(NoticeKind::endpoint_at_risk);
}

void exhaust(Effect& effect, const Endpoint& before, const Rules& rules, std::uint32_t failed,
             TimePoint now) {
  if (!before.first_exhausted) {
    effect.changes = true;
    effect.exhausted_before = true;
  }
  switch (rules.on_exhausted) {
    case OnExhausted::mark_failing:
      if (before.failing) return;
      effect.changes = true;
      effect.failing = true;
      effect.notices.push_back(NoticeKind::endpoint_failing);
      return;
    case OnExhausted::pause:
      stop(effect, before, Status::paused, Reason::exhausted, NoticeKind::endpoint_paused);
      return;
    case OnExhausted::disable:
      stop(effect, before, Status::disabled, Reason::exhausted, NoticeKind::endpoint_disabled);
      return;
    case OnExhausted::disable_after_window:
      fail_once(effect, before, rules, failed, now);
      return;
  }
}

}  // namespace

Effect effect_on(const Endpoint& before, const Rules& rules, const Expected& expected,
                 const Attempted& what, TimePoint now) {
  Effect effect{.status = before.status,
                .reason = before.reason,
                .failing = before.failing,
                .exhausted_before = before.first_exhausted.has_value(),
                .warned = before.warned};
  if (!expected.result) return effect;
  if (*expected.result == AttemptResult::failed) {
    // How near its end is says nothing of the endpoint where it has bounds of its own.
    fail_once(effect, before, rules, what.own_max != 0 ? 0 : what.before + 1, now);
    return effect;
  }
  if (*expected.result == AttemptResult::delivered) {
    const bool told = before.failing || before.warned != 0;
    effect.changes = told || before.first_exhausted;
    effect.warned = 0;
    if (told) effect.notices.push_back(NoticeKind::endpoint_recovered);
    effect.failing = false;
    effect.exhausted_before = false;
    return effect;
  }
  effect.notices.push_back(NoticeKind::delivery_exhausted);
  if (*expected.result == AttemptResult::gone) {
    stop(effect, before, Status::disabled, Reason::gone, NoticeKind::endpoint_gone);
  } else if (expected.death == DeathReason::exhausted && !what.after_success) {
    exhaust(effect, before, rules, what.before + 1, now);
  }
  return effect;
}

std::optional<DeathReason> must_die(const Endpoint& record, const Rules& rules, TimePoint due,
                                    std::size_t rows, TimePoint now) {
  if (record.status == Status::active) return std::nullopt;
  if (record.status == Status::disabled)
    return record.reason == Reason::gone ? DeathReason::gone : DeathReason::deactivated;
  const TimePoint held_since = std::max(due, record.stopped.value_or(record.updated));
  if (now - held_since < rules.held_age_max && rows <= rules.held_max) return std::nullopt;
  return DeathReason::held_too_long;
}

bool subscribes(const Endpoint& endpoint, const Rules& rules, std::string_view type,
                std::string_view family) {
  if (!family.empty() && !rules.family.empty() && family != rules.family) return false;
  return std::any_of(endpoint.events.begin(), endpoint.events.end(), [&](const std::string& what) {
    if (what == "*" || what == type) return true;
    return what.size() > 2 && what.ends_with(".*") &&
           type.starts_with(std::string_view(what).substr(0, what.size() - 1));
  });
}

namespace {

// Published bodies hold "n", a number, "colour", a word, or none, and no list.
bool holds(const Condition& condition, std::string_view body) {
  const std::string name = '"' + condition.field.substr(condition.field.rfind('.') + 1) + "\":";
  const std::size_t at = body.rfind(name);
  if (at == std::string_view::npos) return condition.comparison == Comparison::absent;
  const std::string_view rest = body.substr(at + name.size());
  const bool is_text = rest.front() == '"';
  const std::string text(is_text ? rest.substr(1, rest.find('"', 1) - 1) : std::string_view());
  const double number =
      is_text ? 0 : std::stod(std::string(rest.substr(0, rest.find_first_of(",}"))));
  const FieldValue& wanted = condition.value;
  const bool same_kind = is_text ? wanted.text() != nullptr : wanted.number() != nullptr;
  const bool equal = same_kind && (is_text ? *wanted.text() == text : *wanted.number() == number);
  switch (condition.comparison) {
    case Comparison::equal:
      return equal;
    case Comparison::not_equal:
      return !equal;
    case Comparison::starts_with:
      return same_kind && is_text && text.starts_with(*wanted.text());
    case Comparison::less:
      return same_kind && !is_text && number < *wanted.number();
    case Comparison::at_most:
      return same_kind && !is_text && number <= *wanted.number();
    case Comparison::greater:
      return same_kind && !is_text && number > *wanted.number();
    case Comparison::at_least:
      return same_kind && !is_text && number >= *wanted.number();
    case Comparison::present:
      return true;
    case Comparison::absent:
      return false;
  }
  return false;
}

}  // namespace

bool meets(const Conditions& conditions, std::string_view body) {
  const auto held = [&](const Condition& condition) { return holds(condition, body); };
  return std::all_of(conditions.all.begin(), conditions.all.end(), held) &&
         (conditions.any.empty() ||
          std::any_of(conditions.any.begin(), conditions.any.end(), held));
}

}  // namespace hookwright::simulation
