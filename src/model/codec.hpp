#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/endpoint.hpp"
#include "hookwright/endpoint_calls.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/sealing.hpp"
#include "hookwright/store_batch.hpp"

namespace hookwright::model {

// How the dispatcher writes what stores keep for it as opaque bytes: a version byte, then fields of
// a tag, a length and bytes. A reader skips tags that it does not know, so a later version may add
// fields. Integers are little-endian.

[[nodiscard]] StoredEndpoint to_stored(const Endpoint& endpoint, std::uint8_t counts,
                                       const Sealing& sealing);

// Secrets may be sealed or in the clear, whatever `sealing` is now. Nothing if the bytes are not an
// endpoint's, or a secret does not open.
[[nodiscard]] std::optional<Endpoint> to_endpoint(const StoredEndpoint& stored,
                                                  const Sealing& sealing);

// The id of a key that a secret of the endpoint is sealed with and that is not among these; empty
// if there is none.
[[nodiscard]] std::string missing_key(const StoredEndpoint& stored, const Sealing& sealing);

[[nodiscard]] std::string to_bytes(const Notice& notice);
[[nodiscard]] std::optional<Notice> to_notice(std::string_view bytes);

[[nodiscard]] std::string to_bytes(const TenantSettings& settings);
[[nodiscard]] std::optional<TenantSettings> to_settings(std::string_view bytes);

}  // namespace hookwright::model
