#include "store/sqlite_log_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace hookwright::stores {
namespace {

constexpr int gathered_max = 64 * 1024;

// SQLite gives the memory for it, and calls by `pMethods`; the system's own file lies behind it.
struct LogFile : sqlite3_file {
  sqlite3_file* real = nullptr;
  unsigned char* gathered = nullptr;
  sqlite3_int64 at = 0;  // where it goes
  int size = 0;
  bool gathers = true;
};

LogFile& log_of(sqlite3_file* file) {
  return *static_cast<LogFile*>(file);
}

// What can't be written is dropped: SQLite hears of it and gives the transaction up.
int write_gathered(LogFile& log) {
  if (log.size == 0) return SQLITE_OK;
  const int size = log.size;
  log.size = 0;
  return log.real->pMethods->xWrite(log.real, log.gathered, size, log.at);
}

// Calls the system's own, once it has everything.
template <auto Method, class... Arguments>
int after_writing(sqlite3_file* file, Arguments... arguments) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code == SQLITE_OK ? (log.real->pMethods->*Method)(log.real, arguments...) : code;
}

template <auto Method>
int tell(sqlite3_file* file) {
  sqlite3_file* const real = log_of(file).real;
  return (real->pMethods->*Method)(real);
}

int close(sqlite3_file* file) {
  LogFile& log = log_of(file);
  const int written = write_gathered(log);
  const int closed = log.real->pMethods->xClose(log.real);
  delete[] log.gathered;
  log.gathered = nullptr;
  return written == SQLITE_OK ? closed : written;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  LogFile& log = log_of(file);
  if (!log.gathers) return log.real->pMethods->xWrite(log.real, from, size, at);
  const bool follows = log.size > 0 && at == log.at + log.size;
  if (!follows || size > gathered_max - log.size) {
    const int code = write_gathered(log);
    if (code != SQLITE_OK) return code;
    if (size > gathered_max) return log.real->pMethods->xWrite(log.real, from, size, at);
    log.at = at;
  }
  std::memcpy(log.gathered + log.size, from, static_cast<std::size_t>(size));
  log.size += size;
  return SQLITE_OK;
}

using Methods = sqlite3_io_methods;
// Version 1: a log has no shared memory and is not mapped.
constexpr Methods methods = {.iVersion = 1,
                             .xClose = close,
                             .xRead = after_writing<&Methods::xRead>,
                             .xWrite = write,
                             .xTruncate = after_writing<&Methods::xTruncate>,
                             .xSync = after_writing<&Methods::xSync>,
                             .xFileSize = after_writing<&Methods::xFileSize>,
                             .xLock = after_writing<&Methods::xLock>,
                             .xUnlock = after_writing<&Methods::xUnlock>,
                             .xCheckReservedLock = after_writing<&Methods::xCheckReservedLock>,
                             .xFileControl = after_writing<&Methods::xFileControl>,
                             .xSectorSize = tell<&Methods::xSectorSize>,
                             .xDeviceCharacteristics = tell<&Methods::xDeviceCharacteristics>,
                             .xShmMap = nullptr,
                             .xShmLock = nullptr,
                             .xShmBarrier = nullptr,
                             .xShmUnmap = nullptr,
                             .xFetch = nullptr,
                             .xUnfetch = nullptr};

}  // namespace

LogFiles::LogFiles()
    : name_("hookwright-log-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
  calls_.real = sqlite3_vfs_find(nullptr);
  if (calls_.real == nullptr) throw std::bad_alloc();  // SQLite could not be initialized
  calls_.iVersion = std::min(calls_.real->iVersion, 2);
  calls_.zName = name_.c_str();
  calls_.szOsFile = static_cast<int>(sizeof(LogFile)) + calls_.real->szOsFile;
  calls_.mxPathname = calls_.real->mxPathname;
  calls_.xOpen = open;
  pass_on_the_others();
  if (sqlite3_vfs_register(&calls_, 0) != SQLITE_OK) throw std::bad_alloc();
}

LogFiles::~LogFiles() {
  sqlite3_vfs_unregister(&calls_);
}

// With its own object: a VFS of the host's may be more than SQLite knows of.
template <auto Method, class... Arguments>
auto LogFiles::pass_on(sqlite3_vfs* calls, Arguments... arguments) {
  return (real(calls)->*Method)(real(calls), arguments...);
}

void LogFiles::pass_on_the_others() {
  using Vfs = sqlite3_vfs;
  calls_.xDelete = pass_on<&Vfs::xDelete>;
  calls_.xAccess = pass_on<&Vfs::xAccess>;
  calls_.xFullPathname = pass_on<&Vfs::xFullPathname>;
  calls_.xDlOpen = pass_on<&Vfs::xDlOpen>;
  calls_.xDlError = pass_on<&Vfs::xDlError>;
  calls_.xDlSym = pass_on<&Vfs::xDlSym>;
  calls_.xDlClose = pass_on<&Vfs::xDlClose>;
  calls_.xRandomness = pass_on<&Vfs::xRandomness>;
  calls_.xSleep = pass_on<&Vfs::xSleep>;
  calls_.xCurrentTime = pass_on<&Vfs::xCurrentTime>;
  calls_.xGetLastError = pass_on<&Vfs::xGetLastError>;
  calls_.xCurrentTimeInt64 = pass_on<&Vfs::xCurrentTimeInt64>;
}

int LogFiles::open(sqlite3_vfs* calls, const char* name, sqlite3_file* file, int flags, int* out) {
  sqlite3_vfs* const real = LogFiles::real(calls);
  if ((flags & SQLITE_OPEN_WAL) == 0) return real->xOpen(real, name, file, flags, out);
  auto* const log = new (file) LogFile;
  log->pMethods = nullptr;  // nothing is to be closed if it fails
  log->gathered = new (std::nothrow) unsigned char[gathered_max];
  if (log->gathered == nullptr) return SQLITE_NOMEM;
  log->real = reinterpret_cast<sqlite3_file*>(log + 1);
  const int code = real->xOpen(real, name, log->real, flags, out);
  if (code != SQLITE_OK) {
    if (log->real->pMethods != nullptr) log->real->pMethods->xClose(log->real);
    delete[] log->gathered;
    return code;
  }
  // Without it SQLite fills the last sector up, and writes some of that after the sync.
  log->gathers = (log->real->pMethods->xDeviceCharacteristics(log->real) &
                  SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
  log->pMethods = &methods;
  return SQLITE_OK;
}

}  // namespace hookwright::stores
