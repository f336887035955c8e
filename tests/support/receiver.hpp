#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/certificates.hpp"

struct ssl_ctx_st;

namespace hookwright::testing {

// A request as it came over the wire.
struct Received {
  std::string head{};  // request line and headers as sent, with the empty line at their end
  std::string method{};
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::size_t connection = 0;     // counted from 1
  std::size_t on_connection = 0;  // the how-manieth of it, from 1
  std::string server_name{};      // the SNI, with TLS
  bool resumed = false;           // TLS took up the session of an earlier connection
  std::string protocol{};         // agreed upon by ALPN: "http/1.1", "h2"; empty if nothing was
  std::uint32_t stream = 0;       // of HTTP/2, where `head` is the header block as it came

  // The value of the first header of this name, in any case; nothing if there is none.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

// What a receiver does with a request: it writes `bytes` as they are, and then `then`.
struct Reply {
  enum class Then {
    keep,
    close,
    cut,  // closes without TLS's farewell
    reset,
    stall,  // nothing until either side goes
    drip,   // the bytes of `more`, one now and then; without them an x, for ever
    repeat  // `more`, over and over, as fast as they are taken
  };
  std::string bytes{};
  Then then = Then::keep;
  std::string more{};
  std::size_t renegotiations = 0;  // asked for before `bytes`, one after the other; TLS 1.2 only
};

// A whole answer with Content-Length.
Reply answer(int status, std::string_view body = {}, std::string_view more_header_lines = {});

// What it does with a connection before it reads from it.
enum class OnAccept {
  serve,
  close,
  reset,
  stall,
  sip  // reads a byte now and then, for ever
};

struct ReceiverOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;              // any that is free
  const Identity* identity = nullptr;  // TLS with this certificate; plain if null
  int tls_version_max = 0;             // 0x0302 for TLS 1.1; 0 for no limit
  std::size_t certificates = 0;        // sent beside its own, of no use to anybody
  bool demand_certificate = false;     // of the client
  // HTTP/2 over TLS with whoever offers it. A `reply` is then in frames (support/http2.hpp), and so
  // is what the connection begins with: by default that all settings are as they are.
  bool http2 = false;
  std::string http2_greeting = std::string("\0\0\0\4\0\0\0\0\0", 9);
  bool keep_requests = true;  // for requests(), and wait_for_requests()
  // Said below TLS, once the peer's first byte has come; the connection is not served.
  std::optional<Reply> outburst{};
  std::function<Reply(const Received&)> reply{};  // 200 if empty; on the connection's own thread
  // Before the body is read, if it has something to say by then.
  std::function<std::optional<Reply>(const Received& head)> reply_early{};
  std::function<OnAccept(std::size_t connection)> on_accept{};
};

// An HTTP server for tests, on real sockets of the loopback interface, a thread per connection.
// What it has seen may be asked from any thread.
class Receiver {
 public:
  explicit Receiver(ReceiverOptions options = {});
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // "http://127.0.0.1:40000/hook", or with another host name in place of the address.
  [[nodiscard]] std::string url(std::string_view target = "/hook",
                                std::string_view host = {}) const;

  [[nodiscard]] std::vector<Received> requests() const;
  [[nodiscard]] std::size_t connections() const;

  // False if so many requests, or connections, have not come within five seconds.
  [[nodiscard]] bool wait_for_requests(std::size_t count) const;
  [[nodiscard]] bool wait_for_connections(std::size_t count) const;

  // Closes all connections, and goes on listening.
  void drop_connections();

 private:
  class Connection;

  void listen();
  void accept_connections();
  void serve(std::size_t number, int socket);
  void talk(Connection& connection, std::size_t number);
  void talk_http2(Connection& connection, std::size_t number);  // receiver_http2.cpp
  void keep(const Received& received);
  bool carry_out(Connection& connection, const Reply& reply);
  void sip(int socket);
  bool pause();
  void join_done();

  ReceiverOptions options_;
  std::shared_ptr<ssl_ctx_st> tls_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Received> requests_;
  std::size_t connections_ = 0;
  std::map<std::size_t, int> open_;  // sockets by connection
  bool stopping_ = false;
  std::map<std::size_t, std::thread> threads_;  // by connection; the acceptor's until it is joined
  std::vector<std::size_t> done_;               // of these, ready to be joined
  std::thread acceptor_;
};

}  // namespace hookwright::testing
