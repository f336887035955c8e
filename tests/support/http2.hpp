#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

// HTTP/2 as RFC 9113 has it, by hand, so that a receiver can say what no library would.
namespace hookwright::testing::http2 {

enum Type : std::uint8_t {
  data_frame = 0,
  headers_frame = 1,
  priority_frame = 2,
  rst_stream_frame = 3,
  settings_frame = 4,
  push_promise_frame = 5,
  ping_frame = 6,
  goaway_frame = 7,
  window_update_frame = 8,
  continuation_frame = 9,
};

constexpr std::uint8_t end_stream = 0x1;
constexpr std::uint8_t ack = 0x1;
constexpr std::uint8_t end_headers = 0x4;

enum Setting : std::uint16_t { max_concurrent_streams = 3, initial_window_size = 4 };

// Big-endian.
inline std::string number(std::uint64_t value, unsigned size) {
  std::string bytes;
  for (unsigned i = size; i > 0; --i) bytes += static_cast<char>(value >> (8 * (i - 1)) & 0xFFU);
  return bytes;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload) {
  return number(payload.size(), 3) + number(type, 1) + number(flags, 1) + number(stream, 4) +
         std::string(payload);
}

inline std::string settings(std::initializer_list<std::pair<Setting, std::uint32_t>> all = {}) {
  std::string payload;
  for (const auto& [name, value] : all) payload += number(name, 2) + number(value, 4);
  return frame(settings_frame, 0, 0, payload);
}

// A header block: each field as a literal that is not remembered, short names and values only.
inline std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + number(name.size(), 1) + std::string(name) +
         number(value.size(), 1) + std::string(value);
}
inline std::string status(int value) {
  return std::string("\x08\x03", 2) + std::to_string(value);
}

inline std::string headers(std::uint32_t stream, std::string_view block,
                           std::uint8_t flags = end_headers) {
  return frame(headers_frame, flags, stream, block);
}
inline std::string data(std::uint32_t stream, std::string_view bytes,
                        std::uint8_t flags = end_stream) {
  return frame(data_frame, flags, stream, bytes);
}
inline std::string rst_stream(std::uint32_t stream, std::uint32_t code) {
  return frame(rst_stream_frame, 0, stream, number(code, 4));
}
inline std::string goaway(std::uint32_t last_stream, std::uint32_t code) {
  return frame(goaway_frame, 0, 0, number(last_stream, 4) + number(code, 4));
}
inline std::string ping() {
  return frame(ping_frame, 0, 0, "12345678");
}

// A whole answer.
inline std::string answer(std::uint32_t stream, int value, std::string_view body = {}) {
  if (body.empty()) return headers(stream, status(value), end_headers | end_stream);
  return headers(stream, status(value)) + data(stream, body);
}

}  // namespace hookwright::testing::http2
