#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "hookwright/profile.hpp"
#include "signing/key.hpp"

namespace hookwright::signing {

// What stands before the body in what is signed: nothing, or "<id>.<timestamp>.".
[[nodiscard]] std::string signed_prefix(SignedContent content, std::string_view id,
                                        std::string_view timestamp);

// The value of the signature header: one signature for each key, in their order, separated by
// single blanks. Some receivers split at every blank and fail on an empty piece.
[[nodiscard]] std::string write_signatures(const WireFormat& wire, std::span<Key> keys,
                                           std::string_view id, std::string_view timestamp,
                                           std::string_view body);

// The bytes of one signature as text.
void append_signature(std::span<const std::uint8_t> bytes, SignatureEncoding encoding,
                      std::string& out);

// False, and `bytes` are of no use, unless `text` is exactly as many bytes in this encoding. Hex
// may be of either case.
[[nodiscard]] bool read_signature(std::string_view text, SignatureEncoding encoding,
                                  std::span<std::uint8_t> bytes);

}  // namespace hookwright::signing
