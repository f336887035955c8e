#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hookwright::transport {

struct ResponseLimits {
  std::size_t header_bytes_max = 0;
  std::size_t header_lines_max = 0;
  std::size_t body_bytes_max = 0;
  std::size_t excerpt_bytes_max = 0;
};

// What has arrived of an answer so far, bounded in every direction. The receiver is hostile.
class Response {
 public:
  explicit Response(const ResponseLimits& limits) : limits_(&limits) {}

  void clear();

  // Looks at a line of a header block, or at a piece of one. False: it begins with a blank, which
  // continues the line before, and there was none.
  bool foresee_header(std::string_view bytes);

  // One line of any header block, trailers and interim answers included. False: over the caps, or
  // not foreseen.
  bool take_header(std::string_view line);

  // Some bytes of the body. False: enough of it.
  bool take_body(std::string_view bytes);

  // The final header block has arrived, so `status` is the answer whatever follows.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] bool begun() const { return header_lines_ > 0; }
  // The last header block has begun and not ended.
  [[nodiscard]] bool in_headers() const { return in_headers_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool over_header_caps() const { return over_header_caps_; }
  [[nodiscard]] bool begins_with_blank() const { return begins_with_blank_; }
  [[nodiscard]] std::size_t header_bytes() const { return header_bytes_; }
  [[nodiscard]] bool over_body_cap() const { return body_bytes_ > limits_->body_bytes_max; }

  std::string retry_after{};
  std::string excerpt{};

 private:
  const ResponseLimits* limits_;
  std::size_t header_bytes_ = 0;
  std::size_t header_lines_ = 0;
  std::size_t body_bytes_ = 0;
  int status_ = 0;
  bool complete_ = false;
  bool in_headers_ = false;
  bool any_field_ = false;    // a line that another may continue
  bool within_line_ = false;  // the next piece continues the last one
  bool begins_with_blank_ = false;
  bool over_header_caps_ = false;
};

}  // namespace hookwright::transport
