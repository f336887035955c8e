#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hookwright/profile.hpp"
#include "signing/hmac.hpp"

namespace hookwright::signing {

// What stands before the body in what is signed: nothing, or "<id>.<timestamp>.".
[[nodiscard]] std::string signed_prefix(SignedContent content, std::string_view id,
                                        std::string_view timestamp);

// The value of the signature header: one signature for each key, in their order, separated by
// single blanks. Some receivers split at every blank and fail on an empty piece.
[[nodiscard]] std::string write_signatures(const WireFormat& wire, std::span<HmacSha256> keys,
                                           std::string_view id, std::string_view timestamp,
                                           std::string_view body);

}  // namespace hookwright::signing
