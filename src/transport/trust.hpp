#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

struct x509_store_st;

namespace hookwright::transport {

// The certificates that receivers are verified against.
//
// Where libcurl uses the OpenSSL that we link, they are parsed once and shared by all connections
// of the process: with Debian's defaults libcurl parses the whole bundle for each new connection,
// 26 ms of CPU inside the event loop. Elsewhere libcurl is given the bundle and no directory, which
// lets it keep what it parsed, from 7.87 and with OpenSSL.
class Trust {
 public:
  // Of TLS 1.2, where a receiver's choice of the others could cost a second of ours: it names the
  // prime, of 10,000 bits if it likes.
  static constexpr const char* ciphers = "DEFAULT:!kDHE";

  // `ca_file` is empty for the system's certificates, which SSL_CERT_FILE and the like don't
  // change: nothing is read from the environment. `required` is false where all requests may be
  // plain http. Throws ConfigError ("transport.ca_file").
  // With `parsed` the certificates are parsed here and now, otherwise libcurl is to read the files.
  static std::shared_ptr<const Trust> load(bool parsed, const std::string& ca_file, bool required);

  // Null where libcurl is to read the files.
  [[nodiscard]] x509_store_st* store() const { return store_.get(); }

  // Sets a handle's options; they refer to this object.
  CURLcode apply(CURL* handle) const;

  // Public for std::make_shared only.
  Trust(bool parsed, const std::string& ca_file, bool required);

 private:
  std::shared_ptr<x509_store_st> store_;
  std::string file_;
  std::string directory_;
};

}  // namespace hookwright::transport
