#include "transport/border.hpp"

#include <atomic>
#include <utility>

namespace hookwright::transport {
namespace {

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

Border::Border(EgressPolicy policy, OwnAddresses::Ask ask)
    : policy_(std::move(policy)), generation_(next_generation()) {
  check(policy_);
  if (!policy_.allow_this_host) own_.emplace(std::move(ask));
}

void Border::refresh(SteadyTime now) {
  if (own_ && own_->refresh(now)) generation_ = next_generation();
}

bool Border::allows(const IpAddress& address) const {
  return own_ ? policy_.allows(address, own_->list()) : policy_.allows(address);
}

}  // namespace hookwright::transport
