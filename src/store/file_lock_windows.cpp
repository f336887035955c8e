#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <system_error>

#include "store/file_lock.hpp"

namespace hookwright::stores::system {
namespace {

std::string reason(DWORD error) {
  return std::system_category().message(static_cast<int>(error));
}

// Far behind the pid in the file, so that people can read it while it is locked.
OVERLAPPED one_byte() {
  OVERLAPPED range{};
  range.Offset = 0x40000000;
  return range;
}

}  // namespace

LockAttempt take_lock(const std::filesystem::path& lock_file) {
  const HANDLE file = ::CreateFileW(lock_file.c_str(), GENERIC_READ | GENERIC_WRITE,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    return {-1, "can't make the lock file beside it (" + reason(::GetLastError()) + ")"};
  }
  OVERLAPPED range = one_byte();
  if (::LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &range)) {
    const std::string pid = std::to_string(::GetCurrentProcessId()) + "\n";
    DWORD written = 0;
    ::WriteFile(file, pid.data(), static_cast<DWORD>(pid.size()), &written, nullptr);
    ::SetEndOfFile(file);
    return {reinterpret_cast<std::intptr_t>(file), {}};
  }
  const DWORD error = ::GetLastError();
  std::string problem = "can't be locked (" + reason(error) + ")";
  if (error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING) {
    problem = "is in use by another process";
    char text[16] = {};
    DWORD read = 0;
    if (::ReadFile(file, text, sizeof(text) - 1, &read, nullptr)) {
      const std::string pid = std::string(text).substr(0, std::string(text).find('\n'));
      if (!pid.empty()) problem += " (pid " + pid + ")";
    }
  }
  ::CloseHandle(file);
  return {-1, problem};
}

void free_lock(std::intptr_t handle) {
  ::CloseHandle(reinterpret_cast<HANDLE>(handle));
}

std::string make_private_file(const std::filesystem::path& file) {
  // Who may read it is inherited from the folder.
  const HANDLE made = ::CreateFileW(file.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                    CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (made == INVALID_HANDLE_VALUE) {
    const DWORD error = ::GetLastError();
    return error == ERROR_FILE_EXISTS ? std::string() : reason(error);
  }
  ::CloseHandle(made);
  return {};
}

}  // namespace hookwright::stores::system

#endif
