#ifdef __linux__

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "transport/http1/poller.hpp"

namespace hookwright::transport::http1 {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  }
  ~Descriptor() { ::close(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class EpollPoller final : public Poller {
 public:
  EpollPoller() {
    if (!control(EPOLL_CTL_ADD, alarm_.get(), nullptr, false)) {
      throw std::system_error(errno, std::generic_category(), "epoll");
    }
  }

  bool watch(curl_socket_t socket, void* owner, bool writable) override {
    return control(EPOLL_CTL_MOD, socket, owner, writable) ||
           (errno == ENOENT && control(EPOLL_CTL_ADD, socket, owner, writable));
  }

  void forget(curl_socket_t socket) override { control(EPOLL_CTL_DEL, socket, nullptr, false); }

  void wait(Duration max, std::vector<void*>& owners) override {
    std::array<epoll_event, 256> events{};
    const auto milliseconds = static_cast<int>(std::max(max, Duration::zero()).count());
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) {
      void* const owner = events[static_cast<std::size_t>(i)].data.ptr;
      if (owner != nullptr) {
        owners.push_back(owner);
      } else {
        eventfd_t value = 0;
        ::eventfd_read(alarm_.get(), &value);
      }
    }
  }

  void wake() override { ::eventfd_write(alarm_.get(), 1); }

 private:
  bool control(int operation, int descriptor, void* owner, bool writable) {
    epoll_event event{};
    event.events = EPOLLIN | (writable ? EPOLLOUT : 0U);
    event.data.ptr = owner;
    return ::epoll_ctl(epoll_.get(), operation, descriptor, &event) == 0;
  }

  Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  Descriptor alarm_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace

std::unique_ptr<Poller> make_poller() {
  return std::make_unique<EpollPoller>();
}

}  // namespace hookwright::transport::http1

#endif
