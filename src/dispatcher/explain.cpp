#include "dispatcher/explain.hpp"

#include <algorithm>

#include "engine/request_headers.hpp"
#include "hookwright/conditions.hpp"
#include "hookwright/filter.hpp"

namespace hookwright {
namespace {

std::string listed(const std::vector<std::string>& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) text += (text.empty() ? "" : ", ") + pattern;
  return text;
}

void judge(const Endpoint& endpoint, const Profile& profile, const EncodedEvent& event,
           Explanation& result) {
  const auto say = [&result](Reach reach, std::string why) {
    result.reach = reach;
    result.why = std::move(why);
  };
  if (!same_family(profile.family, event.family)) {
    return say(Reach::other_family,
               "the endpoint's profile is of " + profile.family + ", the event of " + event.family);
  }
  const bool subscribed =
      std::any_of(endpoint.events.begin(), endpoint.events.end(),
                  [&](const std::string& pattern) { return matches(pattern, event.type); });
  if (!subscribed) {
    return say(Reach::other_type,
               "it subscribes to " + listed(endpoint.events) + ", which is not " + event.type);
  }
  if (const std::string condition = unmet(endpoint.conditions, event.body); !condition.empty()) {
    return say(Reach::unmet_condition, "the event does not meet: " + condition);
  }
  const std::string status(to_string(endpoint.status));
  if (endpoint.status == Status::paused) {
    return say(Reach::held, "it is " + status + ": the event is held until it is enabled");
  }
  if (endpoint.status != Status::active) {
    return say(Reach::skipped, "it is " + status + ": new events are skipped");
  }
  say(Reach::sent, "it is active, subscribed, and its conditions are met");
}

}  // namespace

Explanation explain(const Endpoint& endpoint, const Profile* profile, const EncodedEvent& event,
                    const RequestMaker& maker) {
  Explanation result;
  if (profile == nullptr) {
    result.reach = Reach::unknown_profile;
    result.why = "no profile " + endpoint.profile + " is known";
    return result;
  }
  judge(endpoint, *profile, event, result);
  result.url = endpoint.url;
  result.body = event.body;
  const std::unique_ptr<SigningKey> key =
      maker.signer.prepare(profile->wire, endpoint.secrets,
                           endpoint.standard_secret ? &*endpoint.standard_secret : nullptr);
  engine::append_headers(endpoint.headers, maker.user_agent, *key,
                         {.event = event.id,
                          .delivery = maker.delivery,
                          .type = event.type,
                          .body = event.body,
                          .at = maker.now},
                         result.headers);
  return result;
}

}  // namespace hookwright
