#include "transport/response.hpp"

#include <algorithm>
#include <utility>

namespace hookwright::transport {
namespace {

constexpr std::size_t retry_after_bytes_max = 128;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || is_blank(text.back()))) {
    text.remove_suffix(1);
  }
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

// "HTTP/1.1 200 OK" or "HTTP/2 200"; 0 for anything else, which makes the block none.
int parse_status(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  const std::string_view rest = trim(line.substr(blank + 1));
  const std::string_view digits = rest.substr(0, rest.find(' '));
  if (digits.size() != 3) return 0;
  int status = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

bool has_name(std::string_view line, std::string_view lower_name) {
  if (line.size() <= lower_name.size() || line[lower_name.size()] != ':') return false;
  return std::equal(lower_name.begin(), lower_name.end(), line.begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

}  // namespace

void Response::clear() {
  retry_after.clear();
  excerpt.clear();
  header_bytes_ = header_lines_ = body_bytes_ = 0;
  status_ = 0;
  complete_ = in_headers_ = any_field_ = within_line_ = begins_with_blank_ = over_header_caps_ =
      false;
}

bool Response::foresee_header(std::string_view bytes) {
  const bool begins_line = !std::exchange(within_line_, !bytes.ends_with('\n'));
  if (begins_line && !any_field_ && !bytes.empty() && is_blank(bytes.front()))
    begins_with_blank_ = true;
  return !begins_with_blank_;
}

bool Response::take_header(std::string_view line) {
  header_bytes_ += line.size();
  ++header_lines_;
  if (header_bytes_ > limits_->header_bytes_max || header_lines_ > limits_->header_lines_max) {
    over_header_caps_ = true;
    return false;
  }
  if (!foresee_header(line)) return false;
  if (complete_) return true;  // trailers say nothing to us
  if (line.starts_with("HTTP/")) {
    status_ = parse_status(line);
    in_headers_ = true;
    retry_after.clear();
  } else if (line.empty() || line.front() == '\r' || line.front() == '\n') {
    complete_ = status_ >= 200;
    in_headers_ = false;
  } else {
    any_field_ = true;
    if (retry_after.empty() && has_name(line, "retry-after")) {
      retry_after = trim(line.substr(line.find(':') + 1)).substr(0, retry_after_bytes_max);
    }
  }
  return true;
}

bool Response::take_body(std::string_view bytes) {
  const std::size_t room = limits_->excerpt_bytes_max - excerpt.size();
  excerpt.append(bytes.substr(0, room));
  body_bytes_ += bytes.size();
  return !over_body_cap();
}

}  // namespace hookwright::transport
