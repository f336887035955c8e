#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/receiver.hpp"

namespace hookwright::testing {

// What the head of a request says.
Received parse_head(std::string head);

// One accepted socket, with TLS or without.
class Receiver::Connection {
 public:
  Connection(int socket, SSL_CTX* tls) : socket_(socket), ssl_(nullptr, SSL_free) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    SSL_set_fd(ssl_.get(), socket);
  }

  bool shake_hands() {
    const bool done = !ssl_ || SSL_accept(ssl_.get()) == 1;
    ERR_clear_error();
    return done;
  }

  std::string server_name() const {
    const char* const name =
        ssl_ ? SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
    return name == nullptr ? "" : name;
  }

  bool resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

  // What was agreed upon by ALPN; empty if nothing was.
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    if (ssl_) SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  // So many bytes; nothing if the peer has gone.
  std::optional<std::string> read(std::size_t size) {
    while (buffer_.size() < size) {
      if (!read_more()) return std::nullopt;
    }
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
  }

  // Reads until there are a whole request's headers; nothing if the peer has gone.
  std::optional<Received> read_head() {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    Received received = parse_head(buffer_.substr(0, end + 4));
    buffer_.erase(0, end + 4);
    return received;
  }

  bool read_body(Received& received) {
    const std::size_t size = std::stoul(received.header("content-length").value_or("0"));
    std::optional<std::string> body = read(size);
    if (body) received.body = *std::move(body);
    return body.has_value();
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const long count =
          ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
               : static_cast<long>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      ERR_clear_error();
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // Asks for another handshake, and goes through it if the peer does within a moment.
  bool renegotiate() {
    if (!ssl_ || SSL_renegotiate(ssl_.get()) != 1 || SSL_do_handshake(ssl_.get()) != 1) {
      ERR_clear_error();
      return false;
    }
    const timeval moment{0, 250'000};
    const timeval none{0, 0};
    char byte = 0;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
    const int count = SSL_read(ssl_.get(), &byte, 1);
    const bool waiting = count <= 0 && SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    ERR_clear_error();
    return waiting;
  }

  // Makes the coming close() an RST.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  // Reads nothing meanwhile. The receiver's own end comes by way of shutdown().
  void wait_for_end() const {
    pollfd gone{socket_, POLLRDHUP, 0};
    while (::poll(&gone, 1, -1) < 0) {
    }
  }

  void close_politely() {
    if (ssl_) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

 private:
  bool read_more() {
    char bytes[16384];
    const long count = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes)
                            : static_cast<long>(::recv(socket_, bytes, sizeof bytes, 0));
    ERR_clear_error();
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string buffer_;
};

}  // namespace hookwright::testing
