#pragma once

#include <cstddef>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "event/node/random_values.hpp"

// JSON text of one object as somebody else's encoder might write it: with white space, needless
// escapes, odd number forms, invalid UTF-8 in strings. Everything in it is something that encode()
// accepts, so that what it makes of the text can be compared with what Node.js does.
class MessyJson {
 public:
  explicit MessyJson(RandomValues& random) : random_(random) {}

  std::string object() {
    std::string text;
    add_object(text, 1);
    space(text);
    return text;
  }

 private:
  void space(std::string& to) {
    if (!random_.chance(4)) return;
    for (std::size_t n = 1 + random_.below(3); n > 0; --n) to += " \t\r\n"[random_.below(4)];
  }

  void add_object(std::string& to, int depth) {
    std::set<std::string> keys;
    to += '{';
    for (std::size_t n = random_.below(6); n > 0; --n) {
      const std::string name = key();
      if (!keys.insert(name).second) continue;
      if (keys.size() > 1) to += ',';
      space(to);
      add_key(to, name);
      space(to);
      to += ':';
      add_value(to, depth);
    }
    space(to);
    to += '}';
  }

  void add_array(std::string& to, int depth) {
    to += '[';
    const std::size_t count = random_.below(5);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) to += ',';
      add_value(to, depth);
    }
    space(to);
    to += ']';
  }

  void add_value(std::string& to, int depth) {
    space(to);
    switch (random_.below(depth < 16 ? 9 : 7)) {
      case 0:
        to += random_.chance(2) ? "true" : "false";
        break;
      case 1:
        to += "null";
        break;
      case 2:
      case 3:
        add_number(to);
        break;
      case 7:
        add_object(to, depth + 1);
        break;
      case 8:
        add_array(to, depth + 1);
        break;
      default:
        add_string(to, random_.text());
    }
    space(to);
  }

  // No digit and no underscore in front: neither like an integer nor "__proto__".
  std::string key() {
    static constexpr std::string_view first = "abcxyzABC$-\"\\ \n";
    std::string name(1, first[random_.below(first.size())]);
    name += random_.valid_text(6);
    return name == "constructor" || name == "toJSON" ? "k" : name;
  }

  // An integer within the safe range, or a double in a form that is seldom the shortest.
  void add_number(std::string& to) {
    if (random_.chance(2)) {
      to += std::to_string(random_.safe_integer());
      return;
    }
    static constexpr const char* forms[] = {"%.17e", "%.16E", "%.20e", "%.15e", "%.3e"};
    char text[64];
    std::snprintf(text, sizeof text, forms[random_.below(5)], random_.finite_double());
    // %.3e and %.15e may round the largest doubles up to what no double holds.
    to += std::string_view(text).find("e+308") == std::string_view::npos ? text : "-0.0e+0";
  }

  void add_key(std::string& to, std::string_view text) {
    to += '"';
    add_text(to, text);
    to += '"';
  }

  // Sometimes with an escaped surrogate pair, or half of one.
  void add_string(std::string& to, std::string_view text) {
    to += '"';
    add_text(to, text);
    if (random_.chance(20)) {
      add_unit(to, 0xD83D);
      add_unit(to, 0xDE00 + static_cast<unsigned>(random_.below(64)));
    }
    if (random_.chance(40)) add_unit(to, 0xD800 + static_cast<unsigned>(random_.below(2048)));
    to += '"';
  }

  void add_text(std::string& to, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x20 || c == '"' || c == '\\' || (c < 0x80 && random_.chance(10))) {
        add_escape(to, c);
      } else {
        to += text[i];
      }
    }
  }

  void add_escape(std::string& to, unsigned char c) {
    static constexpr std::string_view characters = "\"\\/\b\f\n\r\t";
    static constexpr std::string_view letters = "\"\\/bfnrt";
    const std::size_t known = characters.find(static_cast<char>(c));
    if (known == std::string_view::npos || random_.chance(3)) {
      add_unit(to, c);
    } else {
      to += '\\';
      to += letters[known];
    }
  }

  void add_unit(std::string& to, unsigned unit) {
    char text[8];
    std::snprintf(text, sizeof text, random_.chance(2) ? "\\u%04x" : "\\u%04X", unit);
    to += text;
  }

  RandomValues& random_;
};
