#include "transport/sockets.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace hookwright::transport {

unsigned write_sockaddr(const IpAddress& address, unsigned short port, sockaddr* to) {
  if (address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
    std::memcpy(to, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
  std::memcpy(to, &v4, sizeof v4);
  return sizeof v4;
}

std::optional<Endpoint> read_sockaddr(const sockaddr* from, std::size_t size) {
  if (from->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, from, sizeof v4);
    IpAddress::V4 bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return Endpoint{IpAddress(bytes), ntohs(v4.sin_port)};
  }
  if (from->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, from, sizeof v6);
    if (v6.sin6_scope_id != 0) return std::nullopt;
    IpAddress::V6 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return Endpoint{IpAddress(bytes), ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

}  // namespace hookwright::transport
