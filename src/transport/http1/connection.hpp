#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "hookwright/address.hpp"
#include "transport/http1/tls.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport::http1 {

// One TCP connection, encrypted if its target says so. Nothing here waits: each call does what can
// be done now.
class Connection {
 public:
  enum class Outcome : std::uint8_t {
    done,
    wants_read,   // call again when the socket is readable
    wants_write,  // or writable
    closed,       // by the receiver, in good order
    failed,       // error() and detail() say why
  };

  // `target` names what it leads to: connections to one target may stand in for each other.
  explicit Connection(std::string target) : target_(std::move(target)) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // How much the receiver may say from here on, below TLS as well: more is a failure. TLS has
  // messages that nobody asked for, and OpenSSL would take them for as long as they come.
  void allow(std::size_t bytes) { wire_.left = bytes; }

  // Opens the socket; then call connect() until it is done. False: error().
  bool open(const IpAddress& address, unsigned short port);

  // `tls` is null for a plain connection.
  Outcome connect(Tls* tls, const std::string& host);

  // Takes the sent bytes off `bytes`; done when none is left.
  Outcome send(std::string_view& bytes);

  // Reads some bytes; done with at least one. `drained`: there are no more for now. It never wants
  // to write: a receiver that asks TLS for answers and doesn't take them has failed.
  Outcome receive(char* to, std::size_t size, std::size_t& received, bool& drained);

  // Nothing has been received and the receiver has not closed: it may carry another request.
  bool is_quiet();

  [[nodiscard]] curl_socket_t socket() const { return socket_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] bool reached() const { return stage_ != Stage::connecting; }  // TCP is there
  [[nodiscard]] bool is_open() const { return stage_ == Stage::open; }
  // The system's error number of what failed, or 0.
  [[nodiscard]] int error() const { return error_; }
  // What failed is nothing that the receiver did: there was no memory for TLS.
  [[nodiscard]] bool failed_here() const { return failed_here_; }
  // In words, if TLS has failed.
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  enum class Stage : std::uint8_t { connecting, handshaking, open };

  Outcome start_connecting();
  Outcome shake_hands();
  Outcome tls_outcome(int result);

  std::string target_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  Tls::Wire wire_{};
  Tls::Stream tls_{nullptr, nullptr};
  IpAddress address_{};
  unsigned short port_ = 0;
  Stage stage_ = Stage::connecting;
  bool under_way_ = false;
  bool failed_here_ = false;
  int error_ = 0;
  std::string detail_;
};

}  // namespace hookwright::transport::http1
