#pragma once

// The suite is worth something only if it catches stores that break their promises. The tests have
// many, each a correct store with one mistake; this is what they are made of.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "hookwright/store.hpp"
#include "hookwright/testing/store_contract.hpp"
#include "store/forwarding_store.hpp"
#include "store/stores.hpp"

namespace broken {

using namespace hookwright;

// A mistake overrides one call.
using Honest = store_test::ForwardingStore;

// Changes every write or condition of a batch before it is committed.
class Rewriting : public Honest {
 public:
  using Honest::Honest;
  Committed commit(const Batch& batch, TimePoint now) override {
    Batch changed = batch;
    for (Change& change : changed.changes) rewrite(change);
    return Honest::commit(changed, now);
  }
  virtual void rewrite(Change& change) = 0;
};

class Paging : public Honest {
 public:
  using Honest::Honest;
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    Pages pages = Honest::fetch(cursors, now);
    for (LanePage& page : pages.lanes) spoil(page);
    return pages;
  }
  virtual void spoil(LanePage& page) = 0;
};

// The same store, broken.
using Wrap = std::function<std::unique_ptr<Store>(std::unique_ptr<Store>)>;

template <class Base>
struct Broken final : testing::StoreUnderTest {
  explicit Broken(Wrap by) : wrap(std::move(by)) {}
  std::unique_ptr<Store> make() override { return wrap(base.make()); }
  std::unique_ptr<Store> reopen() override { return wrap(base.reopen()); }
  std::unique_ptr<Store> join() override { return wrap(base.join()); }

  Base base{};
  Wrap wrap;
};

// The first case that the store does not pass, with what it says; empty if it passes all.
inline std::string caught(testing::StoreUnderTest& under_test, bool durable_cases_only = false) {
  const StoreTraits traits = under_test.make()->traits();
  for (const testing::StoreCase& one : testing::store_contract()) {
    if (!testing::applies(one, traits) || (durable_cases_only && !one.needs.durable)) continue;
    try {
      one.run(under_test);
    } catch (const testing::ContractViolation& violation) {
      return std::string(one.name) + ": " + violation.what();
    }
  }
  return {};
}

template <class Mistake>
std::unique_ptr<Store> wrap_in(std::unique_ptr<Store> store) {
  return std::make_unique<Mistake>(std::move(store));
}

}  // namespace broken
