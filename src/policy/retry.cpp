#include "hookwright/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "fault_switch.hpp"

namespace hookwright {

namespace {

using namespace std::chrono_literals;

constexpr Duration longest_hold = 24h;  // a receiver may not silence us for longer
constexpr Duration overload_rest =
    1s;  // of an endpoint that is overloaded and does not say how long
constexpr Duration spare_delay = 5s;
constexpr Duration spared_at_most = 24h;

bool is_overload(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-')
    return std::nullopt;
  return value;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", exactly.
std::optional<TimePoint> parse_imf_fixdate(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT")
    return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year{*year},
      std::chrono::month{static_cast<unsigned>(month - months.begin() + 1)},
      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

Duration with_jitter(Duration delay, double jitter_max, double jitter) {
  const double extra =
      static_cast<double>(delay.count()) * jitter_max * std::clamp(jitter, 0.0, 1.0);
  const Duration added{static_cast<Duration::rep>(extra)};
  return detail::mutated(detail::Mutation::jitter_downwards) ? delay - added : delay + added;
}

}  // namespace

std::uint32_t attempts_max(const DeliveryPolicy& policy) {
  const std::size_t n =
      policy.exhausted_after != 0 ? policy.exhausted_after : policy.retries.size() + 1;
  return static_cast<std::uint32_t>(n);
}

Duration retry_delay(const DeliveryPolicy& policy, std::uint32_t retry) {
  if (policy.retries.empty() || retry == 0) return Duration::zero();
  return policy.retries[std::min<std::size_t>(retry, policy.retries.size()) - 1];
}

std::optional<Duration> parse_retry_after(std::string_view text, TimePoint now) {
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    const std::size_t first = text.find_first_not_of('0');
    if (first == std::string_view::npos) return std::nullopt;
    if (text.size() - first > 10) return longest_hold;  // well-formed, however long
    std::int64_t seconds = 0;
    std::from_chars(text.data() + first, text.data() + text.size(), seconds);
    return std::min<Duration>(std::chrono::seconds{seconds}, longest_hold);
  }
  const std::optional<TimePoint> at = parse_imf_fixdate(text);
  if (!at || *at <= now) return std::nullopt;
  return std::min<Duration>(*at - now, longest_hold);
}

Verdict verdict(const DeliveryPolicy& policy, const Answer& answer, const Delivery& delivery,
                TimePoint now, double jitter) {
  const bool answered = answer.fault == Fault::none;
  if (answered && answer.status >= 200 && answer.status <= 299)
    return {.decision = Decision::delivered};

  if (is_ours(answer.fault)) {
    const bool spared_long =
        delivery.spared_since != TimePoint{} && now - delivery.spared_since >= spared_at_most;
    if (!spared_long) return {.decision = Decision::spare, .delay = spare_delay};
  }
  if (answered && answer.status == 410 && policy.gone_disables)
    return {.decision = Decision::gone, .death = DeathReason::gone};

  Verdict result;
  if (answered && is_overload(answer.status)) {
    result.throttle = parse_retry_after(answer.retry_after, now).value_or(overload_rest);
  }
  const std::uint32_t made = delivery.attempts + 1;
  if (made >= attempts_max(policy)) {
    result.decision = Decision::exhausted;
    return result;
  }
  if (delivery.attempts_max != 0 && made >= delivery.attempts_max) {
    result.decision = Decision::given_up;
    result.death = DeathReason::not_retried;
    return result;
  }
  result.decision = Decision::retry;
  result.delay = with_jitter(retry_delay(policy, made), policy.jitter_max, jitter);
  if (result.throttle) result.delay = std::max(result.delay, *result.throttle);
  if (delivery.expires != TimePoint{} && now + result.delay >= delivery.expires) {
    result.decision = Decision::given_up;
    result.death = DeathReason::expired;
  }
  return result;
}

}  // namespace hookwright
