#include "support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace hookwright::testing {
namespace {

constexpr long day = 24 * 60 * 60;

void require_certificate(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

std::shared_ptr<EVP_PKEY> make_key() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require_certificate(key != nullptr, "key");
  return key;
}

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  require_certificate(bio && write(bio.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), X509_EXTENSION_free);
  require_certificate(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
                      "extension");
}

std::shared_ptr<X509> make_certificate(EVP_PKEY* key, const std::string& name, bool expired) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  require_certificate(certificate != nullptr, "memory");
  std::uint32_t serial = 0;
  require_certificate(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
                      "random");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -10 * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -day : 10 * day);
  X509_set_pubkey(certificate.get(), key);
  const auto* const text = reinterpret_cast<const unsigned char*>(name.data());
  require_certificate(
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC, text,
                                 static_cast<int>(name.size()), -1, 0) == 1,
      "name");
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  require_certificate(X509_sign(certificate, key, EVP_sha256()) > 0, "signature");
}

bool is_address(const std::string& name) {
  return name.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Authority::Authority() : key_(make_key()) {
  certificate_ = make_certificate(key_.get(), "hookwright test authority", false);
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage,
                "critical,keyCertSign,cRLSign");
  add_extension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  sign(certificate_.get(), certificate_.get(), key_.get());
  pem_ = to_pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
}

Identity Authority::issue(const std::vector<std::string>& names, bool expired) const {
  return make_identity(names, expired, certificate_.get(), key_.get());
}

Identity Authority::self_signed(const std::vector<std::string>& names) {
  return make_identity(names, false, nullptr, nullptr);
}

// Without an issuer it vouches for itself.
Identity Authority::make_identity(const std::vector<std::string>& names, bool expired, X509* issuer,
                                  EVP_PKEY* issuer_key) {
  const std::shared_ptr<EVP_PKEY> key = make_key();
  const std::shared_ptr<X509> leaf = make_certificate(key.get(), names.at(0), expired);
  if (issuer == nullptr) {
    issuer = leaf.get();
    issuer_key = key.get();
  }
  std::string alternatives;
  for (const std::string& name : names) {
    if (!alternatives.empty()) alternatives += ',';
    alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  add_extension(leaf.get(), issuer, NID_subject_alt_name, alternatives);
  add_extension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth");
  add_extension(leaf.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), issuer, NID_authority_key_identifier, "keyid");
  sign(leaf.get(), issuer, issuer_key);

  Identity identity;
  identity.key = to_pem([&key](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  identity.certificate = to_pem([&leaf](BIO* bio) { return PEM_write_bio_X509(bio, leaf.get()); });
  return identity;
}

TemporaryFile::TemporaryFile(const std::string& text) {
  std::uint64_t number = 0;
  require_certificate(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) == 1,
                      "random");
  path_ = (std::filesystem::temp_directory_path() / ("hookwright-test-" + std::to_string(number)))
              .string();
  std::ofstream file(path_, std::ios::binary);
  file << text;
  require_certificate(file.good(), "temporary file");
}

TemporaryFile::~TemporaryFile() {
  std::error_code error;
  std::filesystem::remove(path_, error);
}

}  // namespace hookwright::testing
