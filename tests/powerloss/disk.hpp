#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace hookwright::powerloss {

// How a disk, or whoever set up the store on it, fails to keep its promise.
struct Faults {
  bool syncs_ignored = false;         // a sync returns and has done nothing
  bool folder_syncs_ignored = false;  // ... one of a folder
};

// SQLite's files on a disk that loses its power. While it lives every connection that is opened
// uses it.
//
// The files are real ones; beside them it knows which bytes, sizes and names have been synced. When
// the power goes, what was synced stays, and of what was not a random part: sector by sector, in
// any order, a sector torn here and there; sizes without their bytes; files that were made or
// removed since their folder was synced, or not. Nothing can be read or written from then on, until
// the power is back.
//
// Names are synced by whoever syncs their folder; SQLite does so through a system call that it lets
// itself be given, so what counts as synced is what it asked for. One thread.
class Disk {
 public:
  explicit Disk(Faults faults = {});
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // The power goes during the n-th write, truncation, removal or sync from now on.
  void cut_in(std::uint64_t n);
  void cut_now();
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  // With all files closed: what is on the disk now.
  void power_on(std::mt19937_64& random);

 private:
  friend struct DiskFile;
  friend struct DiskCalls;

  struct Change {
    bool truncates = false;
    std::uint64_t at = 0;  // where it writes, or the new size
    std::string bytes{};
  };
  struct Inode {
    std::string synced{};
    std::vector<Change> since{};
  };
  using Folder = std::map<std::string, std::shared_ptr<Inode>>;
  struct NameChange {
    std::string name{};
    std::shared_ptr<Inode> to{};  // null: removed
  };

  // False: there is no power. Counts, and cuts it when its time has come: `during` happens, but
  // may not last.
  bool begin();
  void end();

  std::shared_ptr<Inode> opened(const std::string& name);
  void remove(const std::string& name);
  void sync(Inode& inode);
  void sync_folder();

  [[nodiscard]] static std::string after_cut(const Inode& inode, std::mt19937_64& random);

  Faults faults_;
  Folder now_;     // as programs see it
  Folder synced_;  // as the disk has it
  std::vector<NameChange> since_;
  std::uint64_t calls_ = 0;
  std::uint64_t cut_at_ = 0;  // 0: never
  bool dead_ = false;
};

}  // namespace hookwright::powerloss
