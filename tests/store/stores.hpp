#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "hookwright/stores/memory.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/testing/store_contract.hpp"

// When the tests of stores begin; nothing hangs on which day that is.
inline constexpr hookwright::TimePoint start{hookwright::Duration(1'700'000'000'000)};
inline constexpr hookwright::Duration hour{3'600'000};

// A folder of its own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<unsigned> made{0};
    static const std::uint64_t run =
        (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
    path_ = std::filesystem::temp_directory_path() /
            ("hookwright-store-" + std::to_string(run) + "-" + std::to_string(++made));
    std::filesystem::create_directory(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct MemoryUnderTest final : hookwright::testing::StoreUnderTest {
  std::unique_ptr<hookwright::Store> make() override {
    database = hookwright::make_memory_database();
    return join();
  }
  std::unique_ptr<hookwright::Store> join() override {
    return hookwright::make_memory_store(database);
  }

  std::shared_ptr<hookwright::MemoryDatabase> database = nullptr;
};

struct SqliteUnderTest final : hookwright::testing::StoreUnderTest {
  std::unique_ptr<hookwright::Store> make() override {
    ++files;
    return reopen();
  }
  std::unique_ptr<hookwright::Store> reopen() override {
    hookwright::SqliteOptions options;
    options.path = folder.file(std::to_string(files) + ".db");
    return hookwright::make_sqlite_store(options);
  }

  TemporaryFolder folder{};
  int files = 0;
};
