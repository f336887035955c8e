// The other end of every workload: an epoll loop that answers each POST with 204, and knows how old
// the events are when they arrive. Paths: /hang is never answered, /close is the connection's last.
//
// Arguments: ports=<how many, one behind the other>, certificate=<file> key=<file> for TLS.
// Answers `port` first; then to "reset", to "delay <ms>" (from now on answers come so late) and to
// "stats": count, connections, p50_us and p99_us of the age, cpu_us a request.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <stdexcept>
#include <unordered_map>

#include "bench/roles.hpp"

namespace bench {
namespace {

constexpr std::string_view answer = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::string_view last_answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct Connection {
  int fd = -1;
  std::uint64_t serial = 0;
  std::unique_ptr<SSL, FreeSsl> ssl{};
  std::string in{};
};

class Receiver {
 public:
  explicit Receiver(const Arguments& arguments) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (arguments.contains("certificate")) {
      ssl_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_min_proto_version(ssl_, TLS1_3_VERSION);
      if (SSL_CTX_use_certificate_file(ssl_, text(arguments, "certificate").c_str(),
                                       SSL_FILETYPE_PEM) != 1 ||
          SSL_CTX_use_PrivateKey_file(ssl_, text(arguments, "key").c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("certificate");
    }
    const int ports = static_cast<int>(number(arguments, "ports", 1));
    int base = 20'000 + getpid() % 1'000;  // below what connections are given
    for (int tries = 0; !listen_on(base, ports); base = 20'000 + (base + 10) % 2'000) {
      if (++tries > 200) throw std::runtime_error("no free ports");
    }
    watch(STDIN_FILENO);
    print({{"port", base}});
  }

  void run() {
    epoll_event events[256];
    while (!ended_) {
      const int timeout =
          late_.empty()
              ? -1
              : static_cast<int>(std::max(0.0, (late_.front().due - now_seconds()) * 1e3 + 0.5));
      const int count = epoll_wait(epoll_, events, 256, timeout);
      for (int i = 0; i < count; ++i) handle(events[i].data.fd);
      const double now = late_.empty() ? 0 : now_seconds();
      while (!late_.empty() && late_.front().due <= now) {
        const Late late = late_.front();
        late_.pop_front();
        const auto found = connections_.find(late.fd);
        if (found != connections_.end() && found->second.serial == late.serial) {
          send(found->second, answer);
        }
      }
    }
  }

 private:
  struct Late {
    double due = 0;
    int fd = -1;
    std::uint64_t serial = 0;
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  // All of them, or none.
  bool listen_on(int base, int ports) {
    std::vector<int> opened;
    for (int port = base; port < base + ports; ++port) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      const int on = 1;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_ANY);  // all of 127.0.0.0/8
      opened.push_back(fd);
      if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
          listen(fd, 1'024) != 0) {
        for (const int one : opened) close(one);
        return false;
      }
    }
    for (const int fd : opened) {
      watch(fd);
      listeners_.resize(std::max<std::size_t>(listeners_.size(), static_cast<std::size_t>(fd) + 1));
      listeners_[static_cast<std::size_t>(fd)] = true;
    }
    return true;
  }

  void handle(int fd) {
    if (fd == STDIN_FILENO) return command();
    if (static_cast<std::size_t>(fd) < listeners_.size() &&
        listeners_[static_cast<std::size_t>(fd)])
      return accept_from(fd);
    const auto found = connections_.find(fd);
    if (found != connections_.end() && !receive(found->second)) {
      connections_.erase(found);
      close(fd);
    }
  }

  void accept_from(int listener) {
    for (;;) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      Connection& connection = connections_[fd];
      connection.fd = fd;
      connection.serial = ++accepted_;
      if (ssl_ != nullptr) {
        connection.ssl.reset(SSL_new(ssl_));
        SSL_set_fd(connection.ssl.get(), fd);
        SSL_set_accept_state(connection.ssl.get());
      }
      watch(fd);
    }
  }

  // False: the connection has ended.
  bool receive(Connection& connection) {
    char bytes[16'384];
    for (;;) {
      ssize_t size = 0;
      if (connection.ssl) {
        size = SSL_read(connection.ssl.get(), bytes, sizeof(bytes));
        if (size <= 0) {
          const int error = SSL_get_error(connection.ssl.get(), static_cast<int>(size));
          return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        }
      } else {
        size = recv(connection.fd, bytes, sizeof(bytes), 0);
        if (size <= 0) return size < 0 && errno == EAGAIN;
      }
      connection.in.append(bytes, static_cast<std::size_t>(size));
      if (!serve(connection)) return false;
      if (!connection.ssl && size < static_cast<ssize_t>(sizeof(bytes))) return true;
    }
  }

  bool serve(Connection& connection) {
    std::string& in = connection.in;
    for (;;) {
      const std::size_t head = in.find("\r\n\r\n");
      if (head == std::string::npos) return true;
      const std::size_t field = in.find("Content-Length: ");
      const std::size_t length =
          field < head ? std::strtoul(in.c_str() + field + 16, nullptr, 10) : 0;
      if (in.size() < head + 4 + length) return true;
      const std::string_view body = std::string_view(in).substr(head + 4, length);
      const bool hang = in.starts_with("POST /hang");
      const bool closes = in.starts_with("POST /close");
      if (!hang) note_age(body);
      in.erase(0, head + 4 + length);
      if (hang) continue;
      ++count_;
      if (closes) {
        send(connection, last_answer);
        if (connection.ssl) SSL_shutdown(connection.ssl.get());
        return false;
      }
      if (delay_ > 0) {
        late_.push_back({now_seconds() + delay_, connection.fd, connection.serial});
      } else {
        send(connection, answer);
      }
    }
  }

  void note_age(std::string_view body) {
    constexpr std::string_view name = "\"sent\":";
    const std::size_t at = body.find(name);
    if (at == std::string_view::npos) return;
    const double sent =
        std::strtod(std::string(body.substr(at + name.size(), 20)).c_str(), nullptr);
    if (sent > 0) ages_.push_back(now_seconds() - sent / 1e9);
  }

  void send(Connection& connection, std::string_view text) {
    if (connection.ssl) {
      SSL_write(connection.ssl.get(), text.data(), static_cast<int>(text.size()));
    } else {
      [[maybe_unused]] const ssize_t sent =
          ::send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

  void command() {
    char bytes[256];
    const ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (size <= 0) {
      ended_ = true;
      return;
    }
    const std::string_view line(bytes, static_cast<std::size_t>(size));
    if (line.starts_with("delay ")) delay_ = std::strtod(bytes + 6, nullptr) / 1e3;
    if (line.starts_with("stats")) return stats();
    if (line.starts_with("reset")) {
      ages_.clear();
      count_ = 0;
      cpu_ = cpu_seconds();
    }
    print({{"ok", 1}});
  }

  void stats() {
    std::sort(ages_.begin(), ages_.end());
    // What never comes is late without end.
    const auto quantile = [this](double q) {
      return ages_.empty()
                 ? std::numeric_limits<double>::infinity()
                 : ages_[static_cast<std::size_t>(q * static_cast<double>(ages_.size() - 1))] * 1e6;
    };
    print({{"count", static_cast<double>(count_)},
           {"connections", static_cast<double>(connections_.size())},
           {"p50_us", quantile(0.50)},
           {"p99_us", quantile(0.99)},
           {"max_us", quantile(1.0)},
           {"receiver_cpu_us",
            count_ == 0 ? 0 : (cpu_seconds() - cpu_) / static_cast<double>(count_) * 1e6}});
  }

  int epoll_;
  SSL_CTX* ssl_ = nullptr;
  std::vector<bool> listeners_{};
  std::unordered_map<int, Connection> connections_{};
  std::uint64_t accepted_ = 0;
  std::uint64_t count_ = 0;
  std::vector<double> ages_{};
  std::deque<Late> late_{};
  double delay_ = 0;
  double cpu_ = 0;
  bool ended_ = false;
};

}  // namespace

void receiver(const Arguments& arguments) {
  Receiver(arguments).run();
}

}  // namespace bench
