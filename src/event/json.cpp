#include "hookwright/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "event/json_reader.hpp"
#include "event/json_scan.hpp"
#include "event/number.hpp"
#include "event/outline.hpp"
#include "event/rapid.hpp"
#include "event/timestamp.hpp"
#include "event/utf8.hpp"

// The only unit that sees RapidJSON. Used of it: the writer's structure and the reader's grammar.
// Not used: its numbers and its escapes, which are not JavaScript's, and its validation of UTF-8,
// which reads beyond the end of a text.

namespace hookwright {

namespace event {
namespace {

constexpr std::int64_t integer_max = 9007199254740991;  // Number.MAX_SAFE_INTEGER, 2^53 - 1
constexpr const char* integer_too_large =
    "an integer beyond +-9007199254740991, which JavaScript would round; write it as a string "
    "(as_string)";
constexpr const char* number_too_large = "a number beyond what a double can hold";

// Whether these eight bytes are ASCII and none of them needs an escape. The arithmetic finds bytes
// below a bound, all eight at once (Mycroft's and Lamport's trick).
bool eight_plain(const char* bytes) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101;
  constexpr std::uint64_t high = 0x80 * each;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const auto below = [](std::uint64_t x, std::uint64_t bound) { return (x - bound * each) & ~x; };
  const std::uint64_t special =
      below(word, 0x20) | below(word ^ ('"' * each), 1) | below(word ^ ('\\' * each), 1);
  return ((word | special) & high) == 0;
}

// How far `text` goes on without a byte that needs an escape or is not UTF-8.
std::size_t plain_prefix(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= 8 && eight_plain(text.data() + i)) {
      i += 8;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\') break;
    if (c < 0x80) {
      ++i;
      continue;
    }
    const Utf8Step step = utf8_step(text.substr(i));
    if (!step.valid) break;
    i += step.bytes;
  }
  return i;
}

}  // namespace

// RapidJSON's writer with JavaScript's strings and numbers.
class CanonicalWriter : public RapidWriter {
 public:
  explicit CanonicalWriter(RapidBuffer& buffer) : RapidWriter(buffer) {}

  void number(std::string_view digits) {
    Prefix(rapid::kNumberType);
    append(digits);
  }

  // A text that needs no escape.
  void plain_text(std::string_view text) {
    begin_text();
    append(text);
    os_->Put('"');
  }

  // Any text. Returns how many invalid sequences became U+FFFD.
  std::size_t text(std::string_view text) {
    std::size_t plain = plain_prefix(text);
    if (plain == text.size()) {
      plain_text(text);
      return 0;
    }
    begin_text();
    std::size_t replaced = 0;
    while (true) {
      append(text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
      if (static_cast<unsigned char>(text.front()) < 0x80) {
        append_escaped(text.front());
        text.remove_prefix(1);
      } else {
        append(utf8_replacement);
        text.remove_prefix(utf8_step(text).bytes);
        ++replaced;
      }
      plain = plain_prefix(text);
    }
    os_->Put('"');
    return replaced;
  }

  // Where in the output the text that was written last begins and ends, without its quotes.
  [[nodiscard]] std::size_t text_begin() const noexcept { return text_begin_; }
  [[nodiscard]] std::size_t text_end() const { return os_->GetSize() - 1; }

 private:
  void begin_text() {
    Prefix(rapid::kStringType);
    os_->Put('"');
    text_begin_ = os_->GetSize();
  }

  void append(std::string_view text) { text.copy(os_->Push(text.size()), text.size()); }

  void append_escaped(char c) {
    constexpr std::string_view characters = "\"\\\b\t\n\f\r";
    constexpr std::string_view letters = "\"\\btnfr";
    constexpr std::string_view hex = "0123456789abcdef";
    const std::size_t known = characters.find(c);
    os_->Put('\\');
    if (known != std::string_view::npos) {
      os_->Put(letters[known]);
      return;
    }
    const auto code = static_cast<unsigned char>(c);
    append("u00");
    os_->Put(hex[code >> 4]);
    os_->Put(hex[code & 0xF]);
  }

  std::size_t text_begin_ = 0;
};

}  // namespace event

struct JsonWriter::State {
  event::RapidBuffer buffer{};
  event::CanonicalWriter writer{buffer};
  event::Outline outline{};
  InvalidUtf8 invalid_utf8 = InvalidUtf8::replace;
  std::size_t replaced = 0;
  std::string refusal{};

  void reset(InvalidUtf8 mode) {
    buffer.Clear();
    writer.Reset(buffer);
    outline.clear();
    invalid_utf8 = mode;
    replaced = 0;
    refusal.clear();
  }

  [[nodiscard]] bool ok() const noexcept { return refusal.empty(); }

  bool refuse(std::string_view why) {
    if (ok()) refusal = outline.path(buffer.GetString()) + ": " + std::string(why);
    return false;
  }

  // True for a step that the outline allows: `problem` is its answer. The step must then be taken.
  bool may(const char* problem) {
    if (!ok()) return false;
    if (problem != nullptr) return refuse(problem);
    return buffer.GetSize() <= json_body_bytes_max || refuse("the body is longer than 4 MiB");
  }

  template <class Float>
  void number(Float value) {
    if (!may(outline.value())) return;
    if (std::isnan(value)) {
      refuse("NaN cannot be written as JSON");
    } else if (std::isinf(value)) {
      refuse("infinity cannot be written as JSON");
    } else {
      writer.number(event::number_text(value).view());
    }
  }

  // The key that was just written.
  void note_key() {
    const char* const text = buffer.GetString() + writer.text_begin();
    outline.note_key(writer.text_begin(), {text, writer.text_end() - writer.text_begin()});
  }

  // Each thread keeps the state of its last writer for the next. Null while the thread ends.
  static std::unique_ptr<State>* spare();
};

std::unique_ptr<JsonWriter::State>* JsonWriter::State::spare() {
  thread_local bool closed = false;  // has no destructor, so it can be read after the slot is gone
  struct Slot {
    std::unique_ptr<State> state{};
    ~Slot() { closed = true; }
  };
  thread_local Slot slot;
  return closed ? nullptr : &slot.state;
}

JsonWriter::JsonWriter(InvalidUtf8 invalid_utf8) {
  if (auto* const spare = State::spare()) state_ = std::move(*spare);
  if (state_ == nullptr) state_ = std::make_unique<State>();
  state_->reset(invalid_utf8);
}

JsonWriter::~JsonWriter() {
  constexpr std::size_t kept_bytes_max = std::size_t{64} << 10;
  if (state_ == nullptr || state_->buffer.stack_.GetCapacity() > kept_bytes_max) return;
  if (auto* const spare = State::spare()) *spare = std::move(state_);
}

void JsonWriter::begin_object() {
  if (state_->may(state_->outline.begin_object())) state_->writer.StartObject();
}

void JsonWriter::end_object() {
  State& s = *state_;
  if (!s.ok()) return;
  if (const auto twice = s.outline.duplicate(s.buffer.GetString())) {
    s.refusal = *twice + ": this key comes twice in one object";
  } else if (s.may(s.outline.end_object())) {
    s.writer.EndObject();
  }
}

void JsonWriter::begin_array() {
  if (state_->may(state_->outline.begin_array())) state_->writer.StartArray();
}

void JsonWriter::end_array() {
  if (state_->may(state_->outline.end_array())) state_->writer.EndArray();
}

void JsonWriter::field(FieldName name) {
  if (!state_->may(state_->outline.key())) return;
  state_->writer.plain_text(name.text());
  state_->note_key();
}

void JsonWriter::key(std::string_view name) {
  State& s = *state_;
  if (!s.ok()) return;
  if (name.size() > json_string_bytes_max) {
    s.refuse("a key longer than 1 MiB");
  } else if (s.may(s.outline.key())) {
    const bool invalid = s.writer.text(name) != 0;
    s.note_key();
    if (invalid) s.refuse("this key is not valid UTF-8");
    if (detail::reserved_key(name)) s.refuse("this key has a special meaning in JavaScript");
    if (event::integer_like(name))
      s.refuse("this key looks like an integer, which JavaScript would move to the front");
  }
}

void JsonWriter::string(std::string_view text) {
  State& s = *state_;
  if (!s.may(s.outline.value())) return;
  if (text.size() > json_string_bytes_max) {
    s.refuse("a string longer than 1 MiB");
  } else if (const std::size_t replaced = s.writer.text(text); replaced > 0) {
    s.replaced += replaced;
    if (s.invalid_utf8 == InvalidUtf8::refuse) s.refuse("this string is not valid UTF-8");
  }
}

void JsonWriter::integer(std::int64_t value) {
  if (!state_->may(state_->outline.value())) return;
  if (value > event::integer_max || value < -event::integer_max) {
    state_->refuse(event::integer_too_large);
    return;
  }
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  state_->writer.number({digits, static_cast<std::size_t>(end - digits)});
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(event::integer_max)) {
    integer(static_cast<std::int64_t>(value));
  } else if (state_->may(state_->outline.value())) {
    state_->refuse(event::integer_too_large);
  }
}

void JsonWriter::number(double value) {
  state_->number(value);
}
void JsonWriter::number(float value) {
  state_->number(value);
}

void JsonWriter::boolean(bool value) {
  if (state_->may(state_->outline.value())) state_->writer.Bool(value);
}

void JsonWriter::null() {
  if (state_->may(state_->outline.value())) state_->writer.Null();
}

void JsonWriter::timestamp(std::chrono::sys_seconds at) {
  if (!state_->may(state_->outline.value())) return;
  if (const auto text = event::timestamp_text(at)) {
    state_->writer.plain_text({text->data(), text->size()});
  } else {
    state_->refuse("a time outside the years 0000 to 9999");
  }
}

void JsonWriter::refuse(std::string_view why) {
  if (!ok()) return;
  static_cast<void>(state_->outline.value());  // so that the path names this value, if one can come
  state_->refuse(why);
}

bool JsonWriter::ok() const noexcept {
  return state_->ok();
}
const std::string& JsonWriter::refusal() const noexcept {
  return state_->refusal;
}
std::size_t JsonWriter::replaced() const noexcept {
  return state_->replaced;
}

std::string JsonWriter::take() {
  if (!state_->ok() || !state_->outline.complete()) return {};
  return {state_->buffer.GetString(), state_->buffer.GetSize()};
}

namespace event {
namespace {

// What the reader finds goes straight to the writer, which has the last word on all of it.
class Copier : public rapid::BaseReaderHandler<rapid::UTF8<>, Copier> {
 public:
  Copier(JsonWriter& json, LargeIntegers integers, bool repaired)
      : json_(json), integers_(integers), repaired_(repaired) {}

  bool StartObject() { return json_.begin_object(), json_.ok(); }
  bool EndObject(rapid::SizeType) { return json_.end_object(), json_.ok(); }
  bool StartArray() { return json_.begin_array(), json_.ok(); }
  bool EndArray(rapid::SizeType) { return json_.end_array(), json_.ok(); }
  bool Null() { return json_.null(), json_.ok(); }
  bool Bool(bool value) { return json_.boolean(value), json_.ok(); }
  bool String(const char* text, rapid::SizeType size, bool) {
    return json_.string({text, size}), json_.ok();
  }

  bool Key(const char* text, rapid::SizeType size, bool) {
    const std::string_view key(text, size);
    json_.key(key);
    // Where the text had to be repaired, what stood in this key is gone.
    if (repaired_ && key.find(utf8_replacement) != std::string_view::npos)
      json_.refuse("this key is not valid UTF-8");
    return json_.ok();
  }

  bool RawNumber(const char* text, rapid::SizeType size, bool) {
    const std::string_view token(text, size);
    const bool whole = token.find_first_of(".eE") == std::string_view::npos;
    std::int64_t integer = 0;
    const bool fits = whole && std::from_chars(text, text + size, integer).ec == std::errc{};
    if (fits && integer >= -integer_max && integer <= integer_max) {
      json_.integer(integer);
    } else if (whole && integers_ == LargeIntegers::refuse) {
      json_.refuse(integer_too_large);
    } else if (const std::optional<double> value = parse_number(token)) {
      json_.number(*value);
    } else {
      json_.refuse(number_too_large);
    }
    return json_.ok();
  }

 private:
  JsonWriter& json_;
  LargeIntegers integers_;
  bool repaired_;
};

}  // namespace

std::size_t copy_json_object(std::string_view text, InvalidUtf8 invalid_utf8,
                             LargeIntegers integers, JsonWriter& json) {
  if (text.size() > json_body_bytes_max) return json.refuse("a text longer than 4 MiB"), 0;
  ScannedText scanned;
  scan_json(text, scanned);
  if (scanned.has_nul) return json.refuse("not JSON: a NUL byte"), 0;
  if (scanned.replaced > 0 && invalid_utf8 == InvalidUtf8::refuse)
    return json.refuse("not valid UTF-8 at byte " + std::to_string(scanned.first_bad)), 0;
  const std::size_t start = scanned.text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || scanned.text[start] != '{')
    return json.refuse("not a JSON object"), 0;

  // Numbers come as text: what the reader itself makes of them is not what JavaScript does, and its
  // arithmetic on exponents has overflowed before (CVE-2024-38517).
  constexpr unsigned flags = rapid::kParseIterativeFlag | rapid::kParseFullPrecisionFlag |
                             rapid::kParseNumbersAsStringsFlag;
  rapid::MemoryStream stream(scanned.text.data(), scanned.text.size());
  RapidReader reader;
  Copier copier(json, integers, scanned.replaced > 0);
  const rapid::ParseResult result = reader.Parse<flags>(stream, copier);
  if (result.Code() == rapid::kParseErrorNumberTooBig) {
    json.refuse(number_too_large);
  } else if (result.IsError() && json.ok()) {
    json.refuse("not JSON from byte " + std::to_string(result.Offset()) + " on");
  }
  return scanned.replaced;
}

}  // namespace event

bool is_canonical_json(std::string_view text) {
  JsonWriter json(InvalidUtf8::refuse);
  event::copy_json_object(text, InvalidUtf8::refuse, event::LargeIntegers::as_doubles, json);
  return json.take() == text && !text.empty();
}

}  // namespace hookwright
