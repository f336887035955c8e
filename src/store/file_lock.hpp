#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace hookwright::stores {

// Keeps every other owner from using a file while it lives: those in this process at once, those in
// others from take() on. The operating system frees it when the process ends, however it ends.
//
// The one in this process comes first because POSIX drops all of a process's locks on a file when
// it closes that file once: who holds no FileLock must not even look into it.
class FileLock {
 public:
  // Throws ConfigError, naming `field`, if this process has an owner already. `file` is a canonical
  // path.
  FileLock(const std::filesystem::path& file, const char* field);
  ~FileLock();

  // Locks the file "<file>.lock", which stays when the lock goes: removing it would let two
  // processes lock two files of one name. Throws ConfigError if that is held or can't be made.
  void take();

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::filesystem::path file_;
  const char* field_;
  std::optional<std::intptr_t> handle_{};
};

// A path as we show it and as SQLite takes it: in UTF-8, whatever the system's own encoding.
[[nodiscard]] std::string text_of(const std::filesystem::path& path);

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
