#include "event/body_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "event/number.hpp"
#include "hookwright/json.hpp"

namespace hookwright::event {
namespace {

void append_utf8(unsigned point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (point & 0x3F));
}

std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(digit & 0xF);
  }
  return value;
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<BodyField>& out) : rest_(text), out_(out) {}

  // False: the text ends, or can't be read on.
  bool value(std::size_t depth) {
    skip_blanks();
    if (rest_.empty() || depth > json_depth_max + 1) return false;
    switch (rest_.front()) {
      case '{':
        return object(depth);
      case '[':
        return list(depth);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        add(std::move(text));
        return true;
      }
      case 't':
        return word("true") && add(true);
      case 'f':
        return word("false") && add(false);
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

 private:
  template <class Value>
  bool add(Value value) {
    out_.push_back({path_, std::move(value)});
    return true;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  bool take(char c) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool number() {
    const std::string_view token =
        rest_.substr(0, std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size()));
    if (token.empty()) return false;
    rest_.remove_prefix(token.size());
    if (const std::optional<double> value = parse_number(token)) add(*value);
    return true;
  }

  bool object(std::size_t depth) {
    rest_.remove_prefix(1);
    if (!path_.empty()) add(std::monostate());
    if (take('}')) return true;
    do {
      std::string name;
      skip_blanks();
      if (!string(name) || !take(':')) return false;
      const std::size_t before = path_.size();
      if (before != 0) path_ += '.';
      path_ += name;
      const bool good = value(depth + 1);
      path_.resize(before);
      if (!good) return false;
    } while (take(','));
    return take('}');
  }

  bool list(std::size_t depth) {
    rest_.remove_prefix(1);
    add(std::monostate());
    if (take(']')) return true;
    do {
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool string(std::string& out) {
    if (rest_.empty() || rest_.front() != '"') return false;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t plain = rest_.find_first_of("\"\\");
      if (plain == std::string_view::npos) return false;
      out.append(rest_.substr(0, plain));
      const bool ends = rest_[plain] == '"';
      rest_.remove_prefix(plain + 1);
      if (ends) return true;
      if (!escape(out)) return false;
    }
  }

  // Behind the backslash.
  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != 'u') {
      const std::size_t at = std::string_view("\"\\/bfnrt").find(c);
      if (at == std::string_view::npos) return false;
      out += "\"\\/\b\f\n\r\t"[at];
      return true;
    }
    const std::optional<unsigned> first = hex4(rest_);
    if (!first) return false;
    rest_.remove_prefix(4);
    unsigned point = *first;
    if (point >= 0xD800 && point <= 0xDBFF && rest_.starts_with("\\u")) {
      const std::optional<unsigned> second = hex4(rest_.substr(2));
      if (second && *second >= 0xDC00 && *second <= 0xDFFF) {
        point = 0x10000 + ((point & 0x3FF) << 10) + (*second & 0x3FF);
        rest_.remove_prefix(6);
      }
    }
    append_utf8(point, out);
    return true;
  }

  std::string_view rest_;
  std::string path_;
  std::vector<BodyField>& out_;
};

struct ByPath {
  bool operator()(const BodyField& a, const BodyField& b) const { return a.path < b.path; }
  bool operator()(const BodyField& a, std::string_view b) const { return a.path < b; }
  bool operator()(std::string_view a, const BodyField& b) const { return a < b.path; }
};

}  // namespace

BodyFields::BodyFields(std::string_view body) {
  (void)Reader(body, fields_).value(0);
  std::stable_sort(fields_.begin(), fields_.end(), ByPath());
}

std::span<const BodyField> BodyFields::at(std::string_view path) const {
  const auto [from, to] = std::equal_range(fields_.begin(), fields_.end(), path, ByPath());
  return {from, to};
}

}  // namespace hookwright::event
