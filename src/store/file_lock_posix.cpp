#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/file_lock.hpp"

namespace hookwright::stores::system {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// A lock of the whole file. It belongs to the process: a child that was forked does not hold it, so
// one that outlives us keeps nobody out.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

LockAttempt take_lock(const std::filesystem::path& lock_file) {
  const int file = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return {-1, "can't make the lock file beside it (" + reason(errno) + ")"};
  }
  struct flock lock = whole_file();
  if (::fcntl(file, F_SETLK, &lock) == 0) {
    // For people; who asks here asks the lock.
    const std::string pid = std::to_string(::getpid()) + "\n";
    const bool noted = ::ftruncate(file, 0) == 0 && ::pwrite(file, pid.data(), pid.size(), 0) >= 0;
    static_cast<void>(noted);
    return {file, {}};
  }
  const int error = errno;
  std::string problem = "can't be locked (" + reason(error) + ")";
  if (error == EACCES || error == EAGAIN) {
    problem = "is in use by another process";
    lock = whole_file();
    if (::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
      problem += " (pid " + std::to_string(lock.l_pid) + ")";
    }
  }
  ::close(file);
  return {-1, problem};
}

void free_lock(std::intptr_t handle) {
  ::close(static_cast<int>(handle));
}

std::string make_private_file(const std::filesystem::path& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) return errno == EEXIST ? std::string() : reason(errno);
  ::close(made);
  return {};
}

}  // namespace hookwright::stores::system

#endif
