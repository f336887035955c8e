#include "transport/http1/tls.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <string_view>
#include <utility>

#include "clock/steady_now.hpp"
#include "hookwright/address.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport::http1 {
namespace {

constexpr std::size_t sessions_max = 1024;
constexpr int session_bytes_max = 16 * 1024;
constexpr int chain_max = 10;                  // certificates that a session holds on to
constexpr std::chrono::hours verified_max{1};  // then a certificate is asked for again
constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Tls::Wire& wire_of(BIO* bio) {
  return *static_cast<Tls::Wire*>(BIO_get_data(bio));
}

// What OpenSSL's own socket BIO does, but for SIGPIPE, which that may raise, and with bounds.
extern "C" int hookwright_bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const Moved moved =
      send_bytes(wire_of(bio).socket, std::string_view(bytes, static_cast<std::size_t>(size)));
  if (moved.error == 0) return static_cast<int>(moved.bytes);
  if (would_block(moved.error)) BIO_set_retry_write(bio);
  return -1;
}

extern "C" int hookwright_bio_read(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  Tls::Wire& wire = wire_of(bio);
  if (wire.left == 0) return -1;
  if (wire.turn == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t room = std::min({static_cast<std::size_t>(size), wire.turn, wire.left});
  const Moved moved = receive_bytes(wire.socket, to, room);
  wire.turn -= moved.bytes;
  wire.left -= moved.bytes;
  if (moved.error == 0) return static_cast<int>(moved.bytes);
  if (would_block(moved.error)) BIO_set_retry_read(bio);
  return -1;
}

extern "C" long hookwright_bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

constexpr int app_data = 0;  // the index that OpenSSL leaves to the application

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hookwright socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_write(made, hookwright_bio_write);
    BIO_meth_set_read(made, hookwright_bio_read);
    BIO_meth_set_ctrl(made, hookwright_bio_control);
    return made;
  }();
  return method;
}

extern "C" int hookwright_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* const tls = static_cast<Tls*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), app_data));
  try {
    tls->keep_session(ssl, session);
  } catch (...) {  // no memory
  }
  return 0;  // what was kept is a reference of our own
}

// What the certificate must be for.
bool expect_host(SSL* ssl, const std::string& host) {
  if (IpAddress::parse(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name(), which is a macro with casts of its own.
  std::string name = host;
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

Tls::Tls(std::shared_ptr<const Trust> trust)
    : trust_(std::move(trust)), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  if (!context_) throw std::bad_alloc();
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set1_cert_store(context, trust_->store());
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // An idle connection holds no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (SSL_CTX_set_ex_data(context, app_data, this) != 1) throw std::bad_alloc();
  if (SSL_CTX_set_cipher_list(context, Trust::ciphers) != 1) throw std::bad_alloc();
  SSL_CTX_sess_set_new_cb(context, hookwright_new_session);
  if (SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols) != 0) throw std::bad_alloc();
  socket_method();
}

Tls::~Tls() = default;

Tls::Stream Tls::make(Wire& wire, const std::string& host, const std::string& target) {
  Stream stream(SSL_new(context_.get()), SSL_free);
  BIO* const bio = stream ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) return Stream(nullptr, SSL_free);
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(stream.get(), bio, bio);
  if (!expect_host(stream.get(), host) ||
      SSL_set_ex_data(stream.get(), app_data, const_cast<std::string*>(&target)) != 1) {
    return Stream(nullptr, SSL_free);
  }
  const auto known = sessions_.find(target);
  if (known != sessions_.end()) SSL_set_session(stream.get(), known->second.session.get());
  SSL_set_connect_state(stream.get());
  return stream;
}

void Tls::keep_session(SSL* stream, SSL_SESSION* session) {
  if (i2d_SSL_SESSION(session, nullptr) > session_bytes_max) return;
  if (sk_X509_num(SSL_get_peer_cert_chain(stream)) > chain_max) return;
  const auto& target = *static_cast<const std::string*>(SSL_get_ex_data(stream, app_data));
  const SteadyTime now = steady_now();
  const auto known = sessions_.find(target);
  SteadyTime verified = now;
  if (SSL_session_reused(stream) == 1) {
    if (known == sessions_.end()) return;
    verified = known->second.verified;
    if (now - verified > verified_max) {
      sessions_.erase(known);
      return;
    }
  }
  if (known == sessions_.end() && sessions_.size() >= sessions_max) sessions_.clear();
  SSL_SESSION_up_ref(session);
  sessions_.insert_or_assign(target, Session{{session, SSL_SESSION_free}, verified});
}

}  // namespace hookwright::transport::http1
