// How exactly the deadline is kept, whatever the receiver does and however far it lets the request
// get. A measurement: see CMakeLists.txt.

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "hostile/handshakes.hpp"
#include "hostile/http2_acts.hpp"
#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

constexpr Duration deadline = 500ms;
constexpr Duration late_at_most = 250ms;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

// A listener whose queue is full: what comes next is neither taken nor refused.
class FullListener {
 public:
  FullListener() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* const any = reinterpret_cast<sockaddr*>(&address_);
    for (int& socket : sockets_) {
      socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (&socket != sockets_.data()) {
        static_cast<void>(::connect(socket, any, size));
      } else if (::bind(socket, any, size) != 0 || ::listen(socket, 0) != 0 ||
                 ::getsockname(socket, any, &size) != 0) {
        throw std::runtime_error("no listener");
      }
    }
  }
  ~FullListener() {
    for (const int socket : sockets_) ::close(socket);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://hook.test:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  sockaddr_in address_{};
  std::array<int, 9> sockets_{};
};

// Over the deadline, by the caller's clock and by the completion's own word.
class Lateness {
 public:
  // `due`: when a timeout comes. A connection, TLS included, gets half of the time.
  explicit Lateness(std::string what, Duration due = deadline, Duration at_most = late_at_most)
      : what_(std::move(what)), due_(due), at_most_(at_most) {}

  void measure(Sender& sender, const std::string& name, Request request) {
    const SteadyTime begin = now();
    const Completion completion = sender.send(std::move(request));
    const auto took = std::chrono::ceil<Duration>(now() - begin);
    INFO(what_ << ": " << name);
    CHECK(took <= deadline + at_most_);
    CHECK(completion.elapsed <= deadline + at_most_);
    if (completion.fault == Fault::timeout) {
      CHECK(completion.elapsed >= due_ - 5ms);
      latest_ = std::max(latest_, took - (completion.elapsed < deadline - 5ms ? due_ : deadline));
      ++timeouts_;
    }
    ++all_;
  }

  // Beside what the machine does of its own accord: the same wait with nothing to do.
  void report() const {
    Sender sender;
    std::vector<Completion> none;
    Duration idle{};
    for (int i = 0; i < 5; ++i) {
      const SteadyTime until = in(100ms);
      sender.transport->poll(until, none);
      idle = std::max(idle, std::chrono::ceil<Duration>(now() - until));
    }
    CHECK(none.empty());
    WARN(what_ << ": " << timeouts_ << " of " << all_ << " timed out, the latest "
               << latest_.count() << " ms late; an idle wait: " << idle.count() << " ms late");
  }

 private:
  std::string what_;
  Duration due_;
  Duration at_most_;
  Duration latest_{};
  std::size_t timeouts_ = 0;
  std::size_t all_ = 0;
};

std::vector<Scenario> everything() {
  std::vector<Scenario> all = answers();
  const std::vector<Scenario> more = connections();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void play_all(const Connection connection, const bool tls) {
  const Identities identities;
  Sender sender({.ca_file = identities.trusted.path()});
  Lateness lateness(std::string(connection == Connection::kept ? "kept" : "fresh") +
                    (tls ? " TLS" : " connection"));
  for (const auto& player : cast(everything(), connection, tls ? &identities.good : nullptr)) {
    if (connection == Connection::kept) CHECK(sender.send(player->warm_up()).status == 200);
    lateness.measure(sender, player->scenario().name, player->request(deadline));
  }
  lateness.report();
}

}  // namespace

TEST_CASE("no request goes on for more than 250 ms after its deadline, on a fresh connection") {
  play_all(Connection::fresh, false);
}

TEST_CASE("no request goes on for more than 250 ms after its deadline, on a kept connection") {
  play_all(Connection::kept, false);
}

TEST_CASE("no request goes on for more than 250 ms after its deadline, over fresh TLS") {
  play_all(Connection::fresh, true);
}

TEST_CASE("no request goes on for more than 250 ms after its deadline, over kept TLS") {
  play_all(Connection::kept, true);
}

TEST_CASE("no handshake goes on for more than 250 ms after the deadline") {
  const Identities identities;
  Sender sender({.ca_file = identities.trusted.path()});
  Lateness lateness("handshake", deadline / 2);
  for (const Handshake& handshake : handshakes(identities)) {
    const Receiver receiver(handshake.receiver);
    const std::string url = "https" + receiver.url("/", "hook.test").substr(5);
    lateness.measure(sender, handshake.name, post(url, "{}", deadline));
  }
  lateness.report();
}

// libcurl takes what is there in one go, and looks at the clock when it has: see
// CurlTransportOptions::http2. So this has no bound; it is measured.
TEST_CASE("a flood of HTTP/2 goes on for some time after its deadline") {
  const Identities identities;
  Sender sender({.ca_file = identities.trusted.path(), .http2 = true});
  Lateness lateness("HTTP/2", deadline, 10s);
  for (const Act& act : acts()) {
    if (!act.floods) continue;
    ReceiverOptions options;
    options.identity = &identities.good;
    options.http2 = true;
    options.reply = [&act](const Received& received) { return act.reply(received.stream); };
    const Receiver receiver(std::move(options));
    const std::string url = receiver.url("/", "hook.test");
    // What has been answered may go on for as long as its body may.
    if (act.waits()) lateness.measure(sender, act.name, post(url, "{}", deadline));
  }
  lateness.report();
}

TEST_CASE("no name is waited for for more than 250 ms after the deadline") {
  Sender sender;
  Lateness lateness("resolver");
  sender.resolver->hold(true);
  for (int i = 0; i < 3; ++i) {
    lateness.measure(sender, "no answer", post("http://hook.test/", "{}", deadline));
  }
  lateness.report();
}

TEST_CASE("no connect is waited for for more than 250 ms after the deadline") {
  const FullListener full;
  Sender sender;
  Lateness lateness("connect", deadline / 2);
  for (int i = 0; i < 3; ++i) {
    lateness.measure(sender, "no answer", post(full.url(), "{}", deadline));
  }
  lateness.report();
}
