#pragma once

#include <string>

#include "hookwright/endpoint.hpp"
#include "hookwright/event.hpp"
#include "hookwright/explanation.hpp"
#include "hookwright/profile.hpp"
#include "hookwright/signer.hpp"

namespace hookwright {

// What a request is made with.
struct RequestMaker {
  Signer& signer;
  const std::string& user_agent;
  DeliveryId delivery{};
  TimePoint now{};
};

// `profile` null: not known.
[[nodiscard]] Explanation explain(const Endpoint& endpoint, const Profile* profile,
                                  const EncodedEvent& event, const RequestMaker& maker);

}  // namespace hookwright
