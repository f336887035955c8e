#pragma once

#include <string>
#include <string_view>

#include "hookwright/time.hpp"

namespace hookwright::notify {

// One mail, before it is text for a server.
struct Mail {
  std::string from{};       // address
  std::string from_name{};  // any text
  std::string to{};         // address
  std::string subject{};    // any text
  std::string text{};       // any text
  std::string id{};         // of Message-ID, without brackets; visible ASCII
  TimePoint at{};
};

// A plain address: printable ASCII without blanks, quotes, brackets, commas and their like, one
// "@", at most 254 bytes. Stricter than RFC 5321 on purpose: what passes can't be taken for two
// addresses, or for anything else, by whoever reads it.
[[nodiscard]] bool valid_address(std::string_view address);

// RFC 5322, for SMTP's DATA: CRLF lines, headers of ASCII only, the text in base64. Whatever the
// fields hold, each header stays one header: control characters become blanks, and all but plain
// text goes as an encoded word (RFC 2047).
[[nodiscard]] std::string to_message(const Mail& mail);

}  // namespace hookwright::notify
