#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "crash/points.hpp"
#include "hookwright/verifier.hpp"

namespace hookwright::crash {

// A whole request, as the receiver saw it.
struct Arrival {
  std::string delivery{};
  int endpoint = 0;
  int process = 0;  // which child sent it
  std::int64_t n = 0;
  std::size_t body_hash = 0;
  bool body_right = false;  // it carries the text of event n
  int generation = -1;      // of the secret that it is signed with; -1: of none
  int status = 0;           // that it was answered with; 0: no usable answer
};

// How it answers: all is well; much fails; half fails; as in a storm, but late, so that a great
// many requests are under way.
enum class Weather : std::uint8_t { calm, storm, gale, swell };

// An HTTP/1.1 server for up to a few thousand connections at once, on one thread. It answers at
// random: soon, late, with an error, with half an answer, with a body that breaks off, or never.
// A request is read whole before anything happens to it, so what was sent is known.
class Receiver {
 public:
  explicit Receiver(std::uint64_t seed);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void set_weather(Weather weather);

  // Kills the process when the n-th request has come so far: headers_sent or body_sent.
  void kill_at(Point point, std::uint64_t nth, pid_t process);
  void spare();  // nobody any more

  // Another store begins, whose endpoints have their first secrets. While no connection is open.
  void forget_secrets();

  // What has come since the last call. Waits until no connection is open: its sender must be dead.
  [[nodiscard]] std::vector<Arrival> take();

  // When the first request of a process came; none: the epoch.
  [[nodiscard]] std::chrono::steady_clock::time_point first_of(int process) const;
  [[nodiscard]] std::size_t in_flight_max() const;

 private:
  enum class Then : std::uint8_t { keep, close, reset };
  struct Reply {
    std::string bytes{};
    Then then = Then::keep;
    std::chrono::milliseconds after{};
    int status = 0;
    bool never = false;
  };
  struct Connection {
    std::string in{};
    std::uint64_t number = 0;
    std::size_t head = 0;  // bytes of the head, once it is whole
    std::size_t body = 0;
    int served = 0;
    bool head_noted = false;
    bool answering = false;
  };
  struct Late {
    std::chrono::steady_clock::time_point at{};
    int socket = -1;
    std::uint64_t number = 0;  // of the connection that it was for
    std::shared_ptr<Reply> reply{};
    bool operator>(const Late& other) const { return at > other.at; }
  };

  void run();
  void accept_all();
  void read(int socket);
  void requests(int socket, Connection& connection);
  void serve(int socket, Connection& connection, std::string_view head, std::string_view body);
  [[nodiscard]] Reply choose(int endpoint);
  void answer(int socket, const Reply& reply);
  void answer_late();
  void close(int socket, bool reset);
  void note(Point point);
  [[nodiscard]] int generation_of(int endpoint, std::string_view head, std::string_view body);

  int listener_ = -1;
  int epoll_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  std::mt19937_64 random_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t numbers_ = 0;
  std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
  std::map<std::pair<int, int>, Verifier> verifiers_;

  mutable std::mutex mutex_;        // all below
  std::map<int, int> generations_;  // the last one seen
  Weather weather_ = Weather::calm;
  std::vector<Arrival> arrivals_;
  std::map<int, std::chrono::steady_clock::time_point> first_;
  std::size_t open_ = 0;
  std::size_t under_way_ = 0;
  std::size_t under_way_max_ = 0;
  Point kill_at_ = Point::random;
  std::uint64_t kill_in_ = 0;
  pid_t victim_ = 0;

  std::thread thread_;
};

}  // namespace hookwright::crash
