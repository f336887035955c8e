#include "transport/http1/answer.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace hookwright::transport::http1 {
namespace {

constexpr std::string_view protocol = "HTTP/1.";
constexpr std::size_t kept_line_max = 4096;  // as an answer that is read again holds on to it

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

// A line ends with LF; the CR before it may be missing (RFC 9112, 2.2).
std::string_view without_end(std::string_view line) {
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_same(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// Calls `each` with every element of a list that commas separate.
template <class Each>
void split(std::string_view list, Each each) {
  for (;;) {
    const std::size_t comma = list.find(',');
    each(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// "HTTP/1.1 200 OK"; 0 for anything else.
int parse_status(std::string_view line) {
  const std::size_t size = protocol.size() + 5;  // "1 200"
  if (line.size() < size || !line.starts_with(protocol)) return 0;
  const std::string_view rest = line.substr(protocol.size());
  if ((rest[0] != '0' && rest[0] != '1') || rest[1] != ' ') return 0;
  const std::string_view digits = rest.substr(2, 3);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return 0;
  if (rest.size() > 5 && rest[5] != ' ') return 0;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

}  // namespace

void Answer::clear() {
  response_.clear();
  state_ = State::head;
  part_ = Part::status_line;
  if (line_.capacity() > kept_line_max) line_ = std::string();
  line_.clear();
  left_ = 0;
  framing_ = 0;
  stays_ = false;
  problem_ = {};
  begin_block();
}

void Answer::begin_block() {
  length_.reset();
  chunked_ = http10_ = close_ = keep_alive_ = doubtful_ = false;
}

void Answer::fail(std::string_view problem) {
  state_ = State::broken;
  problem_ = problem;
}

Answer::State Answer::take(std::string_view bytes) {
  while (!bytes.empty() && !is_read()) {
    if (part_ == Part::sized_body || part_ == Part::body_until_close || part_ == Part::chunk) {
      bytes = take_body(bytes);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::string_view piece = bytes.substr(0, whole ? end + 1 : bytes.size());
    bytes.remove_prefix(piece.size());
    if (whole && line_.empty()) {
      take_line(piece, true);
    } else {
      line_.append(piece);
      take_line(line_, whole);
      if (whole) line_.clear();
    }
  }
  if (!bytes.empty()) stays_ = false;  // nothing was asked for that this could answer
  return state_;
}

Answer::State Answer::close() {
  if (is_read()) return state_;
  if (part_ == Part::body_until_close) {
    state_ = State::ended;
  } else if (state_ == State::body) {
    fail("closed within the body");
  } else {
    fail(response_.begun() ? "closed within the headers" : "closed before an answer");
  }
  return state_;
}

std::string_view Answer::take_body(std::string_view bytes) {
  const bool counted = part_ != Part::body_until_close;
  const std::size_t size =
      counted ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
              : bytes.size();
  if (!response_.take_body(bytes.substr(0, size))) {
    fail("the body was cut");
  } else if (counted) {
    left_ -= size;
    if (left_ == 0 && part_ == Part::chunk) part_ = Part::chunk_end;
    if (left_ == 0 && part_ == Part::sized_body) state_ = State::ended;
  }
  return bytes.substr(size);
}

void Answer::take_line(std::string_view line, bool whole) {
  // Seen before its end, since it may have none.
  const std::string_view begin = protocol.substr(0, line.size());
  if (part_ == Part::status_line && !line.starts_with(begin)) return fail("not HTTP/1");
  if (line.size() > limits_->header_bytes_max) return fail("a line without end");
  if (!whole) return;
  switch (part_) {
    case Part::status_line:
      return take_status_line(line);
    case Part::fields:
      return take_field(line);
    case Part::chunk_size:
      return take_chunk_size(without_end(line));
    case Part::chunk_end:
      part_ = Part::chunk_size;
      if (!without_end(line).empty()) fail("a chunk that is longer than it says");
      return;
    case Part::trailers:
      return take_trailer(line);
    default:
      return;
  }
}

void Answer::take_status_line(std::string_view line) {
  const std::string_view text = without_end(line);
  if (parse_status(text) < 100 || text.find('\0') != std::string_view::npos) {
    return fail("the status line is none");
  }
  http10_ = text[protocol.size()] == '0';
  if (!response_.take_header(line)) return fail("too many headers");
  part_ = Part::fields;
}

void Answer::take_field(std::string_view line) {
  const std::string_view text = without_end(line);
  const std::size_t colon = text.find(':');
  const bool continues = !text.empty() && is_blank(text.front());
  const bool is_field = !text.empty() && !continues;
  if (text.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos) {
    return fail("a header with a control character");
  }
  if (is_field && text.starts_with("HTTP/")) return fail("a status line within the headers");
  if (is_field && (colon == 0 || colon == std::string_view::npos ||
                   text.substr(0, colon).find_first_of(" \t") != std::string_view::npos)) {
    return fail("a header without a name");
  }
  if (!response_.take_header(line)) {
    return fail(response_.over_header_caps() ? "too many headers"
                                             : "the first header begins with a blank");
  }
  if (text.empty()) return end_block();
  if (continues) {
    doubtful_ = true;  // obsolete, and of no use to us
    return;
  }
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = trim(text.substr(colon + 1));
  if (is_same(name, "content-length")) return take_length(value);
  if (is_same(name, "transfer-encoding")) return take_encoding(value);
  if (is_same(name, "connection")) return take_connection(value);
}

void Answer::take_length(std::string_view value) {
  split(value, [this](std::string_view element) {
    std::uint64_t length = 0;
    const char* const end = element.data() + element.size();
    const auto [rest, error] = std::from_chars(element.data(), end, length);
    if (element.empty() || rest != end || error == std::errc::invalid_argument) {
      return fail("a length that is none");
    }
    if (error != std::errc{}) length = std::numeric_limits<std::uint64_t>::max();
    if (length_ && *length_ != length) return fail("two lengths");
    length_ = length;
  });
}

void Answer::take_encoding(std::string_view value) {
  if (chunked_ || !is_same(value, "chunked")) return fail("an encoding that nobody asked for");
  chunked_ = true;
}

void Answer::take_connection(std::string_view value) {
  split(value, [this](std::string_view element) {
    close_ = close_ || is_same(element, "close");
    keep_alive_ = keep_alive_ || is_same(element, "keep-alive");
  });
}

void Answer::end_block() {
  const int status = response_.status();
  if (!response_.complete()) {  // an interim answer: another block follows
    begin_block();
    part_ = Part::status_line;
    return;
  }
  state_ = State::body;
  stays_ = !close_ && !doubtful_ && (!http10_ || keep_alive_) &&
           !(chunked_ && (length_ || http10_));  // two ways to say where it ends
  if (status == 204 || status == 304) {
    if (chunked_ || (status == 204 && length_.value_or(0) > 0)) stays_ = false;
    state_ = State::ended;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (length_) {
    part_ = Part::sized_body;
    left_ = *length_;
    if (left_ == 0) state_ = State::ended;
  } else {
    part_ = Part::body_until_close;
    stays_ = false;
  }
}

void Answer::take_chunk_size(std::string_view line) {
  framing_ += line.size();
  if (framing_ > limits_->body_bytes_max) return fail("the body was cut");
  const std::string_view digits = trim(line.substr(0, line.find(';')));
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, left_, 16);
  if (digits.empty() || rest != end || error != std::errc{}) {
    return fail("a chunk without a size");
  }
  part_ = left_ == 0 ? Part::trailers : Part::chunk;
}

void Answer::take_trailer(std::string_view line) {
  if (!response_.take_header(line)) return fail("too many trailers");
  if (without_end(line).empty()) state_ = State::ended;
}

}  // namespace hookwright::transport::http1
