#include "crash/receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <stdexcept>
#include <utility>

#include "crash/plan.hpp"

namespace hookwright::crash {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto settle_at_most = 5s;  // for the sockets of a dead process to be read to their ends

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("receiver: ") + what);
}

// The value of a header, whose spelling is what curl sends.
std::string_view header(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(std::string("\r\n").append(name).append(": "));
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

std::string plain(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace

Receiver::Receiver(std::uint64_t seed) : random_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  require(listener_ >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_, any, sizeof address) == 0, "bind");
  require(::listen(listener_, 4'096) == 0, "listen");
  socklen_t size = sizeof address;
  require(::getsockname(listener_, any, &size) == 0, "port");
  port_ = ntohs(address.sin_port);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  stop_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  require(epoll_ >= 0 && stop_ >= 0, "epoll");
  for (const int file : {listener_, stop_}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = file;
    require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, file, &event) == 0, "epoll");
  }
  thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver() {
  const std::uint64_t one = 1;
  const bool told = ::write(stop_, &one, sizeof one) == sizeof one;
  static_cast<void>(told);
  thread_.join();
  for (const auto& [socket, connection] : connections_) ::close(socket);
  for (const int file : {listener_, epoll_, stop_}) ::close(file);
}

void Receiver::set_weather(Weather weather) {
  const std::lock_guard lock(mutex_);
  weather_ = weather;
}

void Receiver::kill_at(Point point, std::uint64_t nth, pid_t process) {
  const std::lock_guard lock(mutex_);
  kill_at_ = point;
  kill_in_ = nth;
  victim_ = process;
}

void Receiver::spare() {
  const std::lock_guard lock(mutex_);
  victim_ = 0;
}

void Receiver::forget_secrets() {
  const std::lock_guard lock(mutex_);
  generations_.clear();
}

std::vector<Arrival> Receiver::take() {
  const auto give_up = steady_clock::now() + settle_at_most;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (open_ == 0) return std::exchange(arrivals_, {});
    }
    require(steady_clock::now() < give_up, "connections of a dead process stay open");
    std::this_thread::sleep_for(1ms);
  }
}

steady_clock::time_point Receiver::first_of(int process) const {
  const std::lock_guard lock(mutex_);
  const auto found = first_.find(process);
  return found == first_.end() ? steady_clock::time_point() : found->second;
}

std::size_t Receiver::in_flight_max() const {
  const std::lock_guard lock(mutex_);
  return under_way_max_;
}

void Receiver::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    int wait = -1;
    if (!late_.empty()) {
      const auto left = late_.top().at - steady_clock::now();
      wait = static_cast<int>(
          std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    }
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), wait);
    for (int i = 0; i < count; ++i) {
      const int file = events.at(static_cast<std::size_t>(i)).data.fd;
      if (file == stop_) return;
      if (file == listener_) {
        accept_all();
      } else {
        read(file);
      }
    }
    answer_late();
  }
}

void Receiver::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    connections_[socket].number = ++numbers_;
    const std::lock_guard lock(mutex_);
    ++open_;
  }
}

void Receiver::read(int socket) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  std::array<char, 65'536> bytes;  // NOLINT: filled by recv
  for (;;) {
    const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      connection.in.append(bytes.data(), static_cast<std::size_t>(count));
      requests(socket, connection);
      if (!connections_.contains(socket)) return;
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(socket, false);
    return;
  }
}

// Serves what has come whole.
void Receiver::requests(int socket, Connection& connection) {
  while (!connection.answering) {
    if (connection.head == 0) {
      const std::size_t end = connection.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      connection.head = end + 4;
      connection.body = number<std::size_t>(
          header(std::string_view(connection.in).substr(0, end + 2), "Content-Length"));
      connection.head_noted = false;
    }
    const std::size_t whole = connection.head + connection.body;
    if (connection.in.size() < whole) {
      if (!std::exchange(connection.head_noted, true)) note(Point::headers_sent);
      return;
    }
    const std::string request = connection.in.substr(0, whole);
    connection.in.erase(0, whole);
    const std::string_view text = request;
    const std::size_t head = std::exchange(connection.head, 0);
    serve(socket, connection, text.substr(0, head), text.substr(head));
    if (!connections_.contains(socket)) return;
  }
}

void Receiver::serve(int socket, Connection& connection, std::string_view head,
                     std::string_view body) {
  Arrival arrival;
  arrival.delivery = header(head, "X-Crash-Delivery");
  arrival.endpoint = number<int>(after(head.substr(0, head.find("\r\n")), "/e"));
  arrival.process = number<int>(after(header(head, "User-Agent"), "crash/"));
  arrival.n = number<std::int64_t>(after(body, "\"n\":"));
  arrival.body_hash = std::hash<std::string_view>()(body);
  arrival.body_right = body.find("\"text\":\"" + text_of(arrival.n) + "\"") != std::string::npos;
  arrival.generation = generation_of(arrival.endpoint, head, body);
  note(Point::body_sent);
  auto reply = std::make_shared<Reply>(choose(arrival.endpoint));
  // A kept connection that dies before a line of the answer was read is replaced, and the request
  // sent again within the same attempt: that is the transport's affair.
  if (connection.served++ != 0 && reply->then == Then::reset)
    *reply = {.bytes = "HTTP/1.1 200 OK\r\nContent-Le", .then = Then::close};
  arrival.status = reply->status;
  connection.answering = true;
  {
    const std::lock_guard lock(mutex_);
    first_.try_emplace(arrival.process, steady_clock::now());
    arrivals_.push_back(std::move(arrival));
    under_way_max_ = std::max(under_way_max_, ++under_way_);
  }
  if (reply->never) return;
  if (reply->after > 0ms) {
    late_.push({steady_clock::now() + reply->after, socket, connection.number, std::move(reply)});
    return;
  }
  answer(socket, *reply);
}

Receiver::Reply Receiver::choose(int endpoint) {
  Weather weather{};
  {
    const std::lock_guard lock(mutex_);
    weather = weather_;
  }
  const auto draw = [this](std::uint64_t below) { return random_() % below; };
  if (weather == Weather::calm) return {.bytes = plain(200), .status = 200};
  // In a gale half of all fails, so that deliveries are exhausted.
  const std::uint64_t fate = draw(weather == Weather::gale ? 360 : 1'000);
  if (fate < 80) return {.bytes = plain(500), .status = 500};
  if (fate < 110) return {.bytes = plain(404), .after = 5ms, .status = 404};
  if (fate < 140) return {.bytes = "HTTP/1.1 2", .then = Then::reset};
  if (fate < 160) return {.bytes = "HTTP/1.1 200 OK\r\nContent-Le", .then = Then::close};
  if (fate < 165)
    return {.bytes = plain(kind_of(endpoint) == Kind::disabling ? 410 : 501), .status = 503};
  if (fate < 167) return {.never = true};
  if (fate < 190) {  // delivered: the headers say so
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off",
            .then = Then::close,
            .status = 200};
  }
  if (fate < 230) return {.bytes = "HTTP/1.1 103 Wait\r\n\r\n" + plain(204), .status = 204};
  if (weather == Weather::swell)
    return {
        .bytes = plain(200), .after = std::chrono::milliseconds(200 + draw(700)), .status = 200};
  return {.bytes = plain(200),
          .after = std::chrono::milliseconds(draw(3) == 0 ? draw(300) : draw(40)),
          .status = 200};
}

void Receiver::answer_late() {
  const auto now = steady_clock::now();
  while (!late_.empty() && late_.top().at <= now) {
    const Late late = late_.top();
    late_.pop();
    const auto found = connections_.find(late.socket);
    if (found == connections_.end() || found->second.number != late.number) continue;
    answer(late.socket, *late.reply);
  }
}

void Receiver::answer(int socket, const Reply& reply) {
  const ssize_t sent = ::send(socket, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
  if (reply.then != Then::keep || sent != static_cast<ssize_t>(reply.bytes.size())) {
    close(socket, reply.then == Then::reset);
    return;
  }
  Connection& connection = connections_.at(socket);
  connection.answering = false;
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  requests(socket, connection);
}

void Receiver::close(int socket, bool reset) {
  if (reset) {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  const bool answering = connections_.at(socket).answering;
  connections_.erase(socket);
  ::close(socket);
  const std::lock_guard lock(mutex_);
  --open_;
  if (answering) --under_way_;
}

void Receiver::note(Point point) {
  const std::lock_guard lock(mutex_);
  if (victim_ == 0 || point != kill_at_ || kill_in_ == 0 || --kill_in_ != 0) return;
  ::kill(victim_, SIGKILL);
}

// Secrets change now and then, never far from the last one seen.
int Receiver::generation_of(int endpoint, std::string_view head, std::string_view body) {
  int last = 0;
  {
    const std::lock_guard lock(mutex_);
    last = generations_[endpoint];
  }
  for (int i = 0; i < 80; ++i) {  // the last one first, then around it
    const int generation = i < 8 ? last + (i % 2 == 0 ? i / 2 : -(i + 1) / 2) : last + i - 4;
    if (generation < 0) continue;
    auto found = verifiers_.find({endpoint, generation});
    if (found == verifiers_.end()) {
      const Secret secret(secret_of(endpoint, generation));
      found = verifiers_
                  .emplace(std::pair(endpoint, generation),
                           Verifier(profile_of(kind_of(endpoint)).wire, {secret}))
                  .first;
    }
    const auto look = [&](std::string_view name) { return std::string(header(head, name)); };
    if (!found->second.verify(look, body, TimePoint{})) continue;
    const std::lock_guard lock(mutex_);
    generations_[endpoint] = std::max(last, generation);
    return generation;
  }
  return -1;
}

}  // namespace hookwright::crash
