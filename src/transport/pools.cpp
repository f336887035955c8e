#include "transport/pools.hpp"

#include <new>

#include "transport/placeholder.hpp"

namespace hookwright::transport {
namespace {

constexpr std::size_t pool_size = 256;

void share(CURLSH* handle, curl_lock_data what) {
  if (curl_share_setopt(handle, CURLSHOPT_SHARE, what) != CURLSHE_OK) throw std::bad_alloc();
}

}  // namespace

Pools::Share Pools::make_share(bool sessions, bool connections) {
  Share made(curl_share_init(), curl_share_cleanup);
  if (!made) throw std::bad_alloc();
  if (sessions) share(made.get(), CURL_LOCK_DATA_SSL_SESSION);
  if (connections) share(made.get(), CURL_LOCK_DATA_CONNECT);
  return made;
}

Pools::Pools(const Library& library, std::size_t connections_max)
    : sessions_(nullptr, curl_share_cleanup), connections_max_(connections_max) {
  const bool sessions = library.needs_session_share && library.session_cache_is_safe;
  if (sessions) sessions_ = make_share(true, false);
  const std::size_t count = connections_max / pool_size;
  if (count < 2 || !library.connections_can_be_shared) return;
  for (std::size_t i = 0; i < count; ++i) pools_.push_back(make_share(sessions, true));
  connections_max_ = connections_max / count;
}

CURLSH* Pools::of(const IpAddress& placeholder) {
  if (pools_.empty()) return sessions_.get();
  const std::uint64_t target = Placeholders::hash_of(placeholder);
  const auto known = dealt_.find(target);
  if (known != dealt_.end()) return known->second;
  // More targets than connections: what is forgotten finds another pool and connects once more.
  if (dealt_.size() >= pools_.size() * connections_max_) dealt_.clear();
  CURLSH* const pool = pools_[dealt_.size() % pools_.size()].get();
  dealt_.emplace(target, pool);
  return pool;
}

}  // namespace hookwright::transport
