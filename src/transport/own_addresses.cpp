#include "transport/own_addresses.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "hookwright/error.hpp"

namespace hookwright::transport {
namespace {

constexpr std::chrono::seconds good_for{5};

void sort(std::vector<IpAddress>& addresses) {
  std::sort(addresses.begin(), addresses.end(), [](const IpAddress& a, const IpAddress& b) {
    return std::tuple(a.is_v6(), a.bytes()) < std::tuple(b.is_v6(), b.bytes());
  });
}

}  // namespace

OwnAddresses::OwnAddresses(Ask ask) : ask_(std::move(ask)) {
  auto first = ask_();
  if (!first) {
    throw ConfigError("transport.egress",
                      "needs this host's own addresses, which the system does not tell; "
                      "allow_this_host does without them");
  }
  list_ = std::move(*first);
  sort(list_);
}

bool OwnAddresses::refresh(SteadyTime now) {
  if (asked_ && now - *asked_ < good_for) return false;
  asked_ = now;
  auto fresh = ask_();
  if (!fresh) return false;
  sort(*fresh);
  if (*fresh == list_) return false;
  list_ = std::move(*fresh);
  return true;
}

}  // namespace hookwright::transport
