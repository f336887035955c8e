#pragma once

// A store that fails on command, around one that works.

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hookwright/store.hpp"

namespace dispatcher_test {

// What goes wrong. Shared by the store and the test; one thread.
struct Trouble {
  enum class Kind {
    none,
    unavailable,
    full,
    full_for_news,  // room for what attempts meant, and for nothing else
    broken,
    throws,
    unknown_and_done,      // the commit happened, the answer got lost
    unknown_and_not_done,  // it did not
  };
  Kind commit = Kind::none;
  Kind fetch = Kind::none;
  Kind find = Kind::none;
  std::size_t commits_to_spare = 0;  // so many commits still work
  std::size_t times = 0;             // so many fail, then it works again; 0: no end
  std::size_t failed = 0;            // commits that did
  std::size_t commits = 0;           // that were asked for
  std::function<void(const hookwright::Query&)> before_find{};  // what happens meanwhile
  std::function<void()> at_checkpoint{};
};

class FlakyStore final : public hookwright::Store {
 public:
  FlakyStore(std::unique_ptr<hookwright::Store> store, std::shared_ptr<Trouble> trouble)
      : store_(std::move(store)), trouble_(std::move(trouble)) {}

  hookwright::Opened open(const hookwright::Worker& worker, hookwright::TimePoint now) override {
    return store_->open(worker, now);
  }

  hookwright::Committed commit(const hookwright::Batch& batch, hookwright::TimePoint now) override {
    ++trouble_->commits;
    if (trouble_->commit == Trouble::Kind::none) return store_->commit(batch, now);
    if (trouble_->commits_to_spare > 0) {
      --trouble_->commits_to_spare;
      return store_->commit(batch, now);
    }
    const Trouble::Kind kind = trouble_->commit;
    if (kind == Trouble::Kind::full_for_news && !brings_news(batch))
      return store_->commit(batch, now);
    ++trouble_->failed;
    if (trouble_->times > 0 && --trouble_->times == 0) trouble_->commit = Trouble::Kind::none;
    if (kind == Trouble::Kind::unknown_and_done) (void)store_->commit(batch, now);
    hookwright::Committed committed;
    committed.status = status(kind);
    return committed;
  }

  hookwright::Pages fetch(std::span<const hookwright::LaneCursor> cursors,
                          hookwright::TimePoint now) override {
    if (trouble_->fetch == Trouble::Kind::none) return store_->fetch(cursors, now);
    hookwright::Pages pages;
    pages.status = status(trouble_->fetch);
    return pages;
  }

  hookwright::Records find(const hookwright::Query& query) override {
    if (trouble_->before_find) trouble_->before_find(query);
    if (trouble_->find == Trouble::Kind::none) return store_->find(query);
    hookwright::Records records;
    records.status = status(trouble_->find);
    return records;
  }

  hookwright::StoreTraits traits() const override { return store_->traits(); }

  hookwright::Grants acquire(hookwright::TimePoint now, std::size_t max) override {
    return store_->acquire(now, max);
  }
  hookwright::Beat heartbeat(hookwright::TimePoint now) override { return store_->heartbeat(now); }
  void checkpoint() override {
    if (trouble_->at_checkpoint) trouble_->at_checkpoint();
    store_->checkpoint();
  }
  bool maintain(hookwright::TimePoint now, const hookwright::Budget& budget) override {
    return store_->maintain(now, budget);
  }

 private:
  static bool brings_news(const hookwright::Batch& batch) {
    for (const hookwright::Change& change : batch.changes) {
      bool settles = false;
      bool brings = false;
      for (const hookwright::Write& write : change.writes) {
        settles = settles || std::holds_alternative<hookwright::DropDelivery>(write);
        brings = brings || std::holds_alternative<hookwright::PutEvent>(write) ||
                 std::holds_alternative<hookwright::PutEndpoint>(write);
      }
      if (brings && !settles) return true;
    }
    return false;
  }

  static hookwright::StoreStatus status(Trouble::Kind kind) {
    using hookwright::StoreCode;
    switch (kind) {
      case Trouble::Kind::unavailable:
        return {StoreCode::unavailable, "the disk is away"};
      case Trouble::Kind::full:
      case Trouble::Kind::full_for_news:
        return {StoreCode::full, "no space"};
      case Trouble::Kind::broken:
        return {StoreCode::broken, "corrupt"};
      case Trouble::Kind::throws:
        throw std::runtime_error("a store that should not throw");
      default:
        return {StoreCode::unknown, "the connection was lost"};
    }
  }

  std::unique_ptr<hookwright::Store> store_;
  std::shared_ptr<Trouble> trouble_;
};

}  // namespace dispatcher_test
