#include "sweep/failing_memory.hpp"

#include <atomic>
#include <utility>
#include <vector>

#ifdef HOOKWRIGHT_TEST_SQLITE
#include <sqlite3.h>
#endif

namespace sweep::memory {

namespace {

std::atomic<std::size_t> counted{0};
std::atomic<std::size_t> failures{0};
std::atomic<std::size_t> first{0};  // 0: none fails
std::atomic<std::size_t> in_a_row{0};
std::atomic<std::size_t> then_every{0};
std::atomic<bool> others{false};

thread_local int exposures = 0;
thread_local int shelters = 0;
thread_local bool is_test = false;

bool must_fail() {
  if (shelters > 0 || (exposures == 0 && (is_test || !others))) return false;
  const std::size_t n = ++counted;
  const std::size_t at = first;
  if (at == 0 || n < at) return false;
  const std::size_t past = n - at;
  const bool now =
      past < in_a_row || (then_every != 0 && (past - in_a_row) % then_every.load() == 0);
  if (now) ++failures;
  return now;
}

}  // namespace

bool next_fails() {
  return must_fail();
}

void fail(std::size_t at, std::size_t count, std::size_t every) {
  first = 0;
  counted = 0;
  failures = 0;
  in_a_row = count;
  then_every = every;
  is_test = true;
  first = at;
}

void mend() {
  first = 0;
  counted = 0;
}

std::size_t allocations() {
  return counted;
}

std::size_t failed() {
  return failures;
}

Shelter::Shelter() {
  ++shelters;
}
Shelter::~Shelter() {
  --shelters;
}
Exposed::Exposed() {
  ++exposures;
}
Exposed::~Exposed() {
  --exposures;
}
Unsheltered::Unsheltered() : shelters_(std::exchange(shelters, 0)) {}
Unsheltered::~Unsheltered() {
  shelters = shelters_;
}

void expose_other_threads(bool exposed) {
  is_test = true;
  others = exposed;
}

namespace {

// Shelter or Unsheltered around every call.
template <class Around>
class StoreIn final : public Store {
 public:
  explicit StoreIn(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
  Opened open(const Worker& worker, TimePoint now) override {
    const Around around;
    return inner_->open(worker, now);
  }
  Committed commit(const Batch& batch, TimePoint now) override {
    const Around around;
    return inner_->commit(batch, now);
  }
  Pages fetch(std::span<const LaneCursor> cursors, TimePoint now) override {
    const Around around;
    return inner_->fetch(cursors, now);
  }
  Records find(const Query& query) override {
    const Around around;
    return inner_->find(query);
  }
  StoreTraits traits() const override { return inner_->traits(); }
  Grants acquire(TimePoint now, std::size_t max) override {
    const Around around;
    return inner_->acquire(now, max);
  }
  Beat heartbeat(TimePoint now) override {
    const Around around;
    return inner_->heartbeat(now);
  }
  void checkpoint() override {
    const Around around;
    inner_->checkpoint();
  }
  bool maintain(TimePoint now, const Budget& budget) override {
    const Around around;
    return inner_->maintain(now, budget);
  }

 private:
  std::unique_ptr<Store> inner_;
};

class ShelteredTransport final : public Transport {
 public:
  explicit ShelteredTransport(std::unique_ptr<Transport> inner) : inner_(std::move(inner)) {}
  void start(RequestId id, Request&& request) override {
    const Shelter shelter;
    inner_->start(id, std::move(request));
  }
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    const Shelter shelter;
    inner_->poll(until, out);
  }
  void cancel(RequestId id) override {
    const Shelter shelter;
    inner_->cancel(id);
  }
  void wake() override {
    const Shelter shelter;
    inner_->wake();
  }

 private:
  std::unique_ptr<Transport> inner_;
};

}  // namespace

std::unique_ptr<Store> sheltered(std::unique_ptr<Store> inner) {
  return std::make_unique<StoreIn<Shelter>>(std::move(inner));
}

std::unique_ptr<Store> unsheltered(std::unique_ptr<Store> inner) {
  return std::make_unique<StoreIn<Unsheltered>>(std::move(inner));
}

TransportFactory sheltered(TransportFactory inner) {
  return [inner = std::move(inner)](const EgressPolicy& egress) -> std::unique_ptr<Transport> {
    const Shelter shelter;
    return std::make_unique<ShelteredTransport>(inner(egress));
  };
}

#ifdef HOOKWRIGHT_TEST_SQLITE
namespace {

sqlite3_mem_methods real{};

void* sqlite_allocate(int size) {
  return must_fail() ? nullptr : real.xMalloc(size);
}
void* sqlite_reallocate(void* old, int size) {
  return must_fail() ? nullptr : real.xRealloc(old, size);
}

}  // namespace

void take_over_sqlite() {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
  sqlite3_mem_methods ours = real;
  ours.xMalloc = sqlite_allocate;
  ours.xRealloc = sqlite_reallocate;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}
#else
void take_over_sqlite() {}
#endif

}  // namespace sweep::memory
