// The replacements of new and delete that the standard allows; all other forms call these. In a
// file of their own, where no compiler can see through them.

#include <cstdlib>
#include <new>

#include "sweep/failing_memory.hpp"

void* operator new(std::size_t size) {
  void* memory = sweep::memory::next_fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
