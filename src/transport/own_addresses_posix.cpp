#include <ifaddrs.h>
#include <sys/socket.h>

#include <memory>

#include "transport/own_addresses.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport {

std::optional<std::vector<IpAddress>> interface_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, ::freeifaddrs);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (const auto own = read_sockaddr(entry->ifa_addr, sizeof(sockaddr_in6))) {
      addresses.push_back(own->address);
    }
  }
  return addresses;
}

}  // namespace hookwright::transport
