// Events known only at run time: read and written again canonically, or refused.

#include <string>

#include "fuzz/fuzz.hpp"
#include "hookwright/error.hpp"
#include "hookwright/event.hpp"
#include "hookwright/json.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const bool canonical = is_canonical_json(text);
  try {
    const EncodedEvent event =
        encode(DynamicEvent{.type = "test.fuzzed", .data = text}, TimePoint{});
    if (!event.ok()) return 0;  // whole numbers of 2^53 and more are canonical, and refused here
    fuzz::require(is_canonical_json(event.body), "a body is canonical");
    if (canonical) {
      fuzz::require(event.body.find(text) != std::string::npos, "canonical JSON is left as it is");
    }
  } catch (const ConfigError&) {
  }
  return 0;
}
