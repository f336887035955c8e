// Sealed secrets and the records that hold them, damaged in any way.

#include <string>

#include "fuzz/fuzz.hpp"
#include "hookwright/sealing.hpp"
#include "model/codec.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sealing sealing(
      {{.id = "k1", .key = Secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")}});
  const std::string_view text = fuzz::text(data, size);
  fuzz::require(!sealing.open(text, "acme"), "nobody seals without the key");
  fuzz::require(Sealing::key_id(text).size() <= 32, "a key's id is bounded");

  const StoredEndpoint stored{.tenant = "acme", .details = std::string(text)};
  for (const Sealing& each : {sealing, Sealing::none()}) {
    static_cast<void>(model::missing_key(stored, each));
    const std::optional<Endpoint> endpoint = model::to_endpoint(stored, each);
    if (!endpoint) continue;
    // What could be read can be written, and reads the same.
    const std::optional<Endpoint> again =
        model::to_endpoint(model::to_stored(*endpoint, false, each), each);
    fuzz::require(again && again->url == endpoint->url && again->secrets == endpoint->secrets &&
                      again->headers == endpoint->headers,
                  "an endpoint reads as it was written");
  }
  if (const std::optional<Notice> notice = model::to_notice(text)) {
    const std::optional<Notice> again = model::to_notice(model::to_bytes(*notice));
    fuzz::require(again && again->tenant == notice->tenant && again->at == notice->at,
                  "a notice reads as it was written");
  }
  return 0;
}
