#include "support/dns_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace hookwright::testing {
namespace {

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t type_aaaa = 28;
constexpr std::size_t header_bytes = 12;

void require_name_server(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test name server: ") + what);
}

void put16(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8U & 0xFFU);
  to += static_cast<char>(value & 0xFFU);
}

void put32(std::string& to, std::uint32_t value) {
  put16(to, value >> 16U);
  put16(to, value & 0xFFFFU);
}

unsigned get16(const std::string& from, std::size_t at) {
  return static_cast<unsigned>(static_cast<unsigned char>(from.at(at))) << 8U |
         static_cast<unsigned char>(from.at(at + 1));
}

std::string wire_name_of(const std::string& name) {
  std::string wire;
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    wire += static_cast<char>(end - begin);
    wire.append(name, begin, end - begin);
    begin = end + 1;
  }
  return wire + '\0';
}

// Answers are records of `owner`, given as it goes on the wire.
void put_record(std::string& to, const std::string& owner, unsigned type, std::uint32_t ttl,
                const std::string& data) {
  to += owner;
  put16(to, type);
  put16(to, 1);
  put32(to, ttl);
  put16(to, static_cast<unsigned>(data.size()));
  to += data;
}

}  // namespace

// A connection, and what it has said so far.
struct DnsServer::Client {
  explicit Client(int fd) : socket(fd) {}
  ~Client() { ::close(socket); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  int socket;
  std::string read{};
  bool gone = false;
};

DnsServer::DnsServer(const std::string& address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  require_name_server(::inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1, "address");
  udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(tcp_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto* const any = reinterpret_cast<const sockaddr*>(&to);
  require_name_server(::bind(udp_, any, sizeof to) == 0 && ::bind(tcp_, any, sizeof to) == 0,
                      "bind");
  require_name_server(::listen(tcp_, 64) == 0 && ::pipe(stop_pipe_) == 0, "listen");
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  ::close(stop_pipe_[1]);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_pipe_[0]}) ::close(fd);
}

void DnsServer::set(const std::string& name, DnsName what) {
  const std::lock_guard lock(mutex_);
  names_[name] = std::move(what);
  asked_.erase({name, type_a});
  asked_.erase({name, type_aaaa});
}

void DnsServer::set(const std::string& name, const std::vector<std::string>& addresses) {
  DnsName what;
  what.lookups.emplace_back();
  for (const std::string& text : addresses) {
    what.lookups[0].push_back(IpAddress::parse(text).value());
  }
  set(name, std::move(what));
}

std::size_t DnsServer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find({name, type_a});
  return found == asked_.end() ? 0 : found->second;
}

std::size_t DnsServer::asked_over_tcp() const {
  const std::lock_guard lock(mutex_);
  return asked_over_tcp_;
}

std::pair<std::string, std::chrono::milliseconds> DnsServer::answer(const std::string& message,
                                                                    std::size_t limit, bool tcp) {
  std::string name;
  std::size_t at = header_bytes;
  while (message.at(at) != 0) {
    const auto size = static_cast<std::size_t>(message[at]);
    if (!name.empty()) name += '.';
    name += message.substr(at + 1, size);
    at += size + 1;
  }
  const unsigned type = get16(message, at + 1);
  const std::string question = message.substr(header_bytes, at + 5 - header_bytes);

  const std::lock_guard lock(mutex_);
  const std::size_t n = asked_[{name, static_cast<std::uint16_t>(type)}]++;
  if (tcp) ++asked_over_tcp_;
  const auto found = names_.find(name);
  const DnsName what = found == names_.end() ? DnsName{.rcode = 3} : found->second;

  std::string records;
  unsigned count = 0;
  std::string owner("\xC0\x0C", 2);  // the name in the question
  if (what.rcode == 0 && !what.alias.empty()) {
    const std::string target = wire_name_of(what.alias);
    put_record(records, owner, type_cname, what.ttl, target);
    owner = target;
    ++count;
  }
  if (what.rcode == 0 && !what.lookups.empty()) {
    // A question that is repeated over TCP, since its answer was cut, is still the same lookup.
    const std::size_t lookup = std::min(tcp ? n / 2 : n, what.lookups.size() - 1);
    for (const IpAddress& address : what.lookups[lookup]) {
      if (address.is_v6() != (type == type_aaaa)) continue;
      const auto* const bytes = reinterpret_cast<const char*>(address.bytes().data());
      put_record(records, owner, type, what.ttl, std::string(bytes, address.is_v6() ? 16 : 4));
      ++count;
    }
  }
  const bool cut = header_bytes + question.size() + records.size() > limit;
  std::string reply = message.substr(0, 2);
  put16(reply, 0x8180U | (cut ? 0x0200U : 0) | static_cast<unsigned>(what.rcode));
  put16(reply, 1);
  put16(reply, cut ? 0 : count);
  put32(reply, 0);
  reply += question;
  if (!cut) reply += records;
  return {reply, what.delay};
}

void DnsServer::later(Clock::time_point at, Send send, std::string bytes) {
  due_.emplace(at, std::pair(std::move(send), std::move(bytes)));
}

void DnsServer::take_datagram() {
  char bytes[2048];
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const ssize_t count =
      ::recvfrom(udp_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (count <= 0) return;
  try {
    auto [reply, delay] = answer(std::string(bytes, static_cast<std::size_t>(count)), 512, false);
    later(
        Clock::now() + delay,
        [this, from, size](const std::string& text) {
          ::sendto(udp_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&from),
                   size);
        },
        std::move(reply));
  } catch (const std::out_of_range&) {  // not a question
  }
}

void DnsServer::take_stream(Client& client) {
  char bytes[4096];
  const ssize_t count = ::recv(client.socket, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  client.gone = count <= 0;
  if (client.gone) return;
  client.read.append(bytes, static_cast<std::size_t>(count));
  while (client.read.size() >= 2 && client.read.size() >= 2 + get16(client.read, 0)) {
    const std::size_t size = get16(client.read, 0);
    const std::string message = client.read.substr(2, size);
    client.read.erase(0, 2 + size);
    try {
      auto [reply, delay] = answer(message, 65'535, true);
      std::string framed;
      put16(framed, static_cast<unsigned>(reply.size()));
      framed += reply;
      later(
          Clock::now() + delay,
          [kept = clients_.at(client.socket)](const std::string& text) {
            ::send(kept->socket, text.data(), text.size(), MSG_NOSIGNAL);
          },
          std::move(framed));
    } catch (const std::out_of_range&) {
      client.gone = true;
      return;
    }
  }
}

void DnsServer::serve() {
  for (;;) {
    const Clock::time_point now = Clock::now();
    while (!due_.empty() && due_.begin()->first <= now) {
      const auto [send, bytes] = std::move(due_.begin()->second);
      due_.erase(due_.begin());
      send(bytes);
    }
    std::vector<pollfd> fds = {{stop_pipe_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    for (const auto& [fd, client] : clients_) fds.push_back({fd, POLLIN, 0});
    int wait = -1;
    if (!due_.empty()) {
      wait = static_cast<int>(
          std::chrono::ceil<std::chrono::milliseconds>(due_.begin()->first - now).count());
    }
    if (::poll(fds.data(), fds.size(), wait) < 0) continue;
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) take_datagram();
    if (fds[2].revents != 0) {
      const int fd = ::accept(tcp_, nullptr, nullptr);
      if (fd >= 0) clients_[fd] = std::make_shared<Client>(fd);
    }
    for (std::size_t i = 3; i < fds.size(); ++i) {
      if (fds[i].revents == 0) continue;
      Client& client = *clients_.at(fds[i].fd);
      take_stream(client);
      if (client.gone) clients_.erase(fds[i].fd);
    }
  }
}

}  // namespace hookwright::testing
