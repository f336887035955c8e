#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace hookwright::event {

// The keys of all objects that are being written, as places in the output, so that a key that comes
// twice in one object is found without a copy of any.
class KeyLog {
 public:
  void clear() noexcept { keys_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  // The key that the output holds from `offset` on.
  void push(std::size_t offset, std::string_view key);

  // A key that comes twice among those from `first` on.
  [[nodiscard]] std::optional<std::size_t> find_duplicate(std::size_t first,
                                                          const char* output) const;

  void truncate(std::size_t size) { keys_.resize(size); }
  [[nodiscard]] std::string_view at(std::size_t index, const char* output) const noexcept;

 private:
  struct Key {
    std::uint64_t signature = 0;  // different for different keys, nearly always
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  std::vector<Key> keys_{};
};

// A key that JavaScript moves to the front of its object; 4294967295 and beyond stay where they
// are, but no receiver should have to know that.
[[nodiscard]] constexpr bool integer_like(std::string_view key) noexcept {
  if (key.empty() || (key.front() == '0' && key.size() > 1)) return false;
  for (const char c : key)
    if (c < '0' || c > '9') return false;
  return true;
}

}  // namespace hookwright::event
