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
template <class Call>
int after_writing(sqlite3_file* file, Call call) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code == SQLITE_OK ? call(log.real) : code;
}

int close(sqlite3_file* file) {
  LogFile& log = log_of(file);
  const int written = write_gathered(log);
  const int closed = log.real->pMethods->xClose(log.real);
  delete[] log.gathered;
  log.gathered = nullptr;
  return written == SQLITE_OK ? closed : written;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return after_writing(
      file, [&](sqlite3_file* real) { return real->pMethods->xRead(real, to, size, at); });
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

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return after_writing(file,
                       [&](sqlite3_file* real) { return real->pMethods->xTruncate(real, size); });
}

int sync(sqlite3_file* file, int flags) {
  return after_writing(file,
                       [&](sqlite3_file* real) { return real->pMethods->xSync(real, flags); });
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return after_writing(file,
                       [&](sqlite3_file* real) { return real->pMethods->xFileSize(real, size); });
}

int lock(sqlite3_file* file, int level) {
  return after_writing(file,
                       [&](sqlite3_file* real) { return real->pMethods->xLock(real, level); });
}

int unlock(sqlite3_file* file, int level) {
  return after_writing(file,
                       [&](sqlite3_file* real) { return real->pMethods->xUnlock(real, level); });
}

int check_lock(sqlite3_file* file, int* locked) {
  return after_writing(
      file, [&](sqlite3_file* real) { return real->pMethods->xCheckReservedLock(real, locked); });
}

int control(sqlite3_file* file, int what, void* value) {
  return after_writing(
      file, [&](sqlite3_file* real) { return real->pMethods->xFileControl(real, what, value); });
}

int sector_size(sqlite3_file* file) {
  sqlite3_file* const real = log_of(file).real;
  return real->pMethods->xSectorSize(real);
}

int traits(sqlite3_file* file) {
  sqlite3_file* const real = log_of(file).real;
  return real->pMethods->xDeviceCharacteristics(real);
}

// Version 1: a log has no shared memory and is not mapped.
constexpr sqlite3_io_methods methods = {1,       close,       read,    write,   truncate,
                                        sync,    file_size,   lock,    unlock,  check_lock,
                                        control, sector_size, traits,  nullptr, nullptr,
                                        nullptr, nullptr,     nullptr, nullptr};

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

void LogFiles::pass_on_the_others() {
  calls_.xDelete = [](sqlite3_vfs* calls, const char* name, int sync) {
    return real(calls)->xDelete(real(calls), name, sync);
  };
  calls_.xAccess = [](sqlite3_vfs* calls, const char* name, int flags, int* out) {
    return real(calls)->xAccess(real(calls), name, flags, out);
  };
  calls_.xFullPathname = [](sqlite3_vfs* calls, const char* name, int size, char* out) {
    return real(calls)->xFullPathname(real(calls), name, size, out);
  };
  calls_.xDlOpen = [](sqlite3_vfs* calls, const char* name) {
    return real(calls)->xDlOpen(real(calls), name);
  };
  calls_.xDlError = [](sqlite3_vfs* calls, int size, char* out) {
    return real(calls)->xDlError(real(calls), size, out);
  };
  calls_.xDlSym = [](sqlite3_vfs* calls, void* library, const char* symbol) {
    return real(calls)->xDlSym(real(calls), library, symbol);
  };
  calls_.xDlClose = [](sqlite3_vfs* calls, void* library) {
    return real(calls)->xDlClose(real(calls), library);
  };
  calls_.xRandomness = [](sqlite3_vfs* calls, int size, char* out) {
    return real(calls)->xRandomness(real(calls), size, out);
  };
  calls_.xSleep = [](sqlite3_vfs* calls, int microseconds) {
    return real(calls)->xSleep(real(calls), microseconds);
  };
  calls_.xCurrentTime = [](sqlite3_vfs* calls, double* out) {
    return real(calls)->xCurrentTime(real(calls), out);
  };
  calls_.xGetLastError = [](sqlite3_vfs* calls, int size, char* out) {
    return real(calls)->xGetLastError(real(calls), size, out);
  };
  calls_.xCurrentTimeInt64 = [](sqlite3_vfs* calls, sqlite3_int64* out) {
    return real(calls)->xCurrentTimeInt64(real(calls), out);
  };
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
