#include "hookwright/store.hpp"

namespace hookwright {

Store::~Store() = default;

Grants Store::acquire(TimePoint /*now*/, std::size_t /*max*/) {
  return {};
}

Beat Store::heartbeat(TimePoint /*now*/) {
  return {};
}

void Store::checkpoint() {}

bool Store::maintain(TimePoint /*now*/, const Budget& /*budget*/) {
  return false;
}

}  // namespace hookwright
