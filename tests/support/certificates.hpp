#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace hookwright::testing {

// A private key and its certificate, both as PEM.
struct Identity {
  std::string key{};
  std::string certificate{};
};

// A certification authority that lives as long as the test.
class Authority {
 public:
  Authority();

  // `names` are host names or IPv4 addresses. With `expired` the certificate ran out yesterday.
  [[nodiscard]] Identity issue(const std::vector<std::string>& names, bool expired = false) const;

  // What has been issued by nobody.
  [[nodiscard]] static Identity self_signed(const std::vector<std::string>& names);

  // Its own certificate, PEM.
  [[nodiscard]] const std::string& certificate() const { return pem_; }

 private:
  static Identity make_identity(const std::vector<std::string>& names, bool expired,
                                x509_st* issuer, evp_pkey_st* issuer_key);

  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string pem_;
};

// A file with this text in the temporary directory, gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace hookwright::testing
