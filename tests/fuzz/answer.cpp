// Answers: bytes of a receiver, read by the transport that speaks HTTP/1.1 by itself, whole and in
// pieces.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "transport/http1/answer.hpp"

using hookwright::transport::ResponseLimits;
using hookwright::transport::http1::Answer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr ResponseLimits limits{4096, 50, 4096, 512};
  std::string_view bytes = fuzz::text(data, size);
  Answer whole(limits);
  whole.clear();
  const Answer::State state = whole.take(bytes);

  Answer pieces(limits);
  pieces.clear();
  for (std::size_t length = size % 7 + 1; !bytes.empty(); length = length % 13 + 1) {
    const std::string_view piece = bytes.substr(0, length);
    pieces.take(piece);
    bytes.remove_prefix(piece.size());
  }
  fuzz::require(pieces.state() == state, "pieces make no difference to how far it has got");
  fuzz::require(pieces.response().status() == whole.response().status(), "nor to the status");
  fuzz::require(pieces.connection_stays() == whole.connection_stays(), "nor to the connection");
  fuzz::require(pieces.response().excerpt == whole.response().excerpt, "nor to the body");
  fuzz::require(pieces.problem() == whole.problem(), "nor to what is said of it");

  const bool complete = whole.response().complete();
  fuzz::require(complete ? state != Answer::State::head
                         : state == Answer::State::head || state == Answer::State::broken,
                "a body comes after a head");
  fuzz::require(!complete || whole.response().status() >= 200, "a status is final");
  fuzz::require(!whole.connection_stays() || state == Answer::State::ended, "it has ended");
  fuzz::require(whole.response().excerpt.size() <= limits.excerpt_bytes_max, "all is bounded");
  whole.close();
  fuzz::require(whole.state() == Answer::State::ended || whole.state() == Answer::State::broken,
                "nothing comes from a closed connection");
  return 0;
}
