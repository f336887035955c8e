#include <winsock2.h>
#include <ws2tcpip.h>
// After those two.
#include <iphlpapi.h>

#include <cstddef>

#include "transport/own_addresses.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport {

std::optional<std::vector<IpAddress>> interface_addresses() {
  constexpr ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST |
                          GAA_FLAG_SKIP_DNS_SERVER | GAA_FLAG_SKIP_FRIENDLY_NAME;
  std::vector<std::byte> room(16 * 1024);
  // Interfaces may come between one call and the next.
  for (int tries = 0; tries < 4; ++tries) {
    ULONG size = static_cast<ULONG>(room.size());
    auto* const first = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(room.data());
    const ULONG error = ::GetAdaptersAddresses(AF_UNSPEC, flags, nullptr, first, &size);
    if (error == ERROR_BUFFER_OVERFLOW) {
      room.resize(size);
      continue;
    }
    if (error == ERROR_NO_DATA) return std::vector<IpAddress>{};
    if (error != NO_ERROR) return std::nullopt;
    std::vector<IpAddress> addresses;
    for (const auto* adapter = first; adapter != nullptr; adapter = adapter->Next) {
      for (const auto* entry = adapter->FirstUnicastAddress; entry != nullptr;
           entry = entry->Next) {
        const SOCKET_ADDRESS& address = entry->Address;
        if (const auto own = read_sockaddr(address.lpSockaddr,
                                           static_cast<std::size_t>(address.iSockaddrLength))) {
          addresses.push_back(own->address);
        }
      }
    }
    return addresses;
  }
  return std::nullopt;
}

}  // namespace hookwright::transport
