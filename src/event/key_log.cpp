#include "event/key_log.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace hookwright::event {

namespace {

std::uint64_t load(const char* from, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

// From the length and both ends: keys that differ only in the middle are told apart by their text.
std::uint64_t signature_of(std::string_view key) noexcept {
  const std::size_t part = std::min<std::size_t>(key.size(), 8);
  const std::uint64_t front = load(key.data(), part);
  const std::uint64_t back = load(key.data() + (key.size() - part), part);
  return (front * 0x9E3779B97F4A7C15U) ^ (back * 0xC2B2AE3D27D4EB4FU) ^ key.size();
}

}  // namespace

void KeyLog::push(std::size_t offset, std::string_view key) {
  keys_.push_back({signature_of(key), static_cast<std::uint32_t>(offset),
                   static_cast<std::uint32_t>(key.size())});
}

std::string_view KeyLog::at(std::size_t index, const char* output) const noexcept {
  return {output + keys_[index].offset, keys_[index].size};
}

std::optional<std::size_t> KeyLog::find_duplicate(std::size_t first, const char* output) const {
  constexpr std::size_t few = 24;  // where comparing all pairs is quicker than sorting
  if (keys_.size() - first <= few) {
    for (std::size_t i = first; i < keys_.size(); ++i)
      for (std::size_t j = first; j < i; ++j)
        if (keys_[i].signature == keys_[j].signature && at(i, output) == at(j, output)) return i;
    return std::nullopt;
  }
  std::vector<std::size_t> order(keys_.size() - first);
  std::iota(order.begin(), order.end(), first);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (keys_[a].signature != keys_[b].signature) return keys_[a].signature < keys_[b].signature;
    return at(a, output) < at(b, output);
  });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (at(order[i], output) == at(order[i - 1], output)) return order[i];
  return std::nullopt;
}

}  // namespace hookwright::event
