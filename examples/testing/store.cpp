#include <iostream>

#include "hookwright/hookwright.hpp"
#include "hookwright/stores/memory.hpp"
#include "hookwright/testing/store_contract.hpp"

// Gives the suite the stores to be tested: here the one in memory, there yours.
struct Mine final : hookwright::testing::StoreUnderTest {
  std::shared_ptr<hookwright::MemoryDatabase> data = nullptr;

  std::unique_ptr<hookwright::Store> make() override {
    data = hookwright::make_memory_database();
    return join();
  }
  std::unique_ptr<hookwright::Store> join() override { return hookwright::make_memory_store(data); }
};

int main() {
  Mine mine;
  int broken = 0;
  const hookwright::StoreTraits traits = mine.make()->traits();
  for (const hookwright::testing::StoreCase& one : hookwright::testing::store_contract()) {
    if (!applies(one, traits)) continue;  // it says in its traits() what it does not do
    try {
      one.run(mine);
    } catch (const hookwright::testing::ContractViolation& violation) {
      std::cout << one.name << ": " << violation.what() << '\n';
      ++broken;
    }
  }
  return broken;
}
