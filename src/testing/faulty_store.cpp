#include "hookwright/testing/faulty_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hookwright::testing {

namespace {

constexpr std::size_t calls_max = 100'000;

StoreStatus status_of(StoreFault fault) {
  switch (fault) {
    case StoreFault::unavailable:
      return {StoreCode::unavailable, "simulated: unavailable"};
    case StoreFault::full:
      return {StoreCode::full, "simulated: full"};
    case StoreFault::unknown_applied:
    case StoreFault::unknown_not_applied:
      return {StoreCode::unknown, "simulated: the answer got lost"};
    case StoreFault::broken:
      return {StoreCode::broken, "simulated: broken"};
    case StoreFault::throws:
      break;
  }
  throw std::runtime_error("simulated: a store that throws");
}

// One call, as the plan has it.
template <class Answer, class Call>
Answer answer_to(StoreFaults& faults, StoreCall name, Call&& call) {
  const std::optional<StoreFault> fault = faults.next(name);
  if (!fault) return call();
  if (fault == StoreFault::unknown_applied) (void)call();
  Answer answer;
  answer.status = status_of(*fault);
  return answer;
}

// One that has no status to fail with.
template <class Call>
bool word_from(StoreFaults& faults, StoreCall name, Call&& call) {
  const std::optional<StoreFault> fault = faults.next(name);
  if (!fault) return call();
  if (fault == StoreFault::unknown_applied) (void)call();
  if (fault == StoreFault::throws) throw std::runtime_error("simulated: a store that throws");
  return false;
}

}  // namespace

std::string_view to_string(StoreFault fault) {
  switch (fault) {
    case StoreFault::unavailable:
      return "unavailable";
    case StoreFault::full:
      return "full";
    case StoreFault::unknown_applied:
      return "unknown_applied";
    case StoreFault::unknown_not_applied:
      return "unknown_not_applied";
    case StoreFault::broken:
      return "broken";
    case StoreFault::throws:
      return "throws";
  }
  return "unknown";
}

std::string_view to_string(StoreCall call) {
  switch (call) {
    case StoreCall::open:
      return "open";
    case StoreCall::commit:
      return "commit";
    case StoreCall::fetch:
      return "fetch";
    case StoreCall::find:
      return "find";
    case StoreCall::acquire:
      return "acquire";
    case StoreCall::heartbeat:
      return "heartbeat";
    case StoreCall::maintain:
      return "maintain";
    case StoreCall::checkpoint:
      return "checkpoint";
  }
  return "unknown";
}

StoreFaults::StoreFaults(StoreFaultPlan plan) : plan_(std::move(plan)) {}

void StoreFaults::follow(StoreFaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
  calls_ = 0;
  failed_ = 0;
  first_.clear();
}

void StoreFaults::mend() {
  const std::lock_guard lock(mutex_);
  plan_.faults.clear();
}

std::size_t StoreFaults::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::size_t StoreFaults::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::string StoreFaults::text() const {
  const std::lock_guard lock(mutex_);
  std::string text =
      first_.empty() ? "call " + std::to_string(plan_.at) + " and none failed yet" : first_;
  for (const StoreFault fault : plan_.faults) text.append(", ").append(to_string(fault));
  if (plan_.for_ever) text += ", for ever";
  return text;
}

std::optional<StoreFault> StoreFaults::next(StoreCall call) {
  const std::lock_guard lock(mutex_);
  if (plan_.only ? *plan_.only != call : call == StoreCall::checkpoint) return std::nullopt;
  ++calls_;
  if (calls_ < plan_.at || plan_.faults.empty()) return std::nullopt;
  const std::size_t past = calls_ - plan_.at;
  if (past >= plan_.faults.size() && !plan_.for_ever) return std::nullopt;
  if (failed_++ == 0)
    first_ = "call " + std::to_string(calls_) + " (" + std::string(to_string(call)) + ")";
  return plan_.faults[std::min(past, plan_.faults.size() - 1)];
}

FaultyStore::FaultyStore(std::unique_ptr<Store> inner, std::shared_ptr<StoreFaults> faults)
    : inner_(std::move(inner)), faults_(std::move(faults)) {
  if (!inner_ || !faults_) throw std::logic_error("FaultyStore: needs a store and its faults");
}

FaultyStore::~FaultyStore() = default;

Opened FaultyStore::open(const Worker& worker, TimePoint now) {
  return answer_to<Opened>(*faults_, StoreCall::open, [&] { return inner_->open(worker, now); });
}

Committed FaultyStore::commit(const Batch& batch, TimePoint now) {
  return answer_to<Committed>(*faults_, StoreCall::commit,
                              [&] { return inner_->commit(batch, now); });
}

Pages FaultyStore::fetch(std::span<const LaneCursor> cursors, TimePoint now) {
  return answer_to<Pages>(*faults_, StoreCall::fetch, [&] { return inner_->fetch(cursors, now); });
}

Records FaultyStore::find(const Query& query) {
  return answer_to<Records>(*faults_, StoreCall::find, [&] { return inner_->find(query); });
}

StoreTraits FaultyStore::traits() const {
  return inner_->traits();
}

Grants FaultyStore::acquire(TimePoint now, std::size_t max) {
  return answer_to<Grants>(*faults_, StoreCall::acquire, [&] { return inner_->acquire(now, max); });
}

Beat FaultyStore::heartbeat(TimePoint now) {
  return answer_to<Beat>(*faults_, StoreCall::heartbeat, [&] { return inner_->heartbeat(now); });
}

void FaultyStore::checkpoint() {
  (void)word_from(*faults_, StoreCall::checkpoint, [&] {
    inner_->checkpoint();
    return true;
  });
}

bool FaultyStore::maintain(TimePoint now, const Budget& budget) {
  return word_from(*faults_, StoreCall::maintain, [&] { return inner_->maintain(now, budget); });
}

std::size_t sweep_store_faults(
    const std::function<void(const std::shared_ptr<StoreFaults>&)>& scenario,
    std::span<const StoreFault> faults, std::size_t step) {
  std::size_t runs = 0;
  for (const StoreFault fault : faults) {
    for (const bool for_ever : {false, true}) {
      for (std::size_t at = 1;; at += std::max<std::size_t>(1, step)) {
        if (at > calls_max) throw std::logic_error("sweep_store_faults: the scenario has no end");
        const auto under_way = std::make_shared<StoreFaults>(
            StoreFaultPlan{.at = at, .faults = {fault}, .for_ever = for_ever});
        scenario(under_way);
        ++runs;
        if (under_way->failed() == 0) break;
      }
    }
  }
  return runs;
}

}  // namespace hookwright::testing
