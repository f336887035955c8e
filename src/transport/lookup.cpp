#include "transport/lookup.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

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
    if (!endpoint) continue;
    auto& all = lookup.addresses;
    if (std::find(all.begin(), all.end(), endpoint->address) == all.end()) {
      all.push_back(endpoint->address);
    }
  }
  lookup.result = lookup.addresses.empty() ? Lookup::Result::no_such_name : Lookup::Result::found;
  return lookup;
}

}  // namespace hookwright::transport
