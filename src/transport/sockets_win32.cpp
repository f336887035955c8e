#ifdef _WIN32

#include <algorithm>
#include <limits>

#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

Moved moved(int result) {
  return result >= 0 ? Moved{static_cast<std::size_t>(result), 0} : Moved{0, ::WSAGetLastError()};
}

int call_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

curl_socket_t open_tcp_socket(int family, int& error) {
  const SOCKET handle = ::WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, nullptr, 0,
                                     WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  u_long nonblocking = 1;
  if (handle != INVALID_SOCKET && ::ioctlsocket(handle, FIONBIO, &nonblocking) == 0) return handle;
  error = ::WSAGetLastError();
  if (handle != INVALID_SOCKET) ::closesocket(handle);
  return CURL_SOCKET_BAD;
}

void close_socket(curl_socket_t socket) {
  ::closesocket(socket);
}

void tune(curl_socket_t socket) {
  const char on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connect_socket(curl_socket_t socket, const IpAddress& address, unsigned short port) {
  sockaddr_storage to{};
  const unsigned size = write_sockaddr(address, port, reinterpret_cast<sockaddr*>(&to));
  const int result =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&to), static_cast<int>(size));
  return result == 0 ? 0 : ::WSAGetLastError();
}

bool is_under_way(int error) {
  return error == WSAEWOULDBLOCK || error == WSAEINPROGRESS;
}

int connect_result(curl_socket_t socket) {
  int error = 0;
  int size = sizeof error;
  const int result =
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &size);
  return result == 0 ? error : ::WSAGetLastError();
}

Moved send_bytes(curl_socket_t socket, std::string_view bytes) {
  return moved(::send(socket, bytes.data(), call_size(bytes.size()), 0));
}

Moved receive_bytes(curl_socket_t socket, char* to, std::size_t size) {
  return moved(::recv(socket, to, call_size(size), 0));
}

Moved peek_byte(curl_socket_t socket) {
  char byte = 0;
  return moved(::recv(socket, &byte, 1, MSG_PEEK));
}

bool would_block(int error) {
  return error == WSAEWOULDBLOCK || error == WSAEINTR;
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
