#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "support/receiver_connection.hpp"

namespace hookwright::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test receiver: ") + what);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

int prefer_http2(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                 const unsigned char* offered, unsigned offered_size, void* /*context*/) {
  constexpr std::string_view ours("\x02h2\x08http/1.1", 12);
  unsigned char* match = nullptr;
  const int result =
      SSL_select_next_proto(&match, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  *chosen = match;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

std::shared_ptr<SSL_CTX> make_tls(const ReceiverOptions& options) {
  if (options.identity == nullptr) return nullptr;
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  require(context != nullptr, "TLS");
  const auto bio = [](const std::string& pem) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  };
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio(options.identity->certificate).get(), nullptr, nullptr, nullptr),
      X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio(options.identity->key).get(), nullptr, nullptr, nullptr),
      EVP_PKEY_free);
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "key");
  for (std::size_t i = 0; i < options.certificates; ++i) {
    require(SSL_CTX_add_extra_chain_cert(context.get(), X509_dup(certificate.get())) == 1, "chain");
  }
  if (options.demand_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (options.tls_version_max != 0) {
    // Old versions need old algorithms as well.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), options.tls_version_max);
  }
  if (options.http2) SSL_CTX_set_alpn_select_cb(context.get(), prefer_http2, nullptr);
  return context;
}

// Starts a thread that SIGPIPE can't reach, and leaves the caller's mask as it was.
template <class Body>
std::thread start_thread(Body body) {
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

Received parse_head(std::string head) {
  Received received;
  received.head = std::move(head);
  std::string_view rest = received.head;
  const auto take_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    return line;
  };
  const std::string_view request_line = take_line();
  const std::size_t first = request_line.find(' ');
  const std::size_t second = request_line.find(' ', first + 1);
  received.method = request_line.substr(0, first);
  if (second != std::string_view::npos) {
    received.target = request_line.substr(first + 1, second - first - 1);
  }
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
    received.headers.emplace_back(line.substr(0, colon), value);
  }
  return received;
}

std::optional<std::string> Received::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::size_t Received::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [name](const auto& header) { return same_name(header.first, name); }));
}

Reply answer(int status, std::string_view body, std::string_view more_header_lines) {
  Reply reply;
  reply.bytes = "HTTP/1.1 " + std::to_string(status) + " Whatever\r\n";
  reply.bytes.append(more_header_lines);
  reply.bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  reply.bytes.append(body);
  return reply;
}

Receiver::Receiver(ReceiverOptions options)
    : options_(std::move(options)), tls_(make_tls(options_)) {
  require(::pipe(stop_pipe_) == 0, "pipe");
  listen();
  acceptor_ = start_thread([this] { accept_connections(); });
}

Receiver::~Receiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [number, socket] : open_) ::shutdown(socket, SHUT_RDWR);
  }
  changed_.notify_all();
  ::close(stop_pipe_[1]);
  acceptor_.join();
  for (auto& [number, thread] : threads_) thread.join();
  ::close(stop_pipe_[0]);
  ::close(listener_);
}

void Receiver::listen() {
  const bool v6 = options_.address.find(':') != std::string::npos;
  listener_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  require(listener_ >= 0, "socket");
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (v6) {
    auto* const address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(options_.port);
    require(::inet_pton(AF_INET6, options_.address.c_str(), &address->sin6_addr) == 1, "address");
    size = sizeof *address;
  } else {
    auto* const address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_port = htons(options_.port);
    require(::inet_pton(AF_INET, options_.address.c_str(), &address->sin_addr) == 1, "address");
    size = sizeof *address;
  }
  auto* const any = reinterpret_cast<sockaddr*>(&storage);
  require(::bind(listener_, any, size) == 0, "bind");
  require(::listen(listener_, 256) == 0, "listen");
  size = sizeof storage;
  require(::getsockname(listener_, any, &size) == 0, "port");
  port_ = ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

void Receiver::accept_connections() {
  for (;;) {
    pollfd fds[2] = {{listener_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) return;
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) continue;
    join_done();
    const std::lock_guard lock(mutex_);
    const std::size_t number = ++connections_;
    open_[number] = socket;
    if (stopping_) ::shutdown(socket, SHUT_RDWR);
    threads_[number] = start_thread([this, number, socket] { serve(number, socket); });
    changed_.notify_all();
  }
}

// A thread that has ended keeps its stack until it is joined.
void Receiver::join_done() {
  std::vector<std::size_t> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const std::size_t number : done) threads_.extract(number).mapped().join();
}

void Receiver::serve(std::size_t number, int socket) {
  const int yes = 1;  // else what is written just before an RST may never leave
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (options_.outburst) {
    Connection connection(socket, nullptr);
    pollfd readable{socket, POLLIN, 0};
    ::poll(&readable, 1, -1);
    carry_out(connection, *options_.outburst);
  } else {
    Connection connection(socket, tls_.get());
    switch (options_.on_accept ? options_.on_accept(number) : OnAccept::serve) {
      case OnAccept::serve:
        if (!connection.shake_hands()) break;
        if (connection.protocol() == "h2") {
          talk_http2(connection, number);
        } else {
          talk(connection, number);
        }
        break;
      case OnAccept::close:
        break;
      case OnAccept::reset:
        connection.reset();
        break;
      case OnAccept::stall:
        connection.wait_for_end();
        break;
      case OnAccept::sip:
        sip(socket);
        break;
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(number);
  done_.push_back(number);
  ::close(socket);
}

void Receiver::talk(Connection& connection, std::size_t number) {
  for (std::size_t count = 1;; ++count) {
    std::optional<Received> received = connection.read_head();
    if (!received) return;
    received->connection = number;
    received->on_connection = count;
    received->server_name = connection.server_name();
    received->resumed = connection.resumed();
    received->protocol = connection.protocol();
    std::optional<Reply> reply;
    if (options_.reply_early) reply = options_.reply_early(*received);
    if (!reply && !connection.read_body(*received)) return;
    keep(*received);
    if (!reply) reply = options_.reply ? options_.reply(*received) : answer(200);
    if (!carry_out(connection, *reply)) return;
  }
}

void Receiver::keep(const Received& received) {
  if (options_.keep_requests) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(received);
  }
  changed_.notify_all();
}

bool Receiver::carry_out(Connection& connection, const Reply& reply) {
  for (std::size_t i = 0; i < reply.renegotiations; ++i) {
    if (!connection.renegotiate()) return false;
  }
  if (!connection.write(reply.bytes)) return false;
  switch (reply.then) {
    case Reply::Then::keep:
      return true;
    case Reply::Then::close:
      connection.close_politely();
      return false;
    case Reply::Then::cut:
      return false;
    case Reply::Then::reset:
      connection.reset();
      return false;
    case Reply::Then::stall:
      connection.wait_for_end();
      return false;
    case Reply::Then::drip:
      for (std::size_t i = 0; reply.more.empty() || i < reply.more.size(); ++i) {
        const char byte = reply.more.empty() ? 'x' : reply.more[i];
        if (!connection.write({&byte, 1}) || pause()) return false;
      }
      return true;
    case Reply::Then::repeat:
      while (connection.write(reply.more)) {
      }
      return false;
  }
  return false;
}

void Receiver::sip(int socket) {
  const int small = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  char byte = 0;
  while (::recv(socket, &byte, 1, 0) == 1 && !pause()) {
  }
}

// A moment. True: the receiver is going.
bool Receiver::pause() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 20ms, [this] { return stopping_; });
}

std::string Receiver::url(std::string_view target, std::string_view host) const {
  std::string text = tls_ ? "https://" : "http://";
  if (!host.empty()) {
    text += host;
  } else if (options_.address.find(':') != std::string::npos) {
    text += "[" + options_.address + "]";
  } else {
    text += options_.address;
  }
  return text + ":" + std::to_string(port_) + std::string(target);
}

std::vector<Received> Receiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t Receiver::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool Receiver::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this, count] { return requests_.size() >= count; });
}

bool Receiver::wait_for_connections(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this, count] { return connections_ >= count; });
}

void Receiver::drop_connections() {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, socket] : open_) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace hookwright::testing
