#include "event/number.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <system_error>

#if !defined(__cpp_lib_to_chars)
#include <locale>
#include <sstream>
#endif

namespace hookwright::event {

namespace {

// The shortest decimal digits that mean the value, and the power of ten of the point: 0.d1d2d3 x
// 10^point.
struct Decimal {
  char digits[20] = {};
  int count = 0;
  int point = 0;
};

template <class Float>
Decimal shortest(Float magnitude) noexcept {
  char text[48];
  const char* const end =
      std::to_chars(text, text + sizeof text, magnitude, std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* p = text;
  for (; p != end && *p != 'e'; ++p)
    if (*p != '.') decimal.digits[decimal.count++] = *p;
  int exponent = 0;
  if (p != end) {
    ++p;                 // e
    if (*p == '+') ++p;  // from_chars takes a minus sign, but no plus
    std::from_chars(p, end, exponent);
  }
  decimal.point = exponent + 1;
  return decimal;
}

class Appender {
 public:
  explicit Appender(NumberText& out) noexcept : out_(out) {}
  void put(char c) noexcept { out_.chars[out_.size++] = c; }
  void put(const char* from, int count) noexcept {
    std::memcpy(out_.chars.data() + out_.size, from, static_cast<std::size_t>(count));
    out_.size += static_cast<std::size_t>(count);
  }
  void zeros(int count) noexcept {
    for (; count > 0; --count) put('0');
  }
  void integer(int value) noexcept {
    char* const begin = out_.chars.data() + out_.size;
    const auto [end, error] = std::to_chars(begin, out_.chars.data() + out_.chars.size(), value);
    if (error == std::errc{}) out_.size += static_cast<std::size_t>(end - begin);
  }

 private:
  NumberText& out_;
};

// ECMA-262, Number::toString, steps 6 to 11, where k is `count` and n is `point`.
void lay_out(const Decimal& d, Appender& out) noexcept {
  if (d.count <= d.point && d.point <= 21) {
    out.put(d.digits, d.count);
    out.zeros(d.point - d.count);
  } else if (0 < d.point && d.point <= 21) {
    out.put(d.digits, d.point);
    out.put('.');
    out.put(d.digits + d.point, d.count - d.point);
  } else if (-6 < d.point && d.point <= 0) {
    out.put("0.", 2);
    out.zeros(-d.point);
    out.put(d.digits, d.count);
  } else {
    out.put(d.digits[0]);
    if (d.count > 1) {
      out.put('.');
      out.put(d.digits + 1, d.count - 1);
    }
    out.put('e');
    out.put(d.point > 0 ? '+' : '-');
    out.integer(d.point > 0 ? d.point - 1 : 1 - d.point);
  }
}

template <class Float>
NumberText text_of(Float value) noexcept {
  NumberText text;
  Appender out(text);
  if (value == Float{0}) {  // -0 too
    out.put('0');
    return text;
  }
  if (value < Float{0}) out.put('-');
  lay_out(shortest(value < Float{0} ? -value : value), out);
  return text;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// For a token outside the range of double: is it too small rather than too large? The digits tell
// by the power of ten of the first that is not zero.
bool is_tiny(std::string_view token) noexcept {
  constexpr std::int64_t far = 1'000'000'000'000;
  std::int64_t point = 0;
  bool started = false;
  bool fraction = false;
  std::size_t i = 0;
  for (; i < token.size() && token[i] != 'e' && token[i] != 'E'; ++i) {
    if (token[i] == '.') fraction = true;
    if (!is_digit(token[i])) continue;
    started = started || token[i] != '0';
    if (started && !fraction) ++point;
    if (!started && fraction) --point;
  }
  if (!started) return true;
  std::int64_t exponent = 0;
  const bool negative = token.find('-', i) != std::string_view::npos;
  for (; i < token.size(); ++i)
    if (is_digit(token[i])) exponent = std::min(far, exponent * 10 + (token[i] - '0'));
  return point + (negative ? -exponent : exponent) <= 0;
}

}  // namespace

NumberText number_text(double value) noexcept {
  return text_of(value);
}
NumberText number_text(float value) noexcept {
  return text_of(value);
}

std::optional<double> parse_number(std::string_view token) {
  double value = 0;
#if defined(__cpp_lib_to_chars)
  const bool in_range =
      std::from_chars(token.data(), token.data() + token.size(), value).ec == std::errc{};
#else  // a library without from_chars for double: the same digits through the C locale
  std::istringstream stream{std::string(token)};
  stream.imbue(std::locale::classic());
  const bool in_range = static_cast<bool>(stream >> value);
#endif
  if (in_range) return value;
  if (is_tiny(token)) return 0.0;
  return std::nullopt;
}

}  // namespace hookwright::event
