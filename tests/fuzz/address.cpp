// Addresses as text: what is read is written back the same, and judged the same.

#include <optional>

#include "fuzz/fuzz.hpp"
#include "hookwright/address.hpp"
#include "hookwright/egress.hpp"

using namespace hookwright;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<IpAddress> address = IpAddress::parse(fuzz::text(data, size));
  if (!address) return 0;
  const std::optional<IpAddress> again = IpAddress::parse(address->text());
  fuzz::require(again && *again == *address, "an address reads as it is written");
  const EgressPolicy production = EgressPolicy::production();
  const EgressPolicy development = EgressPolicy::development();
  fuzz::require(classify(*again) == classify(*address), "an address has one kind");
  fuzz::require(!production.allows(*address) || development.allows(*address),
                "what production allows, development does");
  return 0;
}
