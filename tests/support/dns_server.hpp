#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "hookwright/address.hpp"

namespace hookwright::testing {

// What the server says of a name. Without addresses and alias: there is no such name.
struct DnsName {
  std::vector<std::vector<IpAddress>> lookups{};  // the n-th lookup's; the last one from then on
  std::string alias{};                            // a CNAME before them
  std::uint32_t ttl = 0;
  std::chrono::milliseconds delay{0};
  int rcode = 0;  // 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED
};

// A name server for tests, on UDP and TCP of one address. Answers that don't fit into 512 bytes go
// over TCP alone. What it has been asked may be asked from any thread.
class DnsServer {
 public:
  // Throws std::runtime_error if it can't listen there.
  explicit DnsServer(const std::string& address, std::uint16_t port = 53);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  void set(const std::string& name, DnsName what);
  void set(const std::string& name, const std::vector<std::string>& addresses);

  // Questions for A records, which are as many as lookups; those for AAAA come with them.
  [[nodiscard]] std::size_t asked(const std::string& name) const;
  [[nodiscard]] std::size_t asked_over_tcp() const;

 private:
  struct Client;
  using Clock = std::chrono::steady_clock;
  using Send = std::function<void(const std::string&)>;

  void serve();
  void take_datagram();
  void take_stream(Client& client);
  // What answers a question, and when. `limit`: in bytes.
  std::pair<std::string, std::chrono::milliseconds> answer(const std::string& message,
                                                           std::size_t limit, bool tcp);
  void later(Clock::time_point at, Send send, std::string bytes);

  int udp_ = -1;
  int tcp_ = -1;
  int stop_pipe_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::map<std::string, DnsName> names_;
  std::map<std::pair<std::string, std::uint16_t>, std::size_t> asked_;
  std::size_t asked_over_tcp_ = 0;
  std::multimap<Clock::time_point, std::pair<Send, std::string>> due_;
  std::map<int, std::shared_ptr<Client>> clients_;
  std::thread thread_;
};

}  // namespace hookwright::testing
