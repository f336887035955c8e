#include "event/outline.hpp"

namespace hookwright::event {

namespace {

// A key as a refusal shows it.
std::string shown(std::string_view key) {
  constexpr std::size_t most = 64;
  if (key.size() <= most) return std::string(key);
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(key[cut]) & 0xC0) == 0x80) --cut;
  return std::string(key.substr(0, cut)) + "...";
}

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? shown(key) : path + "." + shown(key);
}

}  // namespace

void Outline::clear() noexcept {
  keys_.clear();
  depth_ = 0;
  complete_ = false;
}

const char* Outline::begin_object() {
  return begin(true);
}
const char* Outline::begin_array() {
  return begin(false);
}
const char* Outline::end_object() {
  return end(true);
}
const char* Outline::end_array() {
  return end(false);
}

const char* Outline::begin(bool object) {
  if (depth_ > 0 || complete_ || !object)
    if (const char* const problem = value()) return problem;
  if (depth_ == levels_.size()) return "objects and arrays are nested more than 16 deep";
  levels_[depth_++] = Level{object, false, keys_.size(), 0};
  return nullptr;
}

const char* Outline::key() {
  if (depth_ == 0 || !levels_[depth_ - 1].object) return "a key outside an object";
  if (levels_[depth_ - 1].key_pending) return "a key without a value";
  levels_[depth_ - 1].key_pending = true;
  return nullptr;
}

const char* Outline::value() {
  if (depth_ == 0) return "only one object can stand at the top";
  Level& level = levels_[depth_ - 1];
  if (!level.object) {
    ++level.elements;
  } else if (!level.key_pending) {
    return "a value without a key";
  }
  level.key_pending = false;
  return nullptr;
}

const char* Outline::end(bool object) {
  if (depth_ == 0 || levels_[depth_ - 1].object != object) return "an end without a beginning";
  if (levels_[depth_ - 1].key_pending) return "a key without a value";
  keys_.truncate(levels_[--depth_].first_key);
  complete_ = depth_ == 0;
  return nullptr;
}

std::string Outline::outer_path(std::size_t levels, const char* output) const {
  std::string path;
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t keys_end = i + 1 < depth_ ? levels_[i + 1].first_key : keys_.size();
    if (levels_[i].object && keys_end > levels_[i].first_key) {
      path = joined(path, keys_.at(keys_end - 1, output));
    } else if (levels_[i].elements > 0) {
      path += "[" + std::to_string(levels_[i].elements - 1) + "]";
    }
  }
  return path;
}

std::string Outline::path(const char* output) const {
  const std::string path = outer_path(depth_, output);
  return path.empty() ? "body" : path;
}

std::optional<std::string> Outline::duplicate(const char* output) const {
  if (depth_ == 0) return std::nullopt;
  const auto twice = keys_.find_duplicate(levels_[depth_ - 1].first_key, output);
  if (!twice) return std::nullopt;
  return joined(outer_path(depth_ - 1, output), keys_.at(*twice, output));
}

}  // namespace hookwright::event
