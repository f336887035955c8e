#include "policy/excerpt.hpp"

#include <cstddef>

#include "event/utf8.hpp"

namespace hookwright::policy {

namespace {

constexpr std::size_t bytes_max = 4'096;

bool acts(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1)
    return (byte(0) < 0x20 && byte(0) != '\n' && byte(0) != '\t') || byte(0) == 0x7F;
  if (character.size() == 2)
    return (byte(0) == 0xC2 && byte(1) < 0xA0) ||  // C1 controls
           (byte(0) == 0xD8 && byte(1) == 0x9C);   // U+061C
  if (character.size() != 3 || byte(0) != 0xE2) return false;
  if (byte(1) == 0x80)  // U+200E, U+200F, U+2028 to U+202E
    return byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE);
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;  // U+2066 to U+2069
}

}  // namespace

std::string excerpt_of(std::string_view answer) {
  std::string text;
  while (!answer.empty()) {
    const event::Utf8Step step = event::utf8_step(answer);
    std::string_view next = answer.substr(0, step.bytes);
    answer.remove_prefix(step.bytes);
    if (next == "\r" && answer.starts_with('\n')) continue;
    if (!step.valid || acts(next)) next = event::utf8_replacement;
    if (text.size() + next.size() > bytes_max) break;
    text += next;
  }
  return text;
}

}  // namespace hookwright::policy
