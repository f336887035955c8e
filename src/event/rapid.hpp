#pragma once

#include <cstdlib>
#include <new>
#include <stdexcept>

// RapidJSON, for json.cpp alone: in a namespace of its own, so that an application's RapidJSON with
// other settings is another library; without document.h, which newer compilers reject; and with
// neither aborts nor unchecked allocations.

namespace hookwright::event {
[[noreturn]] inline void rapid_fault() {
  throw std::logic_error("hookwright: JSON out of order");
}
}  // namespace hookwright::event

#define RAPIDJSON_NAMESPACE hookwright::event::rapid
#define RAPIDJSON_NAMESPACE_BEGIN namespace hookwright::event::rapid {
#define RAPIDJSON_NAMESPACE_END }
#define RAPIDJSON_ASSERT(x) \
  (static_cast<bool>(x) ? static_cast<void>(0) : hookwright::event::rapid_fault())
#define RAPIDJSON_NOEXCEPT_ASSERT(x) static_cast<void>(0)

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace hookwright::event {

// RapidJSON does not look whether its allocator failed.
class RapidAllocator {
 public:
  static constexpr bool kNeedFree = true;
  static constexpr bool kRefCounted = false;

  void* Malloc(std::size_t size) { return size == 0 ? nullptr : checked(std::malloc(size)); }
  void* Realloc(void* old, std::size_t, std::size_t size) {
    if (size != 0) return checked(std::realloc(old, size));
    std::free(old);
    return nullptr;
  }
  static void Free(void* block) noexcept { std::free(block); }

 private:
  static void* checked(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
};

using RapidBuffer = rapid::GenericStringBuffer<rapid::UTF8<>, RapidAllocator>;
using RapidWriter = rapid::Writer<RapidBuffer, rapid::UTF8<>, rapid::UTF8<>, RapidAllocator>;
using RapidReader = rapid::GenericReader<rapid::UTF8<>, rapid::UTF8<>, RapidAllocator>;

}  // namespace hookwright::event
