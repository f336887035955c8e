#ifdef _WIN32

#include <limits>

#include "transport/sockets.hpp"

namespace hookwright::transport {

curl_socket_t open_tcp_socket(int family, int& error) {
  const SOCKET handle = ::WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, nullptr, 0,
                                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  u_long nonblocking = 1;
  if (handle != INVALID_SOCKET && ::ioctlsocket(handle, FIONBIO, &nonblocking) == 0) return handle;
  error = ::WSAGetLastError();
  if (handle != INVALID_SOCKET) ::closesocket(handle);
  return CURL_SOCKET_BAD;
}

bool is_shortage(int error, bool v6) {
  return error == WSAEMFILE || error == WSAENOBUFS || (error == WSAEADDRNOTAVAIL && !v6);
}

bool is_reset(int error) {
  return error == WSAECONNRESET || error == WSAECONNABORTED;
}

std::size_t descriptor_limit() {
  return std::numeric_limits<std::size_t>::max();
}

void reserve_descriptors(std::size_t) {}

}  // namespace hookwright::transport

#endif
