#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace hookwright::testing {

// Two network namespaces of this process's own, joined by one cable. In the first one, "here", the
// tests send; the second one is the world: whatever public or private address is asked for there,
// it is the one that has it. So production() can be tested as it stands, and not a packet leaves.
//
//   here: lo, 11.0.0.1 and 2606:4700:11::1       world: all of the prefixes in namespaces.cpp
//
// Names are resolved by the system, whose only name server is the world's 10.53.0.1.
class World {
 public:
  // Once in a process, on its first thread while there is no other. Throws std::runtime_error
  // saying what is missing: the right to make namespaces, or the command `ip`.
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs this in the world, for what opens sockets there. Returns when it is done; what it throws
  // comes out here.
  void run(const std::function<void()>& body);

  // Runs a command of iproute2 here: "addr add 1.2.3.4/32 dev lo". Throws if it fails.
  static void ip(const std::string& arguments);

  // The one that main() made.
  static World& instance();

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* body_ = nullptr;
  std::string ready_{};  // the world's thread id, once it is one
  bool stopping_ = false;
  std::thread thread_;
};

// TCP connections that are begun from here, counted where they leave: every SYN on every interface,
// loopback too, whoever it is meant for.
class Syns {
 public:
  Syns();
  ~Syns();
  Syns(const Syns&) = delete;
  Syns& operator=(const Syns&) = delete;

  // Since the last call, by destination: "93.184.216.34:443", "[::1]:443". The name server's port
  // is left out. Throws if the kernel had to drop some.
  std::map<std::string, std::size_t> take();

 private:
  int socket_ = -1;
};

}  // namespace hookwright::testing
