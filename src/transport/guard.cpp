#include "transport/guard.hpp"

#include <optional>

#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

extern "C" curl_socket_t hookwright_open_socket(void* guard, curlsocktype purpose,
                                                curl_sockaddr* address) {
  return static_cast<Guard*>(guard)->open_socket(purpose, address);
}

#if LIBCURL_VERSION_NUM >= 0x075000
extern "C" int hookwright_before_request(void* guard, char* address, char*, int port, int) {
  return static_cast<Guard*>(guard)->before_request(address, port);
}
#endif

// Newer versions of libcurl, from 8.19, pass these flags along.
int plain_socktype(int socktype) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
  return socktype & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
  return socktype;
#endif
}

}  // namespace

void Guard::aim(const IpAddress& placeholder, const IpAddress& vetted, std::uint16_t port) {
  vetted_ = vetted;
  port_ = port;
  if (placeholder_ != placeholder) {
    placeholder_ = placeholder;
    placeholder_text_ = placeholder.text();
    // No host and no port before the first two colons: an entry that named them and didn't match
    // would be ignored in silence, and libcurl would look up the name.
    connect_to_text_ = "::[" + placeholder_text_ + "]:";
    connect_to_ = curl_slist{connect_to_text_.data(), nullptr};
  }
  requests_ = sockets_ = 0;
  socket_error_ = 0;
  opened_ = blocked_ = gone_ = stopped_repeat_ = false;
}

CURLcode Guard::install(CURL* handle, bool asks) {
  CURLcode result = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, hookwright_open_socket);
  if (result == CURLE_OK) result = curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
#if LIBCURL_VERSION_NUM >= 0x075000
  if (result != CURLE_OK || !asks) return result;
  result = curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, hookwright_before_request);
  if (result == CURLE_OK) result = curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
#else
  static_cast<void>(asks);
#endif
  return result;
}

void Guard::count_send_if_not_asked() {
  if (requests_ > 0) return;
  ++requests_;
  ++sends_;
}

bool Guard::foreseen(curlsocktype purpose, const curl_sockaddr& address) const {
  if (purpose != CURLSOCKTYPE_IPCXN || plain_socktype(address.socktype) != SOCK_STREAM)
    return false;
  if (address.family != AF_INET6) return false;
  const std::optional<Endpoint> endpoint = read_sockaddr(&address.addr, address.addrlen);
  return endpoint && endpoint->address == placeholder_ && endpoint->port == port_ &&
         border_->allows(vetted_);
}

curl_socket_t Guard::open_socket(curlsocktype purpose, curl_sockaddr* address) {
  if (!foreseen(purpose, *address)) {
    blocked_ = true;
    return CURL_SOCKET_BAD;
  }
  // Documented: the callback may modify the address. There is room, since the storage behind it
  // held an IPv6 address already.
  address->addrlen = write_sockaddr(vetted_, port_, &address->addr);
  address->family = vetted_.is_v6() ? AF_INET6 : AF_INET;
  opened_ = true;
  ++sockets_;
  return open_tcp_socket(address->family, socket_error_);
}

int Guard::before_request(const char* address, int port) {
#if LIBCURL_VERSION_NUM >= 0x075000
  if (address == nullptr || *address == '\0') {
    gone_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  const std::optional<IpAddress> reached = IpAddress::parse(address);
  if (!reached || *reached != vetted_ || port != port_ || !border_->allows(*reached)) {
    blocked_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (requests_++ > 0) {
    // libcurl found a kept connection dead and is about to send the POST again, by itself and as
    // often as five times. Once is allowed, and not on another kept connection.
    if (sends_ > 1 || !opened_) {
      stopped_repeat_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
  }
  ++sends_;
  opened_ = false;
  return CURL_PREREQFUNC_OK;
#else
  static_cast<void>(address);
  static_cast<void>(port);
  return 0;
#endif
}

}  // namespace hookwright::transport
