#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace hookwright::stores {

// Keeps every other process, and every other owner in this one, from taking the same lock while it
// lives. The operating system frees it when the process ends, however it ends. The file itself
// stays: removing it would let two processes lock two files of one name.
class FileLock {
 public:
  // Throws ConfigError, naming `field`, if it is held already or the file can't be made. `file` is
  // a canonical path; its name and ".lock" is what is locked.
  FileLock(const std::filesystem::path& file, const char* field);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::filesystem::path lock_file_;
  std::intptr_t handle_ = -1;
};

// What the operating systems do differently; file_lock_<system>.cpp.
namespace system {

struct LockAttempt {
  std::intptr_t handle = -1;
  std::string problem{};  // empty: the lock is ours
};
LockAttempt take_lock(const std::filesystem::path& lock_file);
void free_lock(std::intptr_t handle);

// Makes an empty file that only this user may read, if there is none. Returns what went wrong.
std::string make_private_file(const std::filesystem::path& file);

}  // namespace system
}  // namespace hookwright::stores
