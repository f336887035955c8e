#include <utility>

#include "support/http2.hpp"
#include "support/receiver_connection.hpp"

namespace hookwright::testing {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv;

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload{};
};

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

// One request after the other, as the sender's streams end. Whatever else it says but settings,
// which have to be acknowledged, is not listened to.
void Receiver::talk_http2(Connection& connection, std::size_t number) {
  const auto read_frame = [&connection]() -> std::optional<Frame> {
    const auto head = connection.read(9);
    if (!head) return std::nullopt;
    Frame frame{static_cast<std::uint8_t>((*head)[3]), static_cast<std::uint8_t>((*head)[4]),
                number_in(head->substr(5)) & 0x7FFFFFFFU};
    auto payload = connection.read(number_in(head->substr(0, 3)));
    if (!payload) return std::nullopt;
    frame.payload = *std::move(payload);
    return frame;
  };

  if (connection.read(preface.size()) != preface) return;
  if (!connection.write(options_.http2_greeting)) return;
  std::map<std::uint32_t, Received> under_way;
  std::size_t count = 0;
  while (const std::optional<Frame> frame = read_frame()) {
    if (frame->type == http2::settings_frame && (frame->flags & http2::ack) == 0) {
      if (!connection.write(http2::frame(http2::settings_frame, http2::ack, 0, ""))) return;
    }
    if (frame->type != http2::headers_frame && frame->type != http2::data_frame) continue;
    Received& received = under_way[frame->stream];
    std::optional<Reply> reply;
    if (frame->type == http2::headers_frame) {
      received.method = "POST";
      received.head = frame->payload;
      received.connection = number;
      received.on_connection = ++count;
      received.protocol = "h2";
      received.stream = frame->stream;
      if (options_.reply_early) reply = options_.reply_early(received);
    } else {
      received.body += frame->payload;
    }
    const bool whole = (frame->flags & http2::end_stream) != 0;
    if (!whole && !reply) continue;
    keep(received);
    if (!reply && options_.reply) reply = options_.reply(received);
    if (!reply) reply = Reply{http2::answer(frame->stream, 200), Reply::Then::keep};
    under_way.erase(frame->stream);
    if (!carry_out(connection, *reply)) return;
  }
}

}  // namespace hookwright::testing
