#ifndef _WIN32

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
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
