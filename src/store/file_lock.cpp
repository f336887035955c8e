#include "store/file_lock.hpp"

#include <mutex>
#include <set>

#include "hookwright/error.hpp"

namespace hookwright::stores {
namespace {

// Locks between processes don't tell apart the owners within one.
struct Registry {
  std::mutex mutex{};
  std::set<std::filesystem::path> held{};
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& file, const char* field) : lock_file_(file) {
  lock_file_ += ".lock";
  const std::lock_guard guard(registry().mutex);
  if (registry().held.contains(lock_file_)) {
    throw ConfigError(field, "is in use by another store of this process", file.string());
  }
  const system::LockAttempt attempt = system::take_lock(lock_file_);
  if (!attempt.problem.empty()) throw ConfigError(field, attempt.problem, file.string());
  handle_ = attempt.handle;
  registry().held.insert(lock_file_);
}

FileLock::~FileLock() {
  const std::lock_guard guard(registry().mutex);
  system::free_lock(handle_);
  registry().held.erase(lock_file_);
}

}  // namespace hookwright::stores
