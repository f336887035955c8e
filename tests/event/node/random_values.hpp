#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

// Random material for documents: the same in every run and on every platform for one seed, which is
// why nothing here is one of the standard library's distributions.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  std::int64_t safe_integer() {
    constexpr std::int64_t max = 9007199254740991;
    if (chance(16)) return chance(2) ? max : -max;
    const auto magnitude = static_cast<std::int64_t>(engine_() >> (11 + below(53)));
    return chance(2) ? magnitude : -magnitude;
  }

  // Any bit pattern, coordinates, money, whole numbers, and the places where the layout changes.
  double finite_double() {
    switch (below(6)) {
      case 0:
        return boundary();
      case 1:
        return static_cast<double>(static_cast<std::int64_t>(below(3'600'000'001)) -
                                   1'800'000'000) /
               1e7;
      case 2:
        return static_cast<double>(below(100'000'000)) / 100;
      case 3:
        return static_cast<double>(static_cast<std::int64_t>(engine_())) / 3;
      default:
        return any_finite();
    }
  }

  double any_finite() {
    while (true) {
      const auto value = std::bit_cast<double>(engine_());
      if (value - value == 0) return value;
    }
  }

  // Near a power of ten at which Number::toString changes its form, or near a limit of the type.
  double boundary() {
    static constexpr double edges[] = {0.0,
                                       1e-7,
                                       1e-6,
                                       1.0,
                                       10.0,
                                       1e15,
                                       1e16,
                                       1e17,
                                       1e20,
                                       1e21,
                                       1e22,
                                       1e23,
                                       1e-5,
                                       1e-322,
                                       9007199254740992.0,
                                       2.2250738585072014e-308,
                                       1.7976931348623157e308,
                                       4294967296.0,
                                       9223372036854775808.0,
                                       5e-324};
    const double edge = edges[below(sizeof edges / sizeof edges[0])];
    auto near = std::bit_cast<std::uint64_t>(edge);
    if (near > 8 && near < std::bit_cast<std::uint64_t>(edges[16]) - 8) near += below(17) - 8;
    const auto value = std::bit_cast<double>(near);
    return chance(2) ? value : -value;
  }

  void append_code_point(std::string& to, std::uint32_t c) {
    const auto put = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F));
      put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
    }
  }

  std::uint32_t code_point() {
    switch (below(8)) {
      case 0:
        return static_cast<std::uint32_t>(below(0x20));
      case 1:
        return static_cast<std::uint32_t>(0x80 + below(0x780));
      case 2: {
        const auto c = static_cast<std::uint32_t>(0x800 + below(0xF000));
        return c < 0xD800 ? c : c + 0x800;
      }
      case 3:
        return static_cast<std::uint32_t>(0x10000 + below(0x100000));
      case 4:
        return chance(2) ? '"' : '\\';
      default:
        return static_cast<std::uint32_t>(0x20 + below(0x60));
    }
  }

  std::string valid_text(std::size_t most = 40) {
    std::string text;
    for (std::size_t n = below(most + 1); n > 0; --n) append_code_point(text, code_point());
    return text;
  }

  // Valid text with bytes put in, taken out or cut off.
  std::string broken_text(std::size_t most = 40) {
    std::string text = valid_text(most);
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(text.size() + 1);
      if (chance(3) && !text.empty()) {
        text.erase(at == text.size() ? at - 1 : at, 1);
      } else {
        text.insert(at, 1, static_cast<char>(0x80 + below(0x80)));
      }
    }
    return text;
  }

  std::string text() { return chance(8) ? broken_text() : valid_text(); }

 private:
  std::mt19937_64 engine_;
};
