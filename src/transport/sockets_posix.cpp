#ifndef _WIN32

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_NOSIGNAL;
#else
constexpr int send_flags = 0;  // SO_NOSIGPIPE is set instead
#endif

Moved moved(ssize_t result) {
  return result >= 0 ? Moved{static_cast<std::size_t>(result), 0} : Moved{0, errno};
}

}  // namespace

curl_socket_t open_tcp_socket(int family, int& error) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
#else
  const int fd = ::socket(family, SOCK_STREAM, IPPROTO_TCP);
  if (fd >= 0) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
#endif
  if (fd >= 0) return fd;
  error = errno;
  return CURL_SOCKET_BAD;
}

void close_socket(curl_socket_t socket) {
  ::close(socket);
}

void tune(curl_socket_t socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

int connect_socket(curl_socket_t socket, const IpAddress& address, unsigned short port) {
  sockaddr_storage to{};
  const unsigned size = write_sockaddr(address, port, reinterpret_cast<sockaddr*>(&to));
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), size) == 0 ? 0 : errno;
}

bool is_under_way(int error) {
  return error == EINPROGRESS || error == EINTR;
}

int connect_result(curl_socket_t socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

Moved send_bytes(curl_socket_t socket, std::string_view bytes) {
  return moved(::send(socket, bytes.data(), bytes.size(), send_flags));
}

Moved receive_bytes(curl_socket_t socket, char* to, std::size_t size) {
  return moved(::recv(socket, to, size, 0));
}

Moved peek_byte(curl_socket_t socket) {
  char byte = 0;
  return moved(::recv(socket, &byte, 1, MSG_PEEK));
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool is_shortage(int error, bool v6) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         (error == EADDRNOTAVAIL && !v6);
}

bool is_reset(int error) {
  return error == ECONNRESET || error == EPIPE;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::size_t>::max();
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

void reserve_descriptors(std::size_t count) {
  const int lowest = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (lowest < 0) return;
  const std::size_t wanted = std::min(static_cast<std::size_t>(lowest) + count,
                                      std::min<std::size_t>(descriptor_limit(), 1U << 20U) - 1);
  const int highest = ::fcntl(lowest, F_DUPFD_CLOEXEC, static_cast<int>(wanted));
  if (highest >= 0) ::close(highest);
  ::close(lowest);
}

}  // namespace hookwright::transport

#endif
