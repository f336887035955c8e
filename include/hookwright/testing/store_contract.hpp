#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"
#include "hookwright/testing/contract_violation.hpp"

namespace hookwright::testing {

// Gives the suite stores of the kind that is to be held to the contract. Derive from it; the suite
// uses one object for all its cases, from one thread.
class HOOKWRIGHT_EXPORT StoreUnderTest {
 public:
  virtual ~StoreUnderTest();

  // A store on new data, where nothing is in it yet. Earlier stores are gone by then.
  virtual std::unique_ptr<Store> make() = 0;

  // Durable stores override it: another store on the data of the last make(). The one before has
  // been destroyed without ceremony, as a crash would, so don't help by flushing anything.
  virtual std::unique_ptr<Store> reopen();

  // Shared stores override it: another store on the data of the last make(), beside those that
  // live.
  virtual std::unique_ptr<Store> join();
};

// One promise of `hookwright/store.hpp`, and what proves it.
struct StoreCase {
  std::string_view name{};
  StoreTraits needs{};  // traits without which the case proves nothing
  void (*run)(StoreUnderTest&) = nullptr;
};

// Every case. No framework is needed; with Catch2 it reads
//
//   for (const StoreCase& one : store_contract()) {
//     DYNAMIC_SECTION(one.name) {
//       if (applies(one, traits)) one.run(mine);
//       else WARN("left out, since it needs " << lacking(one, traits));
//     }
//   }
//
// A case throws ContractViolation where the store breaks a promise. It makes the stores it needs,
// passes virtual time only, and takes well under a second with a store in memory.
[[nodiscard]] HOOKWRIGHT_EXPORT std::span<const StoreCase> store_contract();

// Whether a store with these traits can be held to the case, and otherwise what it lacks:
// "durable", "shared" or both.
[[nodiscard]] HOOKWRIGHT_EXPORT bool applies(const StoreCase& one, const StoreTraits& traits);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string lacking(const StoreCase& one,
                                                    const StoreTraits& traits);

}  // namespace hookwright::testing
