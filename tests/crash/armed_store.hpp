#pragma once

#include <memory>

#include "crash/fuse.hpp"
#include "crash/mutation.hpp"
#include "hookwright/store.hpp"

namespace hookwright::crash {

// A store around the one under fire: passes the points before and after its calls, says what each
// call is about, purges between commits where that is what is tried, and makes the mistakes that a
// mutation asks for.
class ArmedStore final : public Store {
 public:
  ArmedStore(std::unique_ptr<Store> store, Fuse& fuse, Doing& doing, Mutation mutation)
      : store_(std::move(store)), fuse_(fuse), doing_(doing), mutation_(mutation) {}
  ~ArmedStore() override;

  Opened open(const Worker& worker, TimePoint now) override;
  Committed commit(const Batch& batch, TimePoint now) override;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return store_->fetch(cursors, now);
  }
  Records find(const Query& query) override { return store_->find(query); }
  StoreTraits traits() const override { return store_->traits(); }
  Grants acquire(TimePoint now, std::size_t max) override { return store_->acquire(now, max); }
  Beat heartbeat(TimePoint now) override { return store_->heartbeat(now); }
  void checkpoint() override { store_->checkpoint(); }
  bool maintain(TimePoint now, const Budget& budget) override;

 private:
  [[nodiscard]] Committed carry_out(const Batch& batch, TimePoint now);
  [[nodiscard]] Batch mutated(const Batch& batch) const;

  std::unique_ptr<Store> store_;
  Fuse& fuse_;
  Doing& doing_;
  Mutation mutation_;
  std::uint64_t event_commits_ = 0;
  Batch held_back_{};
};

}  // namespace hookwright::crash
