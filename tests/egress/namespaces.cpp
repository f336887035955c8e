#include "egress/namespaces.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "hookwright/address.hpp"

namespace hookwright::testing {
namespace {

World* the_world = nullptr;

// What the world answers for. The rest of its address space is unreachable.
constexpr const char* v4_prefixes[] = {"93.184.216.0/24", "8.0.0.0/8",      "1.0.0.0/8",
                                       "10.0.0.0/8",      "100.64.0.0/10",  "169.254.0.0/16",
                                       "172.16.0.0/12",   "192.168.0.0/16", "168.63.129.16/32",
                                       "198.18.0.0/15",   "192.0.0.0/16"};
constexpr const char* v6_prefixes[] = {"2606:4700:4700::/48", "fd00::/8",  "fec0::/10",
                                       "64:ff9b::/96",        "2002::/16", "2001::/32"};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) fail("cannot write " + path);
}

// As root, or as somebody who becomes root of a user namespace.
void unshare_all() {
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0) return;
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) {
    fail(std::string("no right to make namespaces: ") + std::strerror(errno));
  }
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
  write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

// Puts a file of ours in the place of one in /etc, for this process alone.
void replace(const std::string& path, const std::string& text) {
  char name[] = "/tmp/hookwright-etc-XXXXXX";
  const int fd = ::mkstemp(name);
  if (fd < 0) fail("no temporary file");
  ::fchmod(fd, 0644);
  ::close(fd);
  write_file(name, text);
  const bool done = ::mount(name, path.c_str(), nullptr, MS_BIND, nullptr) == 0;
  const int error = errno;
  ::unlink(name);
  if (!done) fail("cannot replace " + path + ": " + std::strerror(error));
}

}  // namespace

void World::ip(const std::string& arguments) {
  const std::string command = "PATH=$PATH:/usr/sbin:/sbin ip " + arguments;
  if (std::system(command.c_str()) != 0) fail("failed: ip " + arguments);
}

World& World::instance() {
  return *the_world;
}

World::World() {
  unshare_all();
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mount namespace");
  replace("/etc/resolv.conf", "nameserver 10.53.0.1\noptions timeout:5 attempts:2\n");
  replace("/etc/nsswitch.conf", "hosts: files dns\n");
  replace("/etc/hosts", "# nothing, not even localhost\n");
  ip("link set lo up");

  thread_ = std::thread([this] { serve(); });
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
  }
  try {
    ip("link add here0 type veth peer name world0 netns " + ready_);
    run([] {
      write_file("/proc/sys/net/ipv6/bindv6only", "1");
      ip("link set lo up");
      ip("addr add 11.0.0.2/24 dev world0");
      ip("addr add 2606:4700:11::2/64 dev world0 nodad");
      ip("link set world0 up");
      for (const char* prefix : v4_prefixes)
        ip(std::string("route add local ") + prefix + " dev lo");
      for (const char* prefix : v6_prefixes) {
        ip(std::string("-6 route add local ") + prefix + " dev lo");
      }
    });
    ip("addr add 11.0.0.1/24 dev here0");
    ip("addr add 2606:4700:11::1/64 dev here0 nodad");
    ip("link set here0 up");
    ip("route add default via 11.0.0.2");
    ip("-6 route add default via 2606:4700:11::2");
  } catch (...) {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    thread_.detach();
    throw;
  }
  the_world = this;
}

World::~World() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  the_world = nullptr;
}

void World::serve() {
  if (::unshare(CLONE_NEWNET) != 0) std::abort();
  std::unique_lock lock(mutex_);
  ready_ = std::to_string(::syscall(SYS_gettid));
  changed_.notify_all();
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || body_ != nullptr; });
    if (stopping_) return;
    (*body_)();
    body_ = nullptr;
    changed_.notify_all();
  }
}

void World::run(const std::function<void()>& body) {
  std::exception_ptr thrown;
  const std::function<void()> guarded = [&] {
    try {
      body();
    } catch (...) {
      thrown = std::current_exception();
    }
  };
  {
    std::unique_lock lock(mutex_);
    body_ = &guarded;
    changed_.notify_all();
    changed_.wait(lock, [this] { return body_ == nullptr; });
  }
  if (thrown) std::rethrow_exception(thrown);
}

Syns::Syns() : socket_(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL))) {
  if (socket_ < 0) fail("no packet socket");
  const int room = 64 << 20;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

Syns::~Syns() {
  ::close(socket_);
}

std::map<std::string, std::size_t> Syns::take() {
  constexpr std::uint8_t syn = 0x02;
  constexpr std::uint8_t ack = 0x10;
  constexpr std::uint8_t tcp = 6;
  std::map<std::string, std::size_t> counts;
  std::vector<std::uint8_t> packet(70'000);
  for (;;) {
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_, packet.data(), packet.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) break;
    if (from.sll_pkttype != PACKET_OUTGOING) continue;
    const bool v6 = from.sll_protocol == htons(ETH_P_IPV6);
    if (!v6 && from.sll_protocol != htons(ETH_P_IP)) continue;
    const std::size_t head = v6 ? 40 : (packet[0] & 0x0FU) * 4U;
    const std::uint8_t protocol = packet[v6 ? 6 : 9];
    if (protocol != tcp || static_cast<std::size_t>(got) < head + 20) continue;
    const std::uint8_t flags = packet[head + 13];
    if ((flags & syn) == 0 || (flags & ack) != 0) continue;
    const unsigned port = static_cast<unsigned>(packet[head + 2]) << 8U | packet[head + 3];
    if (port == 53) continue;
    std::string to;
    if (v6) {
      IpAddress::V6 bytes{};
      std::memcpy(bytes.data(), packet.data() + 24, bytes.size());
      to = '[' + IpAddress(bytes).text() + ']';
    } else {
      IpAddress::V4 bytes{};
      std::memcpy(bytes.data(), packet.data() + 16, bytes.size());
      to = IpAddress(bytes).text();
    }
    ++counts[to + ':' + std::to_string(port)];
  }
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (::getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0 ||
      statistics.tp_drops != 0) {
    fail("packets were not counted");
  }
  return counts;
}

}  // namespace hookwright::testing
