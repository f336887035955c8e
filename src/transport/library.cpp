#include "transport/library.hpp"

#include <openssl/crypto.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "hookwright/error.hpp"

namespace hookwright::transport {
namespace {

[[noreturn]] void refuse(std::string_view rule, const char* version) {
  throw ConfigError("transport.libcurl", rule, version);
}

Library look_up() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw std::runtime_error("libcurl cannot be initialised");
  }
  const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
  Library library;
  library.version = info->version_num;
  if (library.version < 0x074400) refuse("must be 7.68 or newer", info->version);
  // CVE-2025-0665: closes a descriptor twice, which by then may be somebody else's.
  if (library.version == 0x080b01) refuse("must not be 8.11.1", info->version);
  if ((info->features & CURL_VERSION_IPV6) == 0) refuse("must support IPv6", info->version);
  if ((info->features & CURL_VERSION_SSL) == 0 || info->ssl_version == nullptr) {
    refuse("must support TLS", info->version);
  }

  // Only the very same release is taken for the same library: two copies of OpenSSL in one process
  // must not be handed each other's objects.
  library.openssl_is_ours =
      std::string("OpenSSL/") + OpenSSL_version(OPENSSL_VERSION_STRING) == info->ssl_version;
  library.asks_before_requests = LIBCURL_VERSION_NUM >= 0x075000 && library.version >= 0x075000;
  library.needs_session_share = library.version < 0x080c00;
  // CVE-2021-22901
  library.session_cache_is_safe = library.version < 0x074b00 || library.version > 0x074c01;
  library.keeps_dead_header = library.version >= 0x075400 && library.version < 0x080100;
  // 8.9.x register sockets of other transfers and forget to remove them, 8.20 and 8.21 spin or leak
  // when they are driven by socket callbacks.
  library.sockets_are_tracked = !(library.version >= 0x080900 && library.version <= 0x080901) &&
                                library.version != 0x081400 && library.version != 0x081500;
  library.connections_can_be_shared = library.version >= 0x075800;
  return library;
}

}  // namespace

const Library& library() {
  static const Library instance = look_up();  // never cleaned up: the host may use libcurl as well
  return instance;
}

}  // namespace hookwright::transport
