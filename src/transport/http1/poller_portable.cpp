#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>

#include "transport/http1/poller.hpp"

namespace hookwright::transport::http1 {
namespace {

constexpr Duration failed_wait{10};

class PortablePoller final : public Poller {
 public:
  PortablePoller() : multi_(curl_multi_init(), curl_multi_cleanup) {
    if (!multi_) throw std::bad_alloc();
  }

  bool watch(curl_socket_t socket, void* owner, bool writable) override {
    watched_[socket] = {owner, writable};
    return true;
  }

  void forget(curl_socket_t socket) override { watched_.erase(socket); }

  void wait(Duration max, std::vector<void*>& owners) override {
    sockets_.clear();
    for (const auto& [socket, watched] : watched_) {
      const int events = CURL_WAIT_POLLIN | (watched.second ? CURL_WAIT_POLLOUT : 0);
      sockets_.push_back({socket, static_cast<short>(events), 0});
    }
    max = std::max(max, Duration::zero());
    int count = 0;
    if (curl_multi_poll(multi_.get(), sockets_.data(), static_cast<unsigned>(sockets_.size()),
                        static_cast<int>(max.count()), &count) != CURLM_OK) {
      std::this_thread::sleep_for(std::min(max, failed_wait));  // and not try again and again
    }
    for (const curl_waitfd& socket : sockets_) {
      if (socket.revents != 0) owners.push_back(watched_.at(socket.fd).first);
    }
  }

  void wake() override { curl_multi_wakeup(multi_.get()); }

 private:
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  std::unordered_map<curl_socket_t, std::pair<void*, bool>> watched_;
  std::vector<curl_waitfd> sockets_;
};

}  // namespace

std::unique_ptr<Poller> make_portable_poller() {
  return std::make_unique<PortablePoller>();
}

#ifndef __linux__
std::unique_ptr<Poller> make_poller() {
  return make_portable_poller();
}
#endif

}  // namespace hookwright::transport::http1
