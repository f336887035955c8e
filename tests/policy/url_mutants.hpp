#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/egress_rows.hpp"

namespace hookwright::testing {

// URLs that a hand-made filter and a real parser may read differently: those of the table, and
// damaged copies of them. The same seed makes the same ones everywhere.
class UrlMutants {
 public:
  explicit UrlMutants(std::uint64_t seed) : random_(seed) {
    for (const EgressRow& row : egress_rows()) {
      // The accepted ones more often, since a mutant of theirs is more likely to be accepted too.
      for (int copies = row.verdict == "R" ? 1 : 6; copies > 0; --copies) seeds_.push_back(row.url);
    }
    for (const char* url :
         {"http://localhost:3000/hook", "http://[::1]:8080/", "https://[2606:4700:4700::1111]/",
          "http://127.0.0.1/", "https://a-b.1c.example.com:65535/x?y=%20", "https://8.8.8.8:8443/",
          "http://[::ffff:10.0.0.1]/a/b"}) {
      for (int copies = 0; copies < 6; ++copies) seeds_.emplace_back(url);
    }
  }

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    if (text.size() > 200 && below(4) != 0) text = seeds_[below(seeds_.size())];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  static constexpr std::array<std::string_view, 40> tokens = {
      "@",        "\\",      "://",       "//",      ":",        "?",
      "#",        "%",       "%2e",       "%00",     "%2f",      "%40",
      ".",        "..",      "0x",        "0x7f",    "0177",     "127.1",
      "[",        "]",       "[::1]",     "::",      "ffff:",    "xn--",
      "xn--a",    "-",       "_",         ":443",    ":80",      ":0",
      ":65536",   "\t",      "\n",        " ",       "\xC3\xA9", "\xE3\x80\x82",
      "HTTPS://", "http://", "localhost", "user:pw@"};

  // Not std::uniform_int_distribution, which differs between libraries.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void edit(std::string& text) {
    constexpr std::string_view alphabet = "/\\:@?#%.[]-_0123456789abfxz \tEXMPLE+,;=&'()*!~$";
    const std::size_t at = below(text.size() + 1);
    switch (below(7)) {
      case 0:
        text.insert(at, 1, alphabet[below(alphabet.size())]);
        break;
      case 1:
        if (at < text.size()) text.erase(at, 1 + below(3));
        break;
      case 2:
        if (at < text.size()) text[at] = alphabet[below(alphabet.size())];
        break;
      case 3:
        text.insert(at, tokens[below(tokens.size())]);
        break;
      case 4:  // a piece of it once more
        if (at < text.size()) text.insert(below(text.size()), text.substr(at, 1 + below(8)));
        break;
      case 5: {  // a piece of another one
        const std::string& other = seeds_[below(seeds_.size())];
        if (other.size() > 200) break;
        text.insert(at, other.substr(below(other.size()), 1 + below(12)));
        break;
      }
      default:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> seeds_;
};

}  // namespace hookwright::testing
