#include "diskfull/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace hookwright::diskfull {
namespace {

bool write_file(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

// Mounts of our own, as root or as root of a namespace of our own.
bool unshare_mounts() {
  if (::unshare(CLONE_NEWNS) == 0) return true;
  const auto user = std::to_string(::getuid());
  const auto group = std::to_string(::getgid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + user + " 1") &&
         write_file("/proc/self/gid_map", "0 " + group + " 1");
}

}  // namespace

SmallDisk::SmallDisk(std::uint64_t bytes)
    : path_(std::filesystem::temp_directory_path() /
            ("hookwright-diskfull-" + std::to_string(::getpid()))) {
  std::filesystem::create_directories(path_);
  const std::string size = "size=" + std::to_string(bytes);
  if (!unshare_mounts() || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", path_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    problem_ = std::strerror(errno);
  }
}

SmallDisk::~SmallDisk() {
  if (problem_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void SmallDisk::leave(std::uint64_t bytes) const {
  const auto available = std::filesystem::space(path_).available;
  if (available <= bytes) return;
  const int file = ::open((path_ / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  const bool filled = ::posix_fallocate(file, 0, static_cast<off_t>(available - bytes)) == 0;
  static_cast<void>(filled);
  ::close(file);
}

void SmallDisk::free() const {
  std::error_code ignored;
  std::filesystem::remove(path_ / "filler", ignored);
}

}  // namespace hookwright::diskfull
