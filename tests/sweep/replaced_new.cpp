// The replacements of new and delete that the standard allows, those for aligned memory excepted.
// All forms, since a sanitizer's own don't call these. In a file of their own, where no compiler
// can see through them.

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

void* operator new[](std::size_t size) {
  return ::operator new(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*no_throw*/) noexcept {
  return sweep::memory::next_fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t& no_throw) noexcept {
  return ::operator new(size, no_throw);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*no_throw*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t& /*no_throw*/) noexcept {
  std::free(memory);
}
