#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transport/response.hpp"

namespace hookwright::transport::http1 {

// Reads one answer to a POST from a connection's bytes, in whatever pieces they come (RFC 9112).
// The receiver is hostile: what could be taken for more than one thing is no answer, and a
// connection carries another request only after an answer that left no doubt where it ended.
class Answer {
 public:
  enum class State : std::uint8_t {
    head,    // the final header block is not complete
    body,    // it is, so the status stands whatever follows
    ended,   // as it should
    broken,  // in the head: no answer; in the body: what is missing is not worth waiting for
  };

  explicit Answer(const ResponseLimits& limits) : limits_(&limits), response_(limits) {}

  // For the next answer.
  void clear();

  State take(std::string_view bytes);

  // The receiver has closed the connection, or broken it.
  State close();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Response& response() { return response_; }

  // The connection may carry another request.
  [[nodiscard]] bool connection_stays() const { return state_ == State::ended && stays_; }

  // What is wrong, in words for the operator; empty if nothing is.
  [[nodiscard]] std::string_view problem() const { return problem_; }

 private:
  enum class Part : std::uint8_t {
    status_line,
    fields,
    sized_body,
    body_until_close,
    chunk_size,
    chunk,
    chunk_end,
    trailers
  };

  [[nodiscard]] bool is_read() const { return state_ == State::ended || state_ == State::broken; }
  std::string_view take_body(std::string_view bytes);
  void take_line(std::string_view line, bool whole);
  void take_status_line(std::string_view line);
  void take_field(std::string_view line);
  void take_length(std::string_view value);
  void take_encoding(std::string_view value);
  void take_connection(std::string_view value);
  void take_chunk_size(std::string_view line);
  void take_trailer(std::string_view line);
  void begin_block();
  void end_block();
  void fail(std::string_view problem);

  const ResponseLimits* limits_;
  Response response_;
  State state_ = State::head;
  Part part_ = Part::status_line;
  std::string line_;         // the beginning of one
  std::uint64_t left_ = 0;   // of the body, or of a chunk
  std::size_t framing_ = 0;  // bytes of lines between chunks
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
  bool http10_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool doubtful_ = false;  // well-formed, but not what one should build on
  bool stays_ = false;
  std::string_view problem_;
};

}  // namespace hookwright::transport::http1
