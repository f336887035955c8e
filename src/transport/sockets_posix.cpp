#ifndef _WIN32

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "transport/sockets.hpp"

namespace hookwright::transport {

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

}  // namespace hookwright::transport

#endif
