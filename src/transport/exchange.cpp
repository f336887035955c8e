#include "transport/exchange.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "clock/steady_now.hpp"
#include "hookwright/error.hpp"

namespace hookwright::transport {
namespace {

constexpr std::size_t kept_header_bytes_max = 4096;  // as a handle holds on to what it has stored

// libcurl calls these from C: nothing may be thrown through it. Memory is all that can run out.
template <class Action>
std::size_t guarded(Action action) noexcept {
  try {
    return action();
  } catch (...) {
    return 0;  // fewer bytes than offered: libcurl ends the transfer
  }
}

extern "C" std::size_t hookwright_take_header(char* bytes, std::size_t, std::size_t size,
                                              void* exchange) {
  return guarded([=] {
    return static_cast<Exchange*>(exchange)->take_header({bytes, size}) ? size : 0;
  });
}

extern "C" std::size_t hookwright_take_body(char* bytes, std::size_t, std::size_t size,
                                            void* exchange) {
  return guarded([=] {
    return static_cast<Exchange*>(exchange)->take_body({bytes, size}) ? size : 0;
  });
}

extern "C" std::size_t hookwright_read_body(char* to, std::size_t, std::size_t size,
                                            void* exchange) {
  return static_cast<Exchange*>(exchange)->read_body(to, size);
}

extern "C" int hookwright_seek_body(void* exchange, curl_off_t, int) {
  static_cast<Exchange*>(exchange)->guard.refuse_rewind();
  return CURL_SEEKFUNC_FAIL;
}

// Sets options and remembers the first that failed.
class Setter {
 public:
  explicit Setter(CURL* handle) : handle_(handle) {}

  template <class Value>
  void operator()(CURLoption option, Value value) {
    keep(curl_easy_setopt(handle_, option, value));
  }

  // For an option that is newer than the oldest libcurl we work with, and that older ones can do
  // without.
  template <class Value>
  void if_known(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    if (code != CURLE_UNKNOWN_OPTION && code != CURLE_NOT_BUILT_IN) keep(code);
  }

  void keep(CURLcode code) {
    if (result == CURLE_OK) result = code;
  }

  CURLcode result = CURLE_OK;

 private:
  CURL* handle_;
};

void forbid_other_protocols(Setter& set, bool allow_http) {
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, allow_http ? "https,http" : "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
  set(CURLOPT_PROTOCOLS, allow_http ? CURLPROTO_HTTPS | CURLPROTO_HTTP : CURLPROTO_HTTPS);
  set(CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTPS);
#endif
}

long whole_seconds(Duration duration) {
  return static_cast<long>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count()));
}

}  // namespace

Exchange::Exchange(const Settings& settings)
    : guard(*settings.border),
      response(settings.limits),
      settings_(&settings),
      handle_(curl_easy_init(), curl_easy_cleanup) {
  if (!handle_) throw std::bad_alloc();
  const CURLcode code = set_fixed_options();
  handle_.reset();
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw ConfigError("transport.libcurl", "must know all the options that keep requests safe",
                      curl_easy_strerror(code));
  }
}

Exchange::~Exchange() = default;

Exchange& Exchange::of(CURL* handle) {
  char* exchange = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &exchange);
  return *static_cast<Exchange*>(static_cast<void*>(exchange));
}

CURLcode Exchange::set_fixed_options() {
  Setter set(handle_.get());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PRIVATE, this);
  set.keep(guard.install(handle_.get(), settings_->library.asks_before_requests));

  // Where it may go: straight to the URL's host, whatever the environment or the answer says.
  forbid_other_protocols(set, settings_->border->policy().allow_http);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);  // else every transfer that ends walks the whole cache
#if LIBCURL_VERSION_NUM >= 0x075700
  set.if_known(CURLOPT_QUICK_EXIT, 1L);
#endif

  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(settings_->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(CURLOPT_POST, 1L);
  // libcurl repeats a POST behind our back, up to five times, when a kept connection turns out to
  // be dead. Where it asks before each request, the guard sees to it. Older ones get the body
  // through a callback that cannot be rewound; it costs another send() and another turn of the
  // loop, which is nearly as much as all the rest of a request.
  if (!settings_->library.asks_before_requests) {
    set(CURLOPT_READFUNCTION, hookwright_read_body);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_SEEKFUNCTION, hookwright_seek_body);
    set(CURLOPT_SEEKDATA, this);
  }
  set(CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024);  // the least; a hung request holds on to it

  // What is taken.
  if (settings_->library.keeps_dead_header) set(CURLOPT_HEADER, 1L);  // see take_body()
  set(CURLOPT_HEADERFUNCTION, hookwright_take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, hookwright_take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_BUFFERSIZE, 4096L);

  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set.keep(settings_->trust->apply(handle_.get()));
  if (!settings_->library.session_cache_is_safe) set(CURLOPT_SSL_SESSIONID_CACHE, 0L);

  set(CURLOPT_MAXAGE_CONN, whole_seconds(settings_->idle_max));
#if LIBCURL_VERSION_NUM >= 0x075000
  set.if_known(CURLOPT_MAXLIFETIME_CONN, 300L);  // a connection outlives a change of DNS no longer
#endif
  return set.result;
}

bool Exchange::begin(RequestId new_id, Request&& new_request, SteadyTime now) {
  id = new_id;
  request = std::move(new_request);
  started = now;
  addresses.clear();
  address = 0;
  sent_again = false;
  guard.begin();
  answered.reset();
  response.clear();
  error_[0] = '\0';
  return headers.assign(request.headers);
}

bool Exchange::prepare(SteadyTime now, bool fresh_connection) {
  const IpAddress& vetted = addresses[address];
  guard.aim(settings_->placeholders.make(settings_->border->generation(), request.url.host,
                                         request.url.port, vetted),
            vetted, request.url.port);
  response.clear();
  error_[0] = '\0';
  body_read_ = 0;

  // libcurl takes 0 for "no limit".
  const auto left = std::max(Duration{1}, std::chrono::floor<Duration>(request.deadline - now));
  const auto connect = std::max(Duration{1}, std::min(settings_->connect_max, left / 2));

  if (!std::exchange(reusable_, false)) {
    handle_.reset(curl_easy_init());
    if (!handle_ || set_fixed_options() != CURLE_OK) return false;
  }
  Setter set(handle_.get());
  Pools& pools = *settings_->pools;
  set(CURLOPT_SHARE, apart() ? pools.sessions() : pools.of(guard.placeholder()));
  set(CURLOPT_URL, request.url.text.c_str());
  set(CURLOPT_CONNECT_TO, guard.connect_to());
  set(CURLOPT_HTTPHEADER, headers.lines());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
  if (settings_->library.asks_before_requests) {
    set(CURLOPT_POSTFIELDS, request.body->data());  // not copied; ours until the request has ended
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
  set(CURLOPT_FRESH_CONNECT, fresh_connection ? 1L : 0L);
  set(CURLOPT_FORBID_REUSE, apart() ? 1L : 0L);
  return set.result == CURLE_OK;
}

void Exchange::keep_handle() {
  reusable_ = !apart() && response.header_bytes() <= kept_header_bytes_max;
}

void Exchange::end() {
  request = Request{};
  serial = 0;
  if (!reusable_) handle_.reset();
}

bool Exchange::take_header(std::string_view line) {
  const bool taken = response.take_header(line);
  if (response.complete() && !answered) answered = steady_now();
  return taken;
}

bool Exchange::take_body(std::string_view bytes) {
  // Asked to, libcurl shows each line of a header block here as well, and before it stores it: the
  // last moment to keep it from writing through the pointer of Library::keeps_dead_header.
  if (!response.complete()) return response.foresee_header(bytes);
  return response.take_body(bytes);
}

std::size_t Exchange::read_body(char* to, std::size_t size) {
  if (body_read_ == 0) guard.count_send_if_not_asked();
  const std::string_view rest = std::string_view(*request.body).substr(body_read_);
  const std::size_t count = std::min(size, rest.size());
  std::memcpy(to, rest.data(), count);
  body_read_ += count;
  return count;
}

}  // namespace hookwright::transport
