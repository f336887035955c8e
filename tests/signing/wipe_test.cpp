#include "signing/wipe.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "catch2.hpp"
#include "hookwright/secret.hpp"

namespace {

bool all_zero(const auto& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

// Looks into a block of the heap just before it is given back, while reading it is still allowed.
struct Watched {
  const void* block = nullptr;
  std::size_t size = 0;
  bool freed = false;
  bool zero = false;

  void about_to_free(const void* memory) {
    if (memory == nullptr || memory != block) return;
    const auto* bytes = static_cast<const unsigned char*>(memory);
    zero = std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
    freed = true;
    block = nullptr;
  }
};

thread_local Watched watched;

Watched watch(const hookwright::Secret& secret) {
  return Watched{secret.reveal().data(), secret.reveal().size(), false, false};
}

}  // namespace

// Only in this test's binary. An array of char has no size to be given back with.
void* operator new[](std::size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete[](void* memory) noexcept {
  watched.about_to_free(memory);
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  watched.about_to_free(memory);
  std::free(memory);
}

TEST_CASE("wiping overwrites every byte") {
  std::array<char, 9> bytes = {'w', 'h', 's', 'e', 'c', '_', 'a', 'b', 'c'};
  hookwright::signing::wipe(bytes.data(), bytes.size());
  CHECK(all_zero(bytes));
  hookwright::signing::wipe(nullptr, 0);
}

TEST_CASE("a scope wipes its bytes when it ends, by an exception too") {
  std::array<char, 4> bytes = {'k', 'e', 'y', '!'};
  {
    const hookwright::signing::WipeAtExit wipe_bytes(bytes);
    CHECK(bytes[0] == 'k');
  }
  CHECK(all_zero(bytes));

  bytes = {'k', 'e', 'y', '!'};
  try {
    const hookwright::signing::WipeAtExit wipe_bytes(bytes);
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    CHECK(all_zero(bytes));
  }
}

TEST_CASE("a secret's bytes are zero before the heap gets them back") {
  SECTION("when it is destroyed") {
    {
      const hookwright::Secret secret("whsec_planted_1");
      watched = watch(secret);
    }
    CHECK(watched.freed);
    CHECK(watched.zero);
  }
  SECTION("when another is assigned to it") {
    hookwright::Secret secret("whsec_planted_2");
    watched = watch(secret);
    secret = hookwright::Secret("whsec_other");
    CHECK(watched.freed);
    CHECK(watched.zero);
  }
  SECTION("not before the last copy of it is gone") {
    auto first = std::make_unique<hookwright::Secret>("whsec_planted_3");
    watched = watch(*first);
    {
      const hookwright::Secret copy = *first;
      first.reset();
      CHECK_FALSE(watched.freed);
      CHECK(copy.reveal() == "whsec_planted_3");
    }
    CHECK(watched.freed);
    CHECK(watched.zero);
  }
}
