#pragma once

// Memory that runs out on command, in the whole program that links failing_memory.cpp.

#include <cstddef>
#include <memory>

#include "hookwright/options.hpp"
#include "hookwright/store.hpp"

namespace sweep::memory {

using namespace hookwright;

// The `at`-th allocation from now on fails (1: the next), and `count` in a row; then every
// `every`-th too, unless that is 0. While nothing is planned allocations are only counted.
void fail(std::size_t at, std::size_t count = 1, std::size_t every = 0);
void mend();

[[nodiscard]] std::size_t allocations();  // since fail() or mend()
[[nodiscard]] std::size_t failed();       // of these

// For whoever allocates: counts, and says whether this one fails.
[[nodiscard]] bool next_fails();

// Whether SQLite's own allocations are counted and fail too. To be called before its first use.
void take_over_sqlite();

// Between these nothing is counted and nothing fails, on this thread: what belongs to the test.
class Shelter {
 public:
  Shelter();
  ~Shelter();
  Shelter(const Shelter&) = delete;
  Shelter& operator=(const Shelter&) = delete;
};

// Only between these it may fail, on the test's thread: elsewhere the test would have to survive it
// too.
class Exposed {
 public:
  Exposed();
  ~Exposed();
  Exposed(const Exposed&) = delete;
  Exposed& operator=(const Exposed&) = delete;
};

// Ends a shelter for a while.
class Unsheltered {
 public:
  Unsheltered();
  ~Unsheltered();
  Unsheltered(const Unsheltered&) = delete;
  Unsheltered& operator=(const Unsheltered&) = delete;

 private:
  int shelters_;
};

// Threads that are not the test's are exposed unless said.
void expose_other_threads(bool exposed);

// A store and transports that always have memory: then only the engine's own calls fail.
std::unique_ptr<Store> sheltered(std::unique_ptr<Store> inner);
std::unique_ptr<Store> unsheltered(std::unique_ptr<Store> inner);  // and one within that has not
TransportFactory sheltered(TransportFactory inner);

}  // namespace sweep::memory
