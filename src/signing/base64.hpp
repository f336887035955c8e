#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hookwright::signing {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// Writes the standard alphabet with padding: base64_size() characters and, since OpenSSL does, a
// terminating zero. `out` must have room for both.
void write_base64(std::span<const std::uint8_t> bytes, std::span<char> out);

void append_base64(std::span<const std::uint8_t> bytes, std::string& out);

// The number of bytes that `text` stands for, written to the front of `out`. Nothing unless `text`
// is exactly what an encoder writes (standard alphabet, padded, unused bits zero, no blanks) and
// fits: two spellings of one key would be two secrets to some receivers and one to others.
[[nodiscard]] std::optional<std::size_t> read_base64(std::string_view text,
                                                     std::span<std::uint8_t> out);

}  // namespace hookwright::signing
