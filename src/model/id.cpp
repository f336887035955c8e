#include "hookwright/id.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace hookwright {
namespace {

constexpr std::string_view digits_of_ids =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t text_digits = 22;  // the least n with 62^n > 2^128
constexpr std::uint32_t base = 62;
constexpr std::uint32_t five_digits = base * base * base * base * base;  // what fits into a limb

static_assert(std::ranges::is_sorted(digits_of_ids) && digits_of_ids.size() == base,
              "ids sort as text");

using Limbs = std::array<std::uint32_t, 4>;  // 128 bits, the most significant first

Limbs to_limbs(const IdBytes& id) {
  Limbs limbs{};
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    limbs[i / 4] = (limbs[i / 4] << 8U) | id.bytes[i];
  }
  return limbs;
}

IdBytes to_bytes(const Limbs& limbs) {
  IdBytes id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(limbs[i / 4] >> (24U - 8U * (i % 4)));
  }
  return id;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 36;
  return -1;
}

// Not kept in a buffer: OpenSSL notices a fork, and a buffer would give parent and child the same
// ids.
std::uint64_t random_from_system() {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("hookwright: the operating system's random generator failed");
  }
  std::uint64_t value = 0;
  for (const unsigned char b : bytes) value = (value << 8U) | b;
  return value;
}

}  // namespace

namespace detail {

std::string id_text(std::string_view prefix, const IdBytes& id) {
  Limbs rest = to_limbs(id);
  std::string text(prefix.size() + text_digits, '0');
  prefix.copy(text.data(), prefix.size());
  for (std::size_t at = text.size(); at > prefix.size();) {
    std::uint64_t remainder = 0;
    for (std::uint32_t& limb : rest) {
      const std::uint64_t part = (remainder << 32U) | limb;
      limb = static_cast<std::uint32_t>(part / five_digits);
      remainder = part % five_digits;
    }
    auto five = static_cast<std::uint32_t>(remainder);
    for (int i = 0; i < 5 && at > prefix.size(); ++i, five /= base)
      text[--at] = digits_of_ids[five % base];
  }
  return text;
}

std::optional<IdBytes> parse_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + text_digits || !text.starts_with(prefix)) return std::nullopt;
  Limbs value{};
  for (const char c : text.substr(prefix.size())) {
    const int digit = digit_value(c);
    if (digit < 0) return std::nullopt;
    auto carry = static_cast<std::uint64_t>(digit);
    for (auto limb = value.rbegin(); limb != value.rend(); ++limb) {
      carry += std::uint64_t{*limb} * base;
      *limb = static_cast<std::uint32_t>(carry);
      carry >>= 32U;
    }
    if (carry != 0) return std::nullopt;  // 22 digits can name more than 128 bits
  }
  return to_bytes(value);
}

}  // namespace detail

// RFC 9562, section 6.2, method 1: a counter in the 12 bits of rand_a orders the ids of one
// millisecond.
struct IdGenerator::State {
  std::mutex mutex;
  std::uint64_t seed = 0;
  std::uint64_t seeded_position = 0;
  std::uint64_t last_ms = 0;
  std::uint32_t counter = 0;
  bool used = false;

  std::uint64_t random() {
    if (seed == 0) return random_from_system();
    // SplitMix64: every position gives the same value on every platform.
    std::uint64_t z = seed + ++seeded_position * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
};

IdGenerator::IdGenerator(std::uint64_t seed) : state_(std::make_unique<State>()) {
  state_->seed = seed;
  if (seed == 0)
    random_from_system();  // a system without randomness shows here, not at the first event
}

IdGenerator::~IdGenerator() = default;
IdGenerator::IdGenerator(IdGenerator&&) noexcept = default;
IdGenerator& IdGenerator::operator=(IdGenerator&&) noexcept = default;

IdBytes IdGenerator::next_bytes(TimePoint now) {
  // Half of the 48 bits (to the year 6429) is left to rise into if a host's clock says something
  // absurd.
  constexpr std::int64_t ms_max = (std::int64_t{1} << 47U) - 1;
  constexpr std::uint32_t counter_max = 0xFFF;
  const auto now_ms = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(now.time_since_epoch().count(), 0, ms_max));

  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  const std::uint64_t random = state.random();
  const bool counted = state.used && now_ms <= state.last_ms;
  if (counted && state.counter < counter_max) {
    ++state.counter;
  } else {
    // A new millisecond, or a full one, after which the ids run ahead of the clock.
    state.last_ms = counted ? state.last_ms + 1 : now_ms;
    // A random start, but from the lower half, so that a millisecond has room for 2,048 ids at
    // least.
    state.counter = static_cast<std::uint32_t>(state.random() & (counter_max >> 1U));
    state.used = true;
  }

  const std::uint64_t high = (state.last_ms << 16U) | 0x7000U | state.counter;
  const std::uint64_t low = (random & 0x3FFF'FFFF'FFFF'FFFFULL) | 0x8000'0000'0000'0000ULL;
  return to_bytes({static_cast<std::uint32_t>(high >> 32U), static_cast<std::uint32_t>(high),
                   static_cast<std::uint32_t>(low >> 32U), static_cast<std::uint32_t>(low)});
}

}  // namespace hookwright
