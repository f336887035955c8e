#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "store/file_lock.hpp"
#include "store/rules.hpp"
#include "store/sqlite_cleaner.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_files.hpp"
#include "store/sqlite_reader.hpp"
#include "store/sqlite_wal.hpp"
#include "store/sqlite_writer.hpp"

namespace hookwright {
namespace {

using stores::SqliteError;

constexpr std::uint64_t rows_of_one_process = std::uint64_t{1} << 40U;

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const SqliteOptions& options)
      : file_(stores::sqlite_file_of(options)),
        lock_(file_, "sqlite.path"),
        writing_(stores::open_for_writing(file_, lock_, log_files_, options.cache_bytes)),
        reading_(stores::open_for_reading(file_, options.cache_bytes)) {}

  ~SqliteStore() override {
    if (!opened_) return;
    // What was not used of our rows is for the next process.
    change(
        [&] { writer_.meta().write("next_row", static_cast<std::int64_t>(writer_.next_row())); });
  }

  Opened open(const Worker& /*worker*/, TimePoint now) override {
    note(now);
    Opened opened;
    opened.status = change([&] {
      opened.first_row = static_cast<std::uint64_t>(writer_.meta().read("next_row"));
      writer_.meta().write("next_row",
                           static_cast<std::int64_t>(opened.first_row + rows_of_one_process));
      opened.endpoints_version = writer_.endpoints().changes();
    });
    if (opened.status.ok()) {
      opened_ = true;
      writer_.start_rows_at(opened.first_row);
    }
    return opened;
  }

  Committed commit(const Batch& batch, TimePoint now) override {
    note(now);
    Committed answer;
    if (batch.changes.empty()) return answer;
    bool one_was_unstorable = false;
    const auto all_at_once = [&] {
      try {
        apply_all(batch, now, answer.results);
      } catch (const stores::Unstorable&) {
        one_was_unstorable = true;
      } catch (const SqliteError& error) {
        if (!stores::concerns_one_record(error)) throw;
        one_was_unstorable = true;
      }
      return !one_was_unstorable;
    };
    answer.status = change(all_at_once);
    if (one_was_unstorable && answer.status.ok()) {
      answer.status = change([&] { apply_each(batch, now, answer.results); });
    }
    if (!answer.status.ok()) answer.results.clear();
    wal_.after_commit(answer.status.code);
    return answer;
  }

  void checkpoint() override { wal_.checkpoint(); }

  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    note(now);
    Pages pages;
    pages.status = guard([&] {
      for (const LaneCursor& cursor : cursors) {
        events_.begin();
        pages.lanes.emplace_back();
        lanes_.fill(pages.lanes.back(), cursor, now, events_);
      }
      events_.begin();
    });
    if (!pages.status.ok()) pages.lanes.clear();
    return pages;
  }

  Records find(const Query& query) override {
    Records answer;
    if (auto mistake = stores::mistake_in(query)) {
      answer.status = {StoreCode::unavailable, *std::move(mistake)};
      return answer;
    }
    const std::lock_guard lock(reading_mutex_);
    StoreStatus status = guard([&] { answer = finder_.find(query, latest()); });
    if (!status.ok()) answer = Records{};
    answer.status = std::move(status);
    return answer;
  }

  StoreTraits traits() const override { return {.durable = true, .shared = false}; }

  Beat heartbeat(TimePoint now) override {
    note(now);
    Beat beat;
    beat.status = guard([&] { beat.endpoints_version = writer_.endpoints().changes(); });
    return beat;
  }

  bool maintain(TimePoint now, const Budget& budget) override {
    note(now);
    bool more = false;
    const StoreStatus status = change([&] { more = cleaner_.run(now, budget, writer_); });
    wal_.after_maintenance();
    return status.ok() && more;
  }

 private:
  // Runs `what`, and says how it went.
  template <class What>
  StoreStatus guard(What what) {
    try {
      what();
      return {};
    } catch (const SqliteError& error) {
      return stores::status_of(error, false);
    } catch (const std::bad_alloc&) {
      return {StoreCode::unavailable, "out of memory"};
    }
  }

  // Runs `what` in a transaction, which is rolled back if it returns false or throws.
  template <class What>
  StoreStatus change(What what) {
    bool at_commit = false;
    try {
      if (writing_.in_transaction()) roll_back();  // an earlier one could not be rolled back
      begin_.run();
      bool keep = true;
      if constexpr (std::is_void_v<decltype(what())>) {
        what();
      } else {
        keep = what();
      }
      if (keep) {
        writer_.finish();
        at_commit = true;
        commit_.run();
      } else {
        roll_back();
      }
      return {};
    } catch (const SqliteError& error) {
      roll_back();
      return stores::status_of(error, at_commit);
    } catch (const std::bad_alloc&) {
      roll_back();
      return {StoreCode::unavailable, "out of memory"};
    }
  }

  void roll_back() {
    writer_.forget();
    writing_.roll_back();
  }

  void apply_all(const Batch& batch, TimePoint now, std::vector<ChangeResult>& results) {
    results.reserve(batch.changes.size());
    for (const Change& one : batch.changes) results.push_back(writer_.apply(one, now, latest()));
  }

  // The slow way, which can undo a single change.
  void apply_each(const Batch& batch, TimePoint now, std::vector<ChangeResult>& results) {
    results.clear();
    for (const Change& one : batch.changes) {
      stores::EventTable::Counts before = writer_.counts();
      savepoint_.run();
      bool stored = false;
      try {
        results.push_back(writer_.apply(one, now, latest()));
        stored = true;
      } catch (const stores::Unstorable&) {
      } catch (const SqliteError& error) {
        if (!stores::concerns_one_record(error)) throw;
      }
      if (!stored) {
        rollback_to_.run();
        writer_.forget_change(std::move(before));
        results.push_back({ChangeOutcome::unstorable, 0});
      }
      release_.run();
    }
  }

  [[nodiscard]] TimePoint latest() const { return TimePoint(Duration(latest_)); }

  void note(TimePoint now) {
    const std::int64_t at = now.time_since_epoch().count();
    if (at > latest_) latest_ = at;  // find() reads it from other threads; only this one writes
  }

  std::filesystem::path file_;
  stores::FileLock lock_;
  std::atomic<std::int64_t> latest_{0};
  bool opened_ = false;

  stores::LogFiles log_files_;
  stores::Connection writing_;
  stores::SqliteWal wal_{writing_};
  stores::Statement begin_{writing_, "BEGIN IMMEDIATE"};
  stores::Statement commit_{writing_, "COMMIT"};
  stores::Statement savepoint_{writing_, "SAVEPOINT change"};
  stores::Statement rollback_to_{writing_, "ROLLBACK TO change"};
  stores::Statement release_{writing_, "RELEASE change"};
  stores::SqliteWriter writer_{writing_};
  stores::SqliteCleaner cleaner_{writing_};
  stores::EventReader events_{writing_};
  stores::LaneReader lanes_{writing_};

  std::mutex reading_mutex_{};
  stores::Connection reading_;
  stores::SqliteFinder finder_{reading_};
};

}  // namespace

std::unique_ptr<Store> make_sqlite_store(const SqliteOptions& options) {
  return std::make_unique<SqliteStore>(options);
}

}  // namespace hookwright
