#include "transport/http1/tls.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "hookwright/address.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport::http1 {
namespace {

constexpr std::size_t sessions_max = 4096;
constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

curl_socket_t socket_of(BIO* bio) {
  return static_cast<curl_socket_t>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

// What OpenSSL's own socket BIO does, but for SIGPIPE, which that may raise.
extern "C" int hookwright_bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const Moved moved =
      send_bytes(socket_of(bio), std::string_view(bytes, static_cast<std::size_t>(size)));
  if (moved.error == 0) return static_cast<int>(moved.bytes);
  if (would_block(moved.error)) BIO_set_retry_write(bio);
  return -1;
}

extern "C" int hookwright_bio_read(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const Moved moved = receive_bytes(socket_of(bio), to, static_cast<std::size_t>(size));
  if (moved.error == 0) return static_cast<int>(moved.bytes);
  if (would_block(moved.error)) BIO_set_retry_read(bio);
  return -1;
}

extern "C" long hookwright_bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

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
  auto* const tls = static_cast<Tls*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
  try {
    tls->keep_session(*static_cast<const std::string*>(SSL_get_ex_data(ssl, 0)), session);
    return 1;  // it is ours now
  } catch (...) {
    return 0;
  }
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
  SSL_CTX_set_ex_data(context, 0, this);
  SSL_CTX_sess_set_new_cb(context, hookwright_new_session);
  if (SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols) != 0) throw std::bad_alloc();
  socket_method();
}

Tls::~Tls() = default;

Tls::Stream Tls::make(curl_socket_t socket, const std::string& host, const std::string& target) {
  Stream stream(SSL_new(context_.get()), SSL_free);
  BIO* const bio = stream ? BIO_new(socket_method()) : nullptr;
  if (bio == nullptr) return Stream(nullptr, SSL_free);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(stream.get(), bio, bio);
  if (!expect_host(stream.get(), host)) return Stream(nullptr, SSL_free);
  SSL_set_ex_data(stream.get(), 0, const_cast<std::string*>(&target));
  const auto session = sessions_.find(target);
  if (session != sessions_.end()) SSL_set_session(stream.get(), session->second.get());
  SSL_set_connect_state(stream.get());
  return stream;
}

void Tls::keep_session(const std::string& target, SSL_SESSION* session) {
  if (sessions_.size() >= sessions_max) sessions_.clear();
  const auto [entry, made] = sessions_.try_emplace(target, session, SSL_SESSION_free);
  if (!made) entry->second.reset(session);
}

}  // namespace hookwright::transport::http1
