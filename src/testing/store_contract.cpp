#include "hookwright/testing/store_contract.hpp"

#include <vector>

#include "testing/store_scene.hpp"

namespace hookwright::testing {

StoreUnderTest::~StoreUnderTest() = default;

std::unique_ptr<Store> StoreUnderTest::reopen() {
  throw ContractViolation("expected StoreUnderTest::reopen to be overridden for a durable store");
}

std::unique_ptr<Store> StoreUnderTest::join() {
  throw ContractViolation("expected StoreUnderTest::join to be overridden for a shared store");
}

std::span<const StoreCase> store_contract() {
  static const std::vector<StoreCase> all = [] {
    std::vector<StoreCase> cases;
    for (const auto part :
         {contract::commit_cases(), contract::condition_cases(), contract::record_cases(),
          contract::fetch_cases(), contract::find_cases(), contract::history_cases(),
          contract::paging_cases(), contract::maintain_cases(), contract::durable_cases(),
          contract::shared_cases()}) {
      cases.insert(cases.end(), part.begin(), part.end());
    }
    return cases;
  }();
  return all;
}

bool applies(const StoreCase& one, const StoreTraits& traits) {
  return lacking(one, traits).empty();
}

std::string lacking(const StoreCase& one, const StoreTraits& traits) {
  std::string missing;
  if (one.needs.durable && !traits.durable) missing = "durable";
  if (one.needs.shared && !traits.shared) missing += missing.empty() ? "shared" : " and shared";
  return missing;
}

}  // namespace hookwright::testing
