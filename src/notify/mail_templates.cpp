#include "notify/mail_templates.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "hookwright/error.hpp"

namespace hookwright::notify {
namespace {

constexpr std::size_t value_bytes_max = 512;

constexpr std::string_view facts =
    "\n"
    "Organization: {tenant}\n"
    "Endpoint:     {endpoint}\n"
    "Event:        {type}\n"
    "Delivery:     {delivery}\n"
    "Reason:       {reason}\n"
    "When:         {at}\n";

MailTemplate words(std::string_view subject, std::string_view text) {
  return {std::string(subject), std::string(text) + std::string(facts)};
}

// Control characters would draw on a terminal, and a line of its own would look like one of ours.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, value_bytes_max));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line.empty() ? "-" : line;
}

// Nothing: no such name.
std::optional<std::string> value_of(std::string_view name, const Notice& notice,
                                    std::string_view product) {
  if (name == "product") return std::string(product);
  if (name == "tenant") return one_line(notice.tenant);
  if (name == "endpoint") return notice.endpoint ? notice.endpoint.text() : "-";
  if (name == "delivery") return notice.delivery ? notice.delivery.text() : "-";
  if (name == "type") return one_line(notice.type);
  if (name == "reason") return std::string(to_string(notice.reason));
  if (name == "death") return std::string(to_string(notice.death));
  if (name == "what") return std::string(to_string(notice.kind));
  if (name == "at") return say(notice.at);
  return std::nullopt;
}

}  // namespace

std::string say(TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                                  int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()),
                                  int(time.hours().count()), int(time.minutes().count()),
                                  int(time.seconds().count())));
  return text.data();
}

MailTemplate built_in_template(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::delivery_exhausted:
      return words("[{product}] A webhook delivery was given up",
                   "A delivery to your webhook endpoint was given up ({death}).\nIts payload is "
                   "kept for some time: look into it, and send it again, among "
                   "the endpoint's dead letters.\n");
    case NoticeKind::endpoint_paused:
      return words("[{product}] Your webhook subscription is paused",
                   "Your webhook endpoint has failed repeatedly, and its subscription is paused. "
                   "New events wait and are not sent.\nRepair the endpoint, then resume the "
                   "subscription.\n");
    case NoticeKind::endpoint_disabled:
      return words("[{product}] Your webhook subscription is deactivated",
                   "Your webhook endpoint has failed repeatedly, and its subscription is "
                   "deactivated. New events are not sent.\nRepair the endpoint, then reactivate "
                   "the subscription.\n");
    case NoticeKind::endpoint_gone:
      return words("[{product}] Your webhook subscription has ended",
                   "Your webhook endpoint has answered that it is gone (410), and its subscription "
                   "is deactivated. New events are not sent.\n");
    case NoticeKind::endpoint_at_risk:
      return words("[{product}] Your webhook endpoint goes on failing",
                   "Your webhook endpoint goes on failing. Unless it takes a delivery soon, its "
                   "subscription will be paused, deactivated or marked as failing.\n");
    case NoticeKind::held_too_long:
      return words("[{product}] Events for your paused webhook are being given up",
                   "Your webhook subscription has been paused for so long, or has so much waiting "
                   "for it, that the oldest of its events are given up.\nResume it; what was given "
                   "up is among its dead letters.\n");
    case NoticeKind::endpoint_failing:
      return words("[{product}] Your webhook endpoint is failing",
                   "Your webhook endpoint fails: a delivery to it was given up. Further events are "
                   "still sent.\n");
    case NoticeKind::endpoint_recovered:
      return words("[{product}] Your webhook endpoint works again",
                   "Your webhook endpoint has taken a delivery again.\n");
    default:
      return words("[{product}] Webhooks: {what}",
                   "Something happened to your webhook endpoint: {what}.\n");
  }
}

void check(const MailTemplate& words, NoticeKind kind) {
  const std::string field = "smtp.templates." + std::string(to_string(kind));
  for (const std::string* text : {&words.subject, &words.text}) {
    for (std::size_t i = text->find('{'); i != std::string::npos; i = text->find('{', i)) {
      if (text->substr(i, 2) == "{{") {
        i += 2;
        continue;
      }
      const std::size_t end = text->find('}', i);
      const std::string name =
          text->substr(i + 1, end == std::string::npos ? end : end - i - 1).substr(0, 32);
      if (end == std::string::npos || !value_of(name, {}, {})) {
        throw ConfigError(field, "must not have a brace but around a known name, or doubled", name);
      }
      i = end;
    }
  }
}

std::string fill(std::string_view text, const Notice& notice, std::string_view product) {
  std::string out;
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find('{'), text.size());
    out.append(text.substr(0, brace));
    text.remove_prefix(brace);
    if (text.empty()) break;
    const std::size_t end = text.find('}');
    const bool doubled = text.starts_with("{{");
    const std::optional<std::string> value =
        doubled || end == std::string_view::npos
            ? std::nullopt
            : value_of(text.substr(1, end - 1), notice, product);
    if (value) {
      out += *value;
      text.remove_prefix(end + 1);
    } else {
      out += '{';
      text.remove_prefix(doubled ? 2 : 1);
    }
  }
  return out;
}

}  // namespace hookwright::notify
