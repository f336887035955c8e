#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hookwright/address.hpp"
#include "transport/library.hpp"

namespace hookwright::transport {

// The connections that are kept, in pools of a few hundred. libcurl walks a pool whenever a request
// ends that used it, so with all of them in one pool a request would cost the more, the more
// endpoints there are.
//
// Targets, known by their placeholders, are dealt to the pools in turn. Belongs to one thread, and
// outlives the easy handles that use it.
class Pools {
 public:
  // Throws std::bad_alloc.
  Pools(const Library& library, std::size_t connections_max);

  // For CURLOPT_SHARE: where connections to the placeholder are kept, with its host's TLS sessions.
  // Null: in the multi handle's own pool.
  [[nodiscard]] CURLSH* of(const IpAddress& placeholder);

  // For CURLOPT_SHARE of a request whose connection is not kept: TLS sessions alone; may be null.
  [[nodiscard]] CURLSH* sessions() const { return sessions_.get(); }

  // For CURLMOPT_MAXCONNECTS, which libcurl applies to each pool.
  [[nodiscard]] std::size_t connections_max() const { return connections_max_; }

 private:
  using Share = std::unique_ptr<CURLSH, decltype(&curl_share_cleanup)>;

  // For one thread: there is nothing to lock.
  static Share make_share(bool sessions, bool connections);

  Share sessions_;
  std::vector<Share> pools_;
  std::unordered_map<std::uint64_t, CURLSH*> dealt_;  // by the placeholder's hash; bounded
  std::size_t connections_max_;
};

}  // namespace hookwright::transport
