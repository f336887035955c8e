#include "transport/lookup.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

constexpr std::size_t kept_addresses_max = 64;

Lookup::Result result_of(int error) {
  switch (error) {
    case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
    case EAI_FAIL:
      return Lookup::Result::no_such_name;
    case EAI_AGAIN:
      return Lookup::Result::no_answer;
    default:
      return Lookup::Result::shortage;
  }
}

// An answer may hold thousands. Two at most are tried, so what is lost by this is nothing; but one
// that is not public is a reason to refuse the name, and must not go unseen.
void keep_few(std::vector<IpAddress>& addresses) {
  if (addresses.size() > kept_addresses_max) {
    std::stable_partition(addresses.begin(), addresses.end(), [](const IpAddress& address) {
      return classify(address) != AddressKind::global;
    });
    addresses.resize(kept_addresses_max);
  }
  auto end = addresses.begin();
  for (const IpAddress& address : addresses) {
    if (std::find(addresses.begin(), end, address) == end) *end++ = address;
  }
  addresses.erase(end, addresses.end());
}

}  // namespace

Lookup look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  Lookup lookup;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    lookup.result = result_of(error);
    lookup.detail = ::gai_strerror(error);
    return lookup;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    const std::optional<Endpoint> endpoint = read_sockaddr(entry->ai_addr, entry->ai_addrlen);
    if (endpoint) lookup.addresses.push_back(endpoint->address);
  }
  keep_few(lookup.addresses);
  lookup.result = lookup.addresses.empty() ? Lookup::Result::no_such_name : Lookup::Result::found;
  return lookup;
}

}  // namespace hookwright::transport
