#pragma once

#include <curl/curl.h>

namespace hookwright::transport {

// What the libcurl that runs here is, and can do. It may be older or newer than the headers that we
// were compiled with, so this is asked at run time.
struct Library {
  unsigned version = 0;          // 0x075801 for 7.88.1
  bool openssl_is_ours = false;  // its OpenSSL is the one that we link, so objects may be shared
  bool asks_before_requests = false;  // CURLOPT_PREREQFUNCTION, from 7.80
  bool needs_session_share = false;   // TLS sessions outlive an easy handle only in a share
  bool session_cache_is_safe = true;
  // What a handle keeps of a transfer's headers is freed and still pointed to when it is used
  // again: from 7.84 to 8.0.1, curl issue 11101.
  bool keeps_dead_header = false;
  bool sockets_are_tracked = true;  // socket callbacks can be trusted
  // A pool of connections can be chosen for each request (CURL_LOCK_DATA_CONNECT); from 7.88, the
  // oldest that we have seen to it with.
  bool connections_can_be_shared = false;
};

// Initialises libcurl once for the process. Throws ConfigError ("transport.libcurl") if this
// libcurl is unfit.
const Library& library();

}  // namespace hookwright::transport
