#pragma once

// What stores that differ from another in one call are made of.

#include <memory>
#include <span>
#include <utility>

#include "hookwright/store.hpp"

namespace store_test {

using namespace hookwright;

// Passes every call on.
class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  Opened open(const Worker& worker, TimePoint now) override { return inner_->open(worker, now); }
  Committed commit(const Batch& batch, TimePoint now) override {
    return inner_->commit(batch, now);
  }
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    return inner_->fetch(cursors, now);
  }
  Records find(const Query& query) override { return inner_->find(query); }
  StoreTraits traits() const override { return inner_->traits(); }
  Grants acquire(TimePoint now, std::size_t max) override { return inner_->acquire(now, max); }
  Beat heartbeat(TimePoint now) override { return inner_->heartbeat(now); }
  void checkpoint() override { inner_->checkpoint(); }
  bool maintain(TimePoint now, const Budget& budget) override {
    return inner_->maintain(now, budget);
  }

 protected:
  Store& inner() { return *inner_; }

 private:
  std::unique_ptr<Store> inner_;
};

}  // namespace store_test
