#include "transport/trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "hookwright/error.hpp"

namespace hookwright::transport {
namespace {

bool is_file(const char* path) {
  std::error_code error;
  return path != nullptr && std::filesystem::is_regular_file(path, error);
}

bool is_directory(const char* path) {
  std::error_code error;
  return path != nullptr && std::filesystem::is_directory(path, error);
}

// Where libcurl was told at build time that the bundle lies; known from 7.84.
std::string libcurl_bundle() {
#if LIBCURL_VERSION_NUM >= 0x075400
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  char* path = nullptr;
  if (handle && curl_easy_getinfo(handle.get(), CURLINFO_CAINFO, &path) == CURLE_OK && path) {
    return path;
  }
#endif
  return {};
}

std::string system_bundle() {
  const std::string from_libcurl = libcurl_bundle();
  for (const char* path :
       {X509_get_default_cert_file(), from_libcurl.c_str(), "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (is_file(path)) return path;
  }
  return {};
}

std::shared_ptr<X509_STORE> make_store() {
  return std::shared_ptr<X509_STORE>(X509_STORE_new(), X509_STORE_free);
}

extern "C" CURLcode hookwright_use_store(CURL*, void* context, void* store) {
  auto* const ssl = static_cast<SSL_CTX*>(context);
  SSL_CTX_set1_cert_store(ssl, static_cast<X509_STORE*>(store));
  if (SSL_CTX_set_cipher_list(ssl, Trust::ciphers) != 1) return CURLE_SSL_CIPHER;
  // libcurl would write the session keys to the file that SSLKEYLOGFILE in the environment names.
  SSL_CTX_set_keylog_callback(ssl, nullptr);
  return CURLE_OK;
}

}  // namespace

Trust::Trust(bool parsed, const std::string& ca_file, bool required) : file_(ca_file) {
  if (file_.empty()) {
    file_ = system_bundle();
    if (file_.empty() && is_directory(X509_get_default_cert_dir())) {
      directory_ = X509_get_default_cert_dir();
    }
    if (file_.empty() && directory_.empty() && required) {
      throw ConfigError("transport.ca_file",
                        "must name a file of trusted certificates, since the system has none");
    }
  }
  std::shared_ptr<X509_STORE> store = make_store();
  const bool loaded =
      store && (file_.empty() || X509_STORE_load_file(store.get(), file_.c_str()) == 1) &&
      (directory_.empty() || X509_STORE_load_path(store.get(), directory_.c_str()) == 1);
  if (!loaded) throw ConfigError("transport.ca_file", "must be a PEM file of certificates", file_);
  if (parsed) store_ = std::move(store);
}

std::shared_ptr<const Trust> Trust::load(bool parsed, const std::string& ca_file, bool required) {
  // One for all transports that live at the same time; a new one reads the file again when none
  // does, or when it has changed.
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Trust>> loaded;
  const std::lock_guard lock(mutex);
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(ca_file, error).time_since_epoch().count();
  const std::string key = ca_file + '\n' + (error ? std::string() : std::to_string(changed)) +
                          (required ? "\nrequired" : "") + (parsed ? "\nparsed" : "");
  std::shared_ptr<const Trust> trust = loaded[key].lock();
  if (!trust) {
    std::erase_if(loaded, [](const auto& entry) { return entry.second.expired(); });
    trust = std::make_shared<const Trust>(parsed, ca_file, required);
    loaded[key] = trust;
  }
  return trust;
}

CURLcode Trust::apply(CURL* handle) const {
  const bool ours = store_ != nullptr;
  CURLcode result =
      curl_easy_setopt(handle, CURLOPT_CAINFO, ours || file_.empty() ? nullptr : file_.c_str());
  if (result != CURLE_OK) return result;
  // Never left to its default: with a directory set, libcurl keeps nothing of what it has parsed.
  result = curl_easy_setopt(handle, CURLOPT_CAPATH,
                            ours || directory_.empty() ? nullptr : directory_.c_str());
  if (result != CURLE_OK || !ours) return result;
  result = curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, hookwright_use_store);
  if (result != CURLE_OK) return result;
  return curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, store_.get());
}

}  // namespace hookwright::transport
