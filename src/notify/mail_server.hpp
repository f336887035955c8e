#pragma once

#include <cstdint>
#include <string>

#include "hookwright/notifiers/smtp.hpp"

namespace hookwright::notify {

struct SendResult {
  enum class Outcome : std::uint8_t {
    sent,
    refused,   // for good: 55x to the sender, the recipient or the text
    deferred,  // for now, and for this mail: 4xx to one of those
    failed,    // for now, and for any mail: no connection, no TLS, no login, too slow
  };
  Outcome outcome{};
  std::string detail{};  // for the operator; no password
};

// One mail to one recipient over SMTP, on a connection of its own. Blocks, for the options' timeout
// at most. Threads: several at once. Errors: the result; std::bad_alloc.
class MailServer {
 public:
  // Throws ConfigError ("smtp.server" ...).
  explicit MailServer(const SmtpOptions& options);

  [[nodiscard]] SendResult send(const std::string& to, const std::string& message) const;

 private:
  std::string url_;
  std::string from_;
  std::string user_;
  std::optional<Secret> password_;
  std::string ca_file_;
  SmtpOptions::Tls tls_;
  long connect_ms_;
  long timeout_ms_;
};

}  // namespace hookwright::notify
