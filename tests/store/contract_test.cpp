#include "hookwright/testing/store_contract.hpp"

#include <set>

#include "catch2.hpp"
#include "store/stores.hpp"

using hookwright::StoreTraits;
using hookwright::testing::applies;
using hookwright::testing::ContractViolation;
using hookwright::testing::lacking;
using hookwright::testing::store_contract;
using hookwright::testing::StoreCase;

TEMPLATE_TEST_CASE("every store keeps the contract", "", MemoryUnderTest, SqliteUnderTest) {
  TestType under_test;
  const StoreTraits traits = under_test.make()->traits();
  for (const StoreCase& one : store_contract()) {
    DYNAMIC_SECTION(one.name) {
      if (!applies(one, traits)) {
        INFO("left out, since the store is not " << lacking(one, traits));
        SUCCEED();
      } else {
        try {
          one.run(under_test);
        } catch (const ContractViolation& violation) {
          FAIL(violation.what());
        }
        SUCCEED();
      }
    }
  }
}

TEST_CASE("the contract's cases are told apart by their names") {
  std::set<std::string_view> names;
  for (const StoreCase& one : store_contract()) {
    CHECK(one.run != nullptr);
    CHECK_FALSE(one.name.empty());
    CHECK(names.insert(one.name).second);
  }
  CHECK(names.size() > 50);
}

TEST_CASE("a case says what a store lacks for it") {
  StoreCase one;
  CHECK(applies(one, {}));
  one.needs = {.durable = true, .shared = true};
  CHECK(applies(one, {.durable = true, .shared = true}));
  CHECK(lacking(one, {.durable = true, .shared = false}) == "shared");
  CHECK(lacking(one, {.durable = false, .shared = true}) == "durable");
  CHECK(lacking(one, {}) == "durable and shared");
}
