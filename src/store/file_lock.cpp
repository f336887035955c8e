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

std::string text_of(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return std::string(text.begin(), text.end());
}

FileLock::FileLock(const std::filesystem::path& file, const char* field)
    : file_(file), field_(field) {
  const std::lock_guard guard(registry().mutex);
  if (!registry().held.insert(file_).second) {
    throw ConfigError(field_, "is in use by another store of this process", text_of(file_));
  }
}

FileLock::~FileLock() {
  if (handle_) system::free_lock(*handle_);
  const std::lock_guard guard(registry().mutex);
  registry().held.erase(file_);
}

void FileLock::take() {
  std::filesystem::path lock_file = file_;
  lock_file += ".lock";
  const system::LockAttempt attempt = system::take_lock(lock_file);
  if (!attempt.problem.empty()) throw ConfigError(field_, attempt.problem, text_of(file_));
  handle_ = attempt.handle;
}

}  // namespace hookwright::stores
