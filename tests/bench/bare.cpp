// The baseline: the least that signs a body and sends it with libcurl's multi interface, over and
// over, as fast as one thread can. Nothing of hookwright is in here: no store, no schedule, no
// guard.
//
// Arguments: url, inflight, mode=poll|socket, warm, seconds, ca=<file>, ports=<how many, each with
// a connection of its own>. Answers rate and cpu_us.
#include <curl/curl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <memory>

#include "bench/roles.hpp"

namespace bench {
namespace {

constexpr std::size_t body_bytes = 300;

struct Transfer {
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::string body = std::string(body_bytes, 'x');
};

class BareLibcurl {
 public:
  explicit BareLibcurl(const Arguments& arguments)
      : url_(text(arguments, "url")),
        ca_(text(arguments, "ca")),
        ports_(static_cast<int>(number(arguments, "ports", 1))),
        port_(static_cast<int>(number(arguments, "port"))),
        by_socket_(text(arguments, "mode") == "socket"),
        transfers_(static_cast<std::size_t>(number(arguments, "inflight", 64))) {
    EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    mac_ = EVP_MAC_CTX_new(hmac);
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    const std::string key = "a secret of some length";
    EVP_MAC_init(mac_, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                 parameters.data());
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 10'000L);
    if (by_socket_) {
      epoll_ = epoll_create1(EPOLL_CLOEXEC);
      curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, note_socket);
      curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
      curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, note_timer);
      curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    }
    for (Transfer& transfer : transfers_) {
      prepare(transfer);
      start(transfer);
    }
  }

  // Until then; returns how many were answered.
  std::size_t run_until(double end) {
    std::size_t done = 0;
    int running = 0;
    while (now_seconds() < end) {
      if (by_socket_) {
        wait_for_sockets(running);
      } else {
        curl_multi_poll(multi_, nullptr, 0, 100, nullptr);
        curl_multi_perform(multi_, &running);
      }
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        Transfer* transfer = nullptr;
        long status = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        if (message->data.result == CURLE_OK && status == 204) ++done;
        curl_multi_remove_handle(multi_, message->easy_handle);
        start(*transfer);
      }
    }
    return done;
  }

 private:
  static std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }

  static int note_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    auto& bare = *static_cast<BareLibcurl*>(self);
    epoll_event event{};
    event.data.fd = socket;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(bare.epoll_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_ctl(bare.epoll_, known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(bare.multi_, socket, self);
    return 0;
  }

  static int note_timer(CURLM*, long milliseconds, void* self) {
    static_cast<BareLibcurl*>(self)->timeout_ = milliseconds;
    return 0;
  }

  void wait_for_sockets(int& running) {
    epoll_event events[256];
    const int timeout = timeout_ < 0 || timeout_ > 100 ? 100 : static_cast<int>(timeout_);
    const int count = epoll_wait(epoll_, events, 256, timeout);
    for (int i = 0; i < count; ++i) {
      const int in = (events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
      const int out = (events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
      curl_multi_socket_action(multi_, events[i].data.fd, in | out, &running);
    }
    if (count == 0 || timeout_ == 0) {
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  // What stays the same from request to request.
  void prepare(Transfer& transfer) {
    transfer.handle = curl_easy_init();
    CURL* const handle = transfer.handle;
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, transfer.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{body_bytes});
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 15'000L);
    if (!ca_.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, ca_.c_str());
      curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);  // else nothing parsed is kept
    }
  }

  void start(Transfer& transfer) {
    if (ports_ > 1) {
      const std::string url =
          "http://127.0.0.1:" + std::to_string(port_ + next_++ % ports_) + "/ok";
      curl_easy_setopt(transfer.handle, CURLOPT_URL, url.c_str());
    }
    std::array<unsigned char, 32> mac{};
    std::size_t size = 0;
    EVP_MAC_init(mac_, nullptr, 0, nullptr);
    EVP_MAC_update(mac_, reinterpret_cast<const unsigned char*>(transfer.body.data()), body_bytes);
    EVP_MAC_final(mac_, mac.data(), &size, mac.size());
    std::string signature = "X-Bench-Signature: sha256=";
    for (const unsigned char byte : mac) {
      signature += "0123456789abcdef"[byte >> 4U];
      signature += "0123456789abcdef"[byte & 15U];
    }
    curl_slist_free_all(transfer.headers);
    transfer.headers = nullptr;
    for (const char* line :
         {"Content-Type: application/json", "User-Agent: bare/0.1", "X-Bench-Event: bench.sent",
          "X-Bench-Delivery: del_0352RoLkmIgoSS2ENNeb3t", signature.c_str(),
          "Expect:", "Accept:"}) {
      transfer.headers = curl_slist_append(transfer.headers, line);
    }
    curl_easy_setopt(transfer.handle, CURLOPT_HTTPHEADER, transfer.headers);
    curl_multi_add_handle(multi_, transfer.handle);
  }

  std::string url_;
  std::string ca_;
  int ports_;
  int port_;
  int next_ = 0;
  bool by_socket_;
  std::vector<Transfer> transfers_;
  EVP_MAC_CTX* mac_ = nullptr;
  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  long timeout_ = -1;
};

}  // namespace

void bare_libcurl(const Arguments& arguments) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  BareLibcurl bare(arguments);
  bare.run_until(now_seconds() + number(arguments, "warm", 0.2));
  const double cpu = cpu_seconds();
  const double start = now_seconds();
  const auto done = static_cast<double>(bare.run_until(start + number(arguments, "seconds", 1)));
  print({{"rate", done / (now_seconds() - start)}, {"cpu_us", (cpu_seconds() - cpu) / done * 1e6}});
}

}  // namespace bench
