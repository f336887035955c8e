#include "transport/http1/connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace hookwright::transport::http1 {
namespace {

constexpr std::size_t turn_max = 64 * 1024;  // bytes read below TLS before others have their turn

}  // namespace

Connection::~Connection() {
  if (tls_) SSL_shutdown(tls_.get());  // says goodbye if that can be done without waiting
  tls_.reset();
  if (socket_ != CURL_SOCKET_BAD) close_socket(socket_);
  ERR_clear_error();
}

bool Connection::open(const IpAddress& address, unsigned short port) {
  address_ = address;
  port_ = port;
  socket_ = open_tcp_socket(address.is_v6() ? AF_INET6 : AF_INET, error_);
  if (socket_ == CURL_SOCKET_BAD) return false;
  tune(socket_);
  return true;
}

Connection::Outcome Connection::connect(Tls* tls, const std::string& host) {
  if (stage_ == Stage::connecting) {
    const Outcome outcome = start_connecting();
    if (outcome != Outcome::done) return outcome;
    if (tls == nullptr) {
      stage_ = Stage::open;
    } else {
      stage_ = Stage::handshaking;
      wire_.socket = socket_;
      tls_ = tls->make(wire_, host, target_);
      if (!tls_) {
        failed_here_ = true;
        detail_ = "no memory for TLS";
        return Outcome::failed;
      }
    }
  }
  return stage_ == Stage::handshaking ? shake_hands() : Outcome::done;
}

Connection::Outcome Connection::start_connecting() {
  error_ = under_way_ ? connect_result(socket_) : connect_socket(socket_, address_, port_);
  if (error_ == 0) return Outcome::done;
  if (under_way_ || !is_under_way(error_)) return Outcome::failed;
  under_way_ = true;
  error_ = 0;
  return Outcome::wants_write;
}

Connection::Outcome Connection::shake_hands() {
  ERR_clear_error();
  wire_.turn = turn_max;
  const int result = SSL_connect(tls_.get());
  if (result == 1) {
    stage_ = Stage::open;
    return Outcome::done;
  }
  const Outcome outcome = tls_outcome(result);
  if (outcome == Outcome::wants_read || outcome == Outcome::wants_write) return outcome;
  const long verified = SSL_get_verify_result(tls_.get());
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  if (verified != X509_V_OK) {
    detail_ = X509_verify_cert_error_string(verified);
  } else {
    detail_ = reason != nullptr ? reason : "closed within the handshake";
  }
  return Outcome::failed;
}

Connection::Outcome Connection::tls_outcome(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Outcome::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Outcome::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return Outcome::closed;
    default:
      return Outcome::failed;
  }
}

Connection::Outcome Connection::send(std::string_view& bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    if (tls_) {
      ERR_clear_error();
      const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
      if (result != 1) return tls_outcome(result);
    } else {
      const Moved moved = send_bytes(socket_, bytes);
      if (moved.error != 0) {
        if (would_block(moved.error)) return Outcome::wants_write;
        error_ = moved.error;
        return Outcome::failed;
      }
      sent = moved.bytes;
    }
    bytes.remove_prefix(sent);
  }
  return Outcome::done;
}

Connection::Outcome Connection::receive(char* to, std::size_t size, std::size_t& received,
                                        bool& drained) {
  received = 0;
  drained = false;
  if (tls_) {
    ERR_clear_error();
    wire_.turn = turn_max;
    const int result = SSL_read_ex(tls_.get(), to, size, &received);
    if (result == 1) return Outcome::done;
    const Outcome outcome = tls_outcome(result);
    return outcome == Outcome::wants_write ? Outcome::failed : outcome;
  }
  const Moved moved = receive_bytes(socket_, to, size);
  if (moved.error != 0) {
    if (would_block(moved.error)) return Outcome::wants_read;
    error_ = moved.error;
    return Outcome::failed;
  }
  received = moved.bytes;
  drained = received < size;
  return received == 0 ? Outcome::closed : Outcome::done;
}

bool Connection::is_quiet() {
  if (tls_ && SSL_has_pending(tls_.get()) == 1) return false;
  const Moved moved = peek_byte(socket_);
  if (moved.error != 0) return would_block(moved.error);
  if (moved.bytes == 0 || !tls_) return false;
  // TLS has a say of its own now and then: another session, another key.
  char byte = 0;
  std::size_t received = 0;
  bool drained = false;
  return receive(&byte, 1, received, drained) == Outcome::wants_read;
}

}  // namespace hookwright::transport::http1
