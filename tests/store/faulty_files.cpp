#include "store/faulty_files.hpp"

#include <stdexcept>

namespace {

struct Plan {
  std::size_t at = 0;  // 0: never
  std::size_t calls = 0;
  int code = SQLITE_OK;
  bool forever = false;
  bool failed = false;
};

Plan plan;
std::size_t written_to_log = 0;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs vfs;

struct File {
  sqlite3_file base;
  sqlite3_file* real;  // lies behind this struct
  bool log;
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

bool fails() {
  if (plan.at == 0) return false;
  ++plan.calls;
  const bool now = plan.forever ? plan.calls >= plan.at : plan.calls == plan.at;
  plan.failed = plan.failed || now;
  return now;
}

int close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (plan.code != SQLITE_FULL && fails()) return SQLITE_IOERR_READ;
  return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (fails()) return plan.code;
  if (reinterpret_cast<File*>(file)->log) ++written_to_log;
  return real(file)->pMethods->xWrite(real(file), from, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync(sqlite3_file* /*file*/, int /*flags*/) {
  return plan.code != SQLITE_FULL && fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* reserved) {
  return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int traits(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}
int lock_shared(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods = {2,       close,        read,    write,      truncate,
                                    sync,    file_size,    lock,    unlock,     check_lock,
                                    control, sector_size,  traits,  map_shared, lock_shared,
                                    barrier, unmap_shared, nullptr, nullptr};

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* opened = reinterpret_cast<File*>(file);
  opened->base.pMethods = nullptr;
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  opened->log = (flags & SQLITE_OPEN_WAL) != 0;
  const int code = real_vfs->xOpen(real_vfs, name, opened->real, flags, out);
  if (code == SQLITE_OK) opened->base.pMethods = &methods;
  return code;
}

}  // namespace

FaultyFiles::FaultyFiles() {
  plan = {};
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs = *real_vfs;
  vfs.pNext = nullptr;
  vfs.zName = "hookwright-faulty-files";
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  vfs.xOpen = open;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("sqlite3_vfs_register");
}

FaultyFiles::~FaultyFiles() {
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultyFiles::fail_at(std::size_t n, int code, bool forever) {
  plan = {n, 0, code, forever, false};
}

void FaultyFiles::heal() {
  plan.at = 0;
}

std::size_t FaultyFiles::log_writes() const {
  return written_to_log;
}

bool FaultyFiles::has_failed() const {
  return plan.failed;
}
