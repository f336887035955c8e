#include "transport/driver.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>

#include "clock/steady_now.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

constexpr auto kick_interval = 1s;

extern "C" int hookwright_note_socket(CURL*, curl_socket_t socket, int what, void* driver, void*) {
  return static_cast<Driver*>(driver)->note_socket(socket, what);
}

extern "C" int hookwright_note_timer(CURLM*, long milliseconds, void* driver) {
  return static_cast<Driver*>(driver)->note_timer(milliseconds);
}

}  // namespace

Driver::Driver(const Library& library, std::size_t connections_max, bool http2)
    : separate_(library.sockets_are_tracked),
      main_(curl_multi_init(), curl_multi_cleanup),
      apart_(separate_ ? curl_multi_init() : nullptr, curl_multi_cleanup) {
  if (!main_ || (separate_ && !apart_)) throw std::bad_alloc();
  const long multiplexing = http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING;
  // The default, four times the transfers under way, shrinks to nothing whenever things are quiet.
  curl_multi_setopt(main_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max));
  curl_multi_setopt(main_.get(), CURLMOPT_PIPELINING, multiplexing);
  if (!separate_) return;
  curl_multi_setopt(apart_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(apart_.get(), CURLMOPT_SOCKETFUNCTION, hookwright_note_socket);
  curl_multi_setopt(apart_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(apart_.get(), CURLMOPT_TIMERFUNCTION, hookwright_note_timer);
  curl_multi_setopt(apart_.get(), CURLMOPT_TIMERDATA, this);
}

Driver::~Driver() = default;

CURLM* Driver::multi_for(bool apart) const {
  return apart && separate_ ? apart_.get() : main_.get();
}

bool Driver::add(CURL* handle, bool apart) {
  CURLM* const multi = multi_for(apart);
  if (curl_multi_add_handle(multi, handle) != CURLM_OK) return false;
  if (multi == apart_.get()) ++apart_transfers_;
  return true;
}

void Driver::remove(CURL* handle, bool apart) {
  CURLM* const multi = multi_for(apart);
  curl_multi_remove_handle(multi, handle);
  if (multi == apart_.get()) --apart_transfers_;
}

bool Driver::apart_is_idle() const {
  return apart_transfers_ == 0 && apart_sockets_.empty() && !apart_due_;
}

bool Driver::turn() {
  int running = 0;
  if (curl_multi_perform(main_.get(), &running) != CURLM_OK) return false;
  return apart_is_idle() || turn_apart();
}

bool Driver::turn_apart() {
  int running = 0;
  CURLMcode code = CURLM_OK;
  for (const curl_waitfd& socket : ready_) {
    if (socket.revents == 0) continue;
    const int in = (socket.revents & CURL_WAIT_POLLIN) != 0 ? CURL_CSELECT_IN : 0;
    const int out = (socket.revents & CURL_WAIT_POLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    code = std::max(code, curl_multi_socket_action(apart_.get(), socket.fd, in | out, &running));
  }
  ready_.clear();
  const SteadyTime now = steady_now();
  // Whatever libcurl's timer says, all is looked at once a second.
  const bool kick = now - apart_kicked_ >= kick_interval;
  if (kick || (apart_due_ && *apart_due_ <= now)) {
    if (kick) apart_kicked_ = now;
    apart_due_.reset();
    code = std::max(code, curl_multi_socket_action(apart_.get(), CURL_SOCKET_TIMEOUT, 0, &running));
  }
  return code == CURLM_OK;
}

std::optional<Driver::Finished> Driver::next_finished() {
  for (CURLM* multi : {main_.get(), apart_.get()}) {
    if (multi == nullptr) continue;
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) {
        return Finished{message->easy_handle, message->data.result};
      }
    }
  }
  return std::nullopt;
}

bool Driver::wait(Duration max) {
  ready_.clear();
  for (const auto& [socket, events] : apart_sockets_) {
    ready_.push_back(curl_waitfd{socket, events, 0});
  }
  if (!apart_is_idle()) {
    const SteadyTime due =
        std::min(apart_due_.value_or(SteadyTime::max()), apart_kicked_ + kick_interval);
    max = std::min(max, std::chrono::ceil<Duration>(due - steady_now()));
  }
  int ready = 0;
  return curl_multi_poll(main_.get(), ready_.data(), static_cast<unsigned>(ready_.size()),
                         static_cast<int>(std::max(max, Duration::zero()).count()),
                         &ready) == CURLM_OK;
}

void Driver::wake() {
  curl_multi_wakeup(main_.get());
}

int Driver::note_socket(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    apart_sockets_.erase(socket);
    return 0;
  }
  short events = 0;
  if ((what & CURL_POLL_IN) != 0) events = static_cast<short>(events | CURL_WAIT_POLLIN);
  if ((what & CURL_POLL_OUT) != 0) events = static_cast<short>(events | CURL_WAIT_POLLOUT);
  apart_sockets_[socket] = events;
  return 0;
}

int Driver::note_timer(long milliseconds) {
  apart_due_.reset();
  if (milliseconds >= 0) {
    apart_due_ = steady_now() + std::chrono::milliseconds(milliseconds);
  }
  return 0;
}

}  // namespace hookwright::transport
