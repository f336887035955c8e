#pragma once

#include <sys/types.h>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "support/certificates.hpp"

namespace notify_test {

// The SMTP server of mail_server.py, in a process of its own, with certificates of an authority
// that lives as long as it does. Its names are "127.0.0.1" and "localhost"; the other certificate's
// is another one.
class MailProcess {
 public:
  MailProcess();
  ~MailProcess();
  MailProcess(const MailProcess&) = delete;
  MailProcess& operator=(const MailProcess&) = delete;

  [[nodiscard]] std::uint16_t port(const std::string& way) const { return ports_.at(way); }
  [[nodiscard]] const std::string& ca_file() const { return ca_.path(); }

  using Fields = std::map<std::string, std::string>;

  // The next mail that the server has taken; nothing if none comes in time.
  std::optional<Fields> next(std::chrono::milliseconds at_most = std::chrono::seconds(20));

 private:
  std::optional<std::string> line(std::chrono::milliseconds at_most);

  hookwright::testing::Authority authority_;
  hookwright::testing::Identity right_ = authority_.issue({"127.0.0.1", "localhost"});
  hookwright::testing::Identity wrong_ = authority_.issue({"mail.elsewhere.example"});
  hookwright::testing::TemporaryFile ca_{authority_.certificate()};
  hookwright::testing::TemporaryFile right_certificate_{right_.certificate};
  hookwright::testing::TemporaryFile right_key_{right_.key};
  hookwright::testing::TemporaryFile wrong_certificate_{wrong_.certificate};
  hookwright::testing::TemporaryFile wrong_key_{wrong_.key};
  std::map<std::string, std::uint16_t> ports_;
  std::string read_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace notify_test
