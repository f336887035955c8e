#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "hookwright/time.hpp"
#include "transport/trust.hpp"

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace hookwright::transport::http1 {

// How a transport's connections are encrypted: TLS 1.2 at least, the receiver's certificate
// verified for the host of its URL, HTTP/1.1 and nothing else (ALPN). For one thread.
class Tls {
 public:
  using Stream = std::unique_ptr<ssl_st, void (*)(ssl_st*)>;

  // Throws std::bad_alloc.
  explicit Tls(std::shared_ptr<const Trust> trust);
  ~Tls();
  Tls(const Tls&) = delete;  // OpenSSL holds its address
  Tls& operator=(const Tls&) = delete;

  // What a stream reads from and writes to.
  struct Wire {
    curl_socket_t socket = CURL_SOCKET_BAD;
    std::size_t turn = 0;  // bytes that may be read now; then it is as if there were none
    std::size_t left = 0;  // and in all; then the connection is as if broken
  };

  // A client on a connected socket; null if there is no memory. Takes up the session of an earlier
  // connection to the same target. Both wire and target must outlive the stream.
  Stream make(Wire& wire, const std::string& host, const std::string& target);

  // OpenSSL has a session for later connections: kept unless it is large, or the receiver has shown
  // no certificate for long.
  void keep_session(ssl_st* stream, ssl_session_st* session);

 private:
  struct Session {
    std::unique_ptr<ssl_session_st, void (*)(ssl_session_st*)> session;
    SteadyTime verified{};  // when the receiver last showed a certificate
  };

  std::shared_ptr<const Trust> trust_;
  std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
  std::unordered_map<std::string, Session> sessions_;  // by target
};

}  // namespace hookwright::transport::http1
