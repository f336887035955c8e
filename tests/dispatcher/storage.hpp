#pragma once

// Where the dispatchers of a test keep their records: each kind of store that this build has.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hookwright/store.hpp"
#include "hookwright/stores/memory.hpp"
#ifdef HOOKWRIGHT_TEST_SQLITE
#include "hookwright/stores/sqlite.hpp"
#endif

namespace dispatcher_test {

enum class StoreKind {
  memory,   // shared: lanes are acquired, held and released
  minimal,  // the least that store.hpp asks of a host's own store, for one process
  sqlite,   // one process, durable
};

inline std::vector<StoreKind> store_kinds() {
#ifdef HOOKWRIGHT_TEST_SQLITE
  return {StoreKind::memory, StoreKind::minimal, StoreKind::sqlite};
#else
  return {StoreKind::memory, StoreKind::minimal};
#endif
}

// Those that drop what has expired.
inline std::vector<StoreKind> store_kinds_that_forget() {
  std::vector<StoreKind> kinds;
  for (const StoreKind kind : store_kinds()) {
    if (kind != StoreKind::minimal) kinds.push_back(kind);
  }
  return kinds;
}

// A store that implements open, commit, fetch, find and traits, and takes the rest as it is: one
// process holds every lane, so nothing about lanes means anything to it.
class MinimalStore final : public hookwright::Store {
 public:
  explicit MinimalStore(std::unique_ptr<hookwright::Store> records)
      : records_(std::move(records)) {}

  hookwright::Opened open(const hookwright::Worker& worker, hookwright::TimePoint now) override {
    return records_->open(worker, now);
  }
  hookwright::Committed commit(const hookwright::Batch& batch, hookwright::TimePoint now) override {
    hookwright::Batch kept;
    for (const hookwright::Change& change : batch.changes) {
      hookwright::Change& copy = kept.changes.emplace_back();
      for (const auto& condition : change.only_if) {
        // Kept in its place, since results name preconditions by their index.
        if (std::holds_alternative<hookwright::LaneHeld>(condition)) {
          copy.only_if.emplace_back(hookwright::NoteAt{"always absent", 0});
        } else {
          copy.only_if.push_back(condition);
        }
      }
      for (const auto& write : change.writes) {
        if (!std::holds_alternative<hookwright::ReleaseLane>(write)) copy.writes.push_back(write);
      }
    }
    return records_->commit(kept, now);
  }
  hookwright::Pages fetch(std::span<const hookwright::LaneCursor> cursors,
                          hookwright::TimePoint now) override {
    return records_->fetch(cursors, now);
  }
  hookwright::Records find(const hookwright::Query& query) override {
    return records_->find(query);
  }
  hookwright::StoreTraits traits() const override { return {}; }

 private:
  std::unique_ptr<hookwright::Store> records_;
};

// The data of one test. Each make() opens another store on it; all but the memory store must be
// closed before the next is opened.
class Storage {
 public:
  explicit Storage(StoreKind kind) : kind_(kind) {
    if (kind_ != StoreKind::sqlite) return;
    static std::atomic<std::uint64_t> count{std::random_device{}()};
    folder_ = std::filesystem::temp_directory_path() /
              ("hookwright_dispatcher_" + std::to_string(std::random_device{}()) + "_" +
               std::to_string(++count));
    std::filesystem::create_directories(folder_);
  }
  ~Storage() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Where the files are; empty if there are none.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  [[nodiscard]] std::unique_ptr<hookwright::Store> make() const {
#ifdef HOOKWRIGHT_TEST_SQLITE
    if (kind_ == StoreKind::sqlite)
      return hookwright::make_sqlite_store({.path = (folder_ / "webhooks.db").string()});
#endif
    if (kind_ == StoreKind::minimal)
      return std::make_unique<MinimalStore>(hookwright::make_memory_store(database_));
    return hookwright::make_memory_store(database_);
  }

 private:
  StoreKind kind_;
  std::shared_ptr<hookwright::MemoryDatabase> database_ = hookwright::make_memory_database();
  std::filesystem::path folder_{};
};

}  // namespace dispatcher_test
