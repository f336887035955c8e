#pragma once

#include <cstddef>
#include <string>

namespace hookwright::testing {

// A gzip stream of at least `size` zeros, 1/160 of their size: a literal, then copies of the 258
// bytes before, in the fixed Huffman code of RFC 1951 3.2.6. Its checksum is wrong, which whoever
// reads so far deserves.
inline std::string gzip_bomb(std::size_t size) {
  std::string bytes("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  unsigned buffer = 0;
  unsigned filled = 0;
  const auto put = [&](unsigned bits, unsigned count) {  // lowest first
    buffer |= bits << filled;
    for (filled += count; filled >= 8; filled -= 8, buffer >>= 8U) {
      bytes += static_cast<char>(buffer & 0xFFU);
    }
  };
  put(0b011, 3);       // the last block, fixed codes
  put(0b00001100, 8);  // the literal 0: 00110000, which goes out highest bit first
  for (std::size_t i = 0; i < size; i += 258) {
    put(0b10100011, 8);  // length 258: 11000101
    put(0b00000, 5);     // distance 1
  }
  put(0, 7 + 7);  // the end, filled up
  bytes.append(8, '\0');
  return bytes;
}

}  // namespace hookwright::testing
