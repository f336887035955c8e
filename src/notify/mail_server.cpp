#include "notify/mail_server.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

#include "hookwright/error.hpp"
#include "notify/mail.hpp"

namespace hookwright::notify {
namespace {

constexpr std::size_t detail_bytes_max = 256;

void initialise_libcurl() {
  // Never cleaned up: the host may use libcurl as well.
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

bool valid_server(std::string_view server) {
  // A host name, an IPv4 address, or an IPv6 address in its colons; nothing that ends a URL's host.
  return !server.empty() && server.size() <= 253 && server.front() != '-' &&
         std::all_of(server.begin(), server.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == ':';
         });
}

// What is left of a message to be sent.
struct Upload {
  std::string_view rest{};
};

extern "C" size_t hookwright_read_mail(char* to, size_t size, size_t count, void* upload) {
  std::string_view& rest = static_cast<Upload*>(upload)->rest;
  const std::size_t bytes = std::min(rest.size(), size * count);
  if (bytes != 0) std::memcpy(to, rest.data(), bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

struct FreeEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

// A server's words, or libcurl's, without what would break a log.
std::string plain(std::string_view text) {
  std::string result(text.substr(0, detail_bytes_max));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return result;
}

// What it says of one mail stands. A server that refuses the connection, TLS or the login (53x) may
// be repaired.
SendResult::Outcome outcome_of(CURLcode code, long answer) {
  const bool about_the_mail = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY;
  if (about_the_mail && answer >= 550 && answer <= 559) return SendResult::Outcome::refused;
  if (about_the_mail && answer >= 450 && answer <= 459) return SendResult::Outcome::deferred;
  return SendResult::Outcome::failed;
}

}  // namespace

MailServer::MailServer(const SmtpOptions& options)
    : from_(options.from),
      user_(options.user),
      password_(options.password),
      ca_file_(options.ca_file),
      tls_(options.tls),
      connect_ms_(static_cast<long>(options.connect_max.count())),
      timeout_ms_(static_cast<long>(options.timeout.count())) {
  if (!valid_server(options.server)) {
    throw ConfigError("smtp.server", "must be a host name or an address", options.server);
  }
  if (options.port == 0) throw ConfigError("smtp.port", "must be 1 to 65,535", "0");
  if (options.tls > SmtpOptions::Tls::none) throw ConfigError("smtp.tls", "is no enumerator");
  if (user_.empty() != !password_) {
    throw ConfigError("smtp.password", "must be given with smtp.user, and only then");
  }
  if (password_ && tls_ == SmtpOptions::Tls::none) {
    throw ConfigError("smtp.tls", "must not be none where there is a password", "none");
  }
  if (user_.find('\0') != std::string::npos) throw ConfigError("smtp.user", "must not hold NUL");
  const bool ipv6 = options.server.find(':') != std::string::npos;
  url_ = tls_ == SmtpOptions::Tls::implicit ? "smtps://" : "smtp://";
  url_ += ipv6 ? "[" + options.server + "]" : options.server;
  url_ += ':' + std::to_string(options.port) + '/';
  url_ += from_.substr(from_.find('@') + 1);  // who we say that we are: not this machine's name
  initialise_libcurl();
}

SendResult MailServer::send(const std::string& to, const std::string& message) const {
  const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
  const std::unique_ptr<curl_slist, FreeList> recipients(
      curl_slist_append(nullptr, ('<' + to + '>').c_str()));
  if (!easy || !recipients) throw std::bad_alloc();
  CURLcode code = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = curl_easy_setopt(easy.get(), option, value);
  };
  Upload upload{message};
  std::array<char, CURL_ERROR_SIZE> error{};
  set(CURLOPT_ERRORBUFFER, error.data());
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_PROXY, "");  // none, whatever the environment says
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, connect_ms_);
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, timeout_ms_ / 1'000));
  set(CURLOPT_TIMEOUT_MS, timeout_ms_);
  if (tls_ != SmtpOptions::Tls::none) {
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!ca_file_.empty()) {
      set(CURLOPT_CAINFO, ca_file_.c_str());
      set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    }
  }
  if (password_) {
    const std::string password(password_->reveal());  // libcurl wants a terminating zero
    set(CURLOPT_USERNAME, user_.c_str());
    set(CURLOPT_PASSWORD, password.c_str());
  }
  const std::string from = '<' + from_ + '>';
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &hookwright_read_mail);
  set(CURLOPT_READDATA, &upload);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.size()));
  if (code == CURLE_OK) code = curl_easy_perform(easy.get());

  long answer = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer);
  if (code == CURLE_OK) return {.outcome = SendResult::Outcome::sent};
  SendResult result{.outcome = outcome_of(code, answer)};
  result.detail = plain(error[0] != '\0' ? error.data() : curl_easy_strerror(code));
  if (answer != 0) result.detail += " (" + std::to_string(answer) + ")";
  return result;
}

}  // namespace hookwright::notify
