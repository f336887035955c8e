// A verifier: whatever the headers say, it answers, and never yes. The corpus has genuine
// signatures, under other keys.

#include <chrono>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "hookwright/profiles.hpp"
#include "hookwright/verifier.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Secret> secrets = {Secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
                                              Secret("whsec_8fhU2K1bqzVXl5B0R9dD3mJtYcQeWa7n")};
  static const std::vector<Profile> all = {profiles::hypersnap(), profiles::snipy(),
                                           profiles::snapglyph(), profiles::standard_webhooks()};
  std::string_view rest = fuzz::text(data, size);
  const std::string signature(fuzz::take_part(rest));
  const std::string id(fuzz::take_part(rest));
  const std::string timestamp(fuzz::take_part(rest));
  for (const Profile& profile : all) {
    const Verifier verifier(profile.wire, secrets);
    const std::vector<Header> headers = {{profile.wire.signature_header, signature},
                                         {"webhook-id", id},
                                         {"webhook-timestamp", timestamp}};
    const Verification verified =
        verifier.verify(headers, rest, TimePoint{std::chrono::seconds(1'614'265'330)});
    fuzz::require(!verified, "nobody signs without the key");
    fuzz::require(!verified.text().empty(), "a refusal has a reason");
  }
  return 0;
}
