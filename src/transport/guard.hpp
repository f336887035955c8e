#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "hookwright/address.hpp"
#include "transport/border.hpp"

namespace hookwright::transport {

// Sees to it that a transfer reaches its vetted address and no other, and that it sends its POST no
// more often than it should. libcurl asks when it opens a socket, and (from 7.80) before each
// request, also on a connection that it has kept; we refuse what is not exactly as foreseen.
class Guard {
 public:
  explicit Guard(const Border& border) : border_(&border) {}
  Guard(const Guard&) = delete;  // libcurl holds its address
  Guard& operator=(const Guard&) = delete;

  // A new request: nothing has been sent.
  void begin() { sends_ = 0; }

  // The next transfer of this request goes to `vetted`, in whose place libcurl sees `placeholder`.
  void aim(const IpAddress& placeholder, const IpAddress& vetted, std::uint16_t port);

  // Sets a handle's options that never change; they refer to this object, as do those of aim().
  // `asks`: this libcurl can ask before each request.
  CURLcode install(CURL* handle, bool asks);

  // "Whatever host and port, connect to the placeholder." Valid until the next aim().
  [[nodiscard]] curl_slist* connect_to() { return &connect_to_; }

  [[nodiscard]] const IpAddress& vetted() const { return vetted_; }
  [[nodiscard]] const IpAddress& placeholder() const { return placeholder_; }
  [[nodiscard]] const std::string& placeholder_text() const { return placeholder_text_; }

  // The transfer was stopped since it would have gone elsewhere.
  [[nodiscard]] bool blocked() const { return blocked_; }
  // The connection was gone before a request could be made of it: whom it had reached can't be
  // told.
  [[nodiscard]] bool gone() const { return gone_; }
  // No socket could be had; the system's error number.
  [[nodiscard]] int socket_error() const { return socket_error_; }
  // The transfer has opened no connection, so it went over a kept one.
  [[nodiscard]] bool used_kept_connection() const { return sockets_ == 0; }
  // The transfer was stopped before it sent its POST a second time by way of a kept connection.
  [[nodiscard]] bool stopped_repeat() const { return stopped_repeat_; }
  // libcurl wants the body from its beginning once more, to repeat the POST: it may not.
  void refuse_rewind() { stopped_repeat_ = true; }

  // POSTs begun for this request, over all of its transfers.
  [[nodiscard]] std::size_t sends() const { return sends_; }
  // For libcurl before 7.80, which doesn't ask: the body is being read, or there is an answer.
  void count_send_if_not_asked();

  curl_socket_t open_socket(curlsocktype purpose, curl_sockaddr* address);
  int before_request(const char* address, int port);

 private:
  [[nodiscard]] bool foreseen(curlsocktype purpose, const curl_sockaddr& address) const;

  const Border* border_;
  IpAddress placeholder_{};
  IpAddress vetted_{};
  std::uint16_t port_ = 0;
  std::string placeholder_text_;
  std::string connect_to_text_;
  curl_slist connect_to_{};
  std::size_t sends_ = 0;
  std::size_t requests_ = 0;  // of this transfer
  std::size_t sockets_ = 0;   // of this transfer
  int socket_error_ = 0;
  bool opened_ = false;  // a socket, since the last request of this transfer
  bool blocked_ = false;
  bool gone_ = false;
  bool stopped_repeat_ = false;
};

}  // namespace hookwright::transport
