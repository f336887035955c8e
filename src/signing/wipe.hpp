#pragma once

#include <cstddef>

namespace hookwright::signing {

// Overwrites memory that held a key, in a way that no optimiser may leave out.
void wipe(void* memory, std::size_t size) noexcept;

// Overwrites `bytes` when the scope ends, however it ends. For arrays of bytes on the stack.
template <class Bytes>
class WipeAtExit {
 public:
  explicit WipeAtExit(Bytes& bytes) noexcept : bytes_(bytes) {}
  ~WipeAtExit() { wipe(bytes_.data(), bytes_.size() * sizeof(*bytes_.data())); }
  WipeAtExit(const WipeAtExit&) = delete;
  WipeAtExit& operator=(const WipeAtExit&) = delete;

 private:
  Bytes& bytes_;
};

}  // namespace hookwright::signing
