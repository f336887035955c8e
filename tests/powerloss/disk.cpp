#include "powerloss/disk.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace hookwright::powerloss {

namespace {

constexpr std::size_t sector = 512;

Disk* the_disk = nullptr;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs vfs;
sqlite3_syscall_ptr real_open_directory = nullptr;

std::string content_of(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace

// An open file. What it is made of lies in `real`, behind this struct.
struct DiskFile {
  sqlite3_file base;
  std::shared_ptr<Disk::Inode>* inode;
  sqlite3_file* real;

  static DiskFile* of(sqlite3_file* file) { return reinterpret_cast<DiskFile*>(file); }
};

struct DiskCalls {
  static sqlite3_file* real(sqlite3_file* file) { return DiskFile::of(file)->real; }
  static Disk::Inode& inode(sqlite3_file* file) { return **DiskFile::of(file)->inode; }

  static int close(sqlite3_file* file) {
    delete DiskFile::of(file)->inode;
    return real(file)->pMethods->xClose(real(file));
  }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    if (the_disk->dead()) return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), to, size, at);
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    if (!the_disk->begin()) return SQLITE_IOERR_WRITE;
    inode(file).since.push_back(
        {false, static_cast<std::uint64_t>(at),
         std::string(static_cast<const char*>(from), static_cast<std::size_t>(size))});
    the_disk->end();
    if (the_disk->dead()) return SQLITE_IOERR_WRITE;
    return real(file)->pMethods->xWrite(real(file), from, size, at);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (!the_disk->begin()) return SQLITE_IOERR_TRUNCATE;
    inode(file).since.push_back({true, static_cast<std::uint64_t>(size), {}});
    the_disk->end();
    if (the_disk->dead()) return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
  }
  // The real one is called for what it does beside: it syncs the folder of a new file.
  static int sync(sqlite3_file* file, int flags) {
    if (!the_disk->begin()) return SQLITE_IOERR_FSYNC;
    the_disk->end();
    if (the_disk->dead()) return SQLITE_IOERR_FSYNC;
    the_disk->sync(inode(file));
    return real(file)->pMethods->xSync(real(file), flags);
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (the_disk->dead()) return SQLITE_IOERR_FSTAT;
    return real(file)->pMethods->xFileSize(real(file), size);
  }
  static int lock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
  }
  static int check_lock(sqlite3_file* file, int* reserved) {
    return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
  }
  static int control(sqlite3_file* file, int what, void* argument) {
    // Room that is reserved, or a size that is foretold, is no change that we would see.
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_NOTFOUND;
    return real(file)->pMethods->xFileControl(real(file), what, argument);
  }
  static int sector_size(sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
  }
  static int traits(sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
  }
  static int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
  }
  static int lock_shared(sqlite3_file* file, int offset, int n, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
  }
  static void barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
  static int unmap_shared(sqlite3_file* file, int remove) {
    return real(file)->pMethods->xShmUnmap(real(file), remove);
  }

  static int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out);

  static int remove(sqlite3_vfs* /*vfs*/, const char* name, int sync_folder) {
    if (!the_disk->begin()) return SQLITE_IOERR_DELETE;
    the_disk->remove(name);
    the_disk->end();
    if (the_disk->dead()) return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, sync_folder);
  }
  static int access(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* result) {
    if (the_disk->dead()) return SQLITE_IOERR_ACCESS;
    return real_vfs->xAccess(real_vfs, name, flags, result);
  }

  // SQLite is about to sync a folder. It takes "can't be opened" for one that needs no sync.
  static int open_directory(const char* /*name*/, int* file) {
    the_disk->sync_folder();
    *file = -1;
    return SQLITE_CANTOPEN;
  }
};

namespace {

const sqlite3_io_methods methods = {2,
                                    DiskCalls::close,
                                    DiskCalls::read,
                                    DiskCalls::write,
                                    DiskCalls::truncate,
                                    DiskCalls::sync,
                                    DiskCalls::file_size,
                                    DiskCalls::lock,
                                    DiskCalls::unlock,
                                    DiskCalls::check_lock,
                                    DiskCalls::control,
                                    DiskCalls::sector_size,
                                    DiskCalls::traits,
                                    DiskCalls::map_shared,
                                    DiskCalls::lock_shared,
                                    DiskCalls::barrier,
                                    DiskCalls::unmap_shared,
                                    nullptr,
                                    nullptr};

}  // namespace

int DiskCalls::open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags,
                    int* out) {
  auto* opened = DiskFile::of(file);
  opened->base.pMethods = nullptr;
  opened->inode = nullptr;
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  if (the_disk->dead()) return SQLITE_CANTOPEN;
  const int code = real_vfs->xOpen(real_vfs, name, opened->real, flags, out);
  if (code != SQLITE_OK) return code;
  // A temporary file has no name, and nobody asks for it afterwards.
  opened->inode = new std::shared_ptr<Disk::Inode>(name == nullptr ? std::make_shared<Disk::Inode>()
                                                                   : the_disk->opened(name));
  opened->base.pMethods = &methods;
  return code;
}

Disk::Disk(Faults faults) : faults_(faults) {
  the_disk = this;
  real_vfs = sqlite3_vfs_find("unix");
  if (real_vfs == nullptr) throw std::runtime_error("no unix files in this SQLite");
  real_open_directory = real_vfs->xGetSystemCall(real_vfs, "openDirectory");
  real_vfs->xSetSystemCall(real_vfs, "openDirectory",
                           reinterpret_cast<sqlite3_syscall_ptr>(&DiskCalls::open_directory));
  vfs = *real_vfs;
  vfs.pNext = nullptr;
  vfs.zName = "hookwright-disk";
  vfs.szOsFile = static_cast<int>(sizeof(DiskFile)) + real_vfs->szOsFile;
  vfs.xOpen = DiskCalls::open;
  vfs.xDelete = DiskCalls::remove;
  vfs.xAccess = DiskCalls::access;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("sqlite3_vfs_register");
}

Disk::~Disk() {
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real_vfs, 1);
  real_vfs->xSetSystemCall(real_vfs, "openDirectory", real_open_directory);
  the_disk = nullptr;
}

void Disk::cut_in(std::uint64_t n) {
  cut_at_ = calls_ + n;
}

void Disk::cut_now() {
  dead_ = true;
}

bool Disk::begin() {
  if (dead_) return false;
  ++calls_;
  return true;
}

void Disk::end() {
  if (calls_ == cut_at_) dead_ = true;
}

// A file that others have made is new on the disk, too, until its folder is synced.
std::shared_ptr<Disk::Inode> Disk::opened(const std::string& name) {
  std::shared_ptr<Inode>& inode = now_[name];
  if (!inode) {
    inode = std::make_shared<Inode>();
    const std::string bytes = content_of(name);
    if (!bytes.empty()) inode->since.push_back({false, 0, bytes});
    since_.push_back({name, inode});
  }
  return inode;
}

void Disk::remove(const std::string& name) {
  if (now_.erase(name) != 0) since_.push_back({name, nullptr});
}

void Disk::sync(Inode& inode) {
  if (faults_.syncs_ignored) return;
  for (const Change& change : inode.since) {
    if (change.truncates) {
      inode.synced.resize(change.at);
      continue;
    }
    const std::size_t end = change.at + change.bytes.size();
    if (inode.synced.size() < end) inode.synced.resize(end);
    inode.synced.replace(change.at, change.bytes.size(), change.bytes);
  }
  inode.since.clear();
}

void Disk::sync_folder() {
  if (dead_ || faults_.folder_syncs_ignored) return;
  synced_ = now_;
  since_.clear();
}

// What is left of a file.
std::string Disk::after_cut(const Inode& inode, std::mt19937_64& random) {
  static constexpr std::array<std::uint64_t, 6> likely = {0, 5, 50, 95, 100, 100};
  const std::uint64_t kept = likely.at(random() % likely.size());
  const auto lasts = [&] { return random() % 100 < kept; };
  std::string bytes = inode.synced;
  const char stale = random() % 2 == 0 ? '\0' : static_cast<char>(random());
  for (const Change& change : inode.since) {
    if (change.truncates) {
      if (lasts()) bytes.resize(change.at, stale);
      continue;
    }
    const std::size_t end = change.at + change.bytes.size();
    // The size may have been written where the bytes have not.
    if (bytes.size() < end && lasts()) bytes.resize(end, stale);
    for (std::size_t from = change.at; from < end;) {
      std::size_t to = std::min(end, (from / sector + 1) * sector);
      const std::size_t next = to;
      if (lasts()) {
        if (random() % 20 == 0) to = from + random() % (to - from + 1);  // torn
        if (bytes.size() < to) bytes.resize(to, stale);
        bytes.replace(from, to - from, change.bytes, from - change.at, to - from);
      }
      from = next;
    }
  }
  return bytes;
}

void Disk::power_on(std::mt19937_64& random) {
  // Changes to one name last in their order, or not from some point on.
  std::map<std::string, bool> stopped;
  for (const NameChange& change : since_) {
    bool& stop = stopped[change.name];
    stop = stop || random() % 2 == 0;
    if (stop) continue;
    if (change.to) {
      synced_[change.name] = change.to;
    } else {
      synced_.erase(change.name);
    }
  }
  since_.clear();
  std::error_code ignored;
  for (const auto& [name, inode] : now_) std::filesystem::remove(name, ignored);
  now_.clear();
  for (auto& [name, inode] : synced_) {
    const std::string bytes = after_cut(*inode, random);
    inode = std::make_shared<Inode>();
    inode->synced = bytes;
    std::ofstream(name, std::ios::binary | std::ios::trunc) << bytes;
  }
  now_ = synced_;
  // The index of the log is rebuilt by whoever comes first, so that what is left of it is nothing.
  for (const auto& [name, inode] : now_) {
    const std::string index = name + "-shm";
    if (random() % 2 == 0 && std::filesystem::exists(index, ignored))
      std::filesystem::remove(index, ignored);
  }
  dead_ = false;
  cut_at_ = 0;
}

}  // namespace hookwright::powerloss
