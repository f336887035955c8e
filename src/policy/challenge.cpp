#include "policy/challenge.hpp"

#include <openssl/crypto.h>

#include <cstddef>
#include <string>

#include "event/json_scan.hpp"
#include "event/rapid.hpp"

namespace hookwright::policy {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t depth_max = 16;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Looks at every string value; false from a handler ends the parse.
struct Strings : event::rapid::BaseReaderHandler<event::rapid::UTF8<>, Strings> {
  explicit Strings(std::string_view wanted) : token(wanted) {}
  bool String(const char* text, event::rapid::SizeType size, bool /*copy*/) {
    found = same({text, size}, token) || found;
    return true;
  }
  bool Key(const char*, event::rapid::SizeType, bool) { return true; }
  bool RawNumber(const char*, event::rapid::SizeType, bool) { return true; }
  bool StartObject() { return ++depth <= depth_max; }
  bool StartArray() { return ++depth <= depth_max; }
  bool EndObject(event::rapid::SizeType) { return --depth, true; }
  bool EndArray(event::rapid::SizeType) { return --depth, true; }

  std::string_view token;
  bool found = false;
  std::size_t depth = 0;
};

}  // namespace

bool echoes(std::string_view body, std::string_view token) {
  if (token.empty()) return false;
  const std::size_t first = body.find_first_not_of(blanks);
  if (first == std::string_view::npos) return false;
  const std::string_view whole = body.substr(first, body.find_last_not_of(blanks) - first + 1);
  if (same(whole, token)) return true;
  event::ScannedText scanned;
  event::scan_json(whole, scanned);
  if (scanned.has_nul) return false;
  const std::string text(scanned.text);
  event::rapid::StringStream stream(text.c_str());
  event::RapidReader reader;
  Strings strings(token);
  constexpr unsigned flags =
      event::rapid::kParseIterativeFlag | event::rapid::kParseNumbersAsStringsFlag;
  const bool json = !reader.Parse<flags>(stream, strings).IsError();
  return json && strings.found;
}

}  // namespace hookwright::policy
