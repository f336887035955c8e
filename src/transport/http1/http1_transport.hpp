#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/transport.hpp"
#include "hookwright/transports/curl.hpp"
#include "transport/addressing.hpp"
#include "transport/border.hpp"
#include "transport/http1/answer.hpp"
#include "transport/http1/kept_connections.hpp"
#include "transport/http1/poller.hpp"
#include "transport/http1/tls.hpp"
#include "transport/inbox.hpp"

namespace hookwright::transport::http1 {

// When something must have happened for an exchange, by its serial number.
using Timers = std::set<std::pair<SteadyTime, std::uint64_t>>;

// One request on its way.
struct Exchange {
  explicit Exchange(const ResponseLimits& limits) : answer(limits) {}

  std::uint64_t serial = 0;
  RequestId id = 0;
  Request request{};
  SteadyTime started{};
  std::vector<IpAddress> addresses{};  // vetted, at most two
  std::size_t address = 0;             // the one in use
  std::size_t sends = 0;               // POSTs begun
  bool sent_again = false;             // since a kept connection was dead; done once
  bool over_kept = false;              // the connection had served others before
  Link* link = nullptr;                // null while addresses are asked for
  Timers::node_type spare{};           // its entry, when it waits for nothing
  std::optional<Timers::iterator> timer{};
  std::string head;         // and a small body
  std::string_view unsent;  // of `head`, and then of `rest`
  std::string_view rest;    // a large body
  Answer answer;
};

// A request's way: start() -> its addresses -> a kept connection, or a new one -> the request goes
// out at once -> its answer is read as it comes -> its completion, handed out by the next poll().
class Http1Transport final : public Transport {
 public:
  Http1Transport(CurlTransportOptions options, std::unique_ptr<Poller> poller);
  ~Http1Transport() override;

  void start(RequestId id, Request&& request) override;
  void poll(SteadyTime until, std::vector<Completion>& out) override;
  void cancel(RequestId id) override;
  void wake() override;

 private:
  using Exchanges = std::unordered_map<std::uint64_t, std::unique_ptr<Exchange>>;

  // Each of these may end the exchange, which is then gone.
  void take_answers();
  void launch(Exchange& exchange, bool fresh_connection);
  void connect(Exchange& exchange);
  void connecting_failed(Exchange& exchange);
  void begin_to_send(Exchange& exchange);
  void send(Exchange& exchange);
  void read(Exchange& exchange);
  void conclude(Exchange& exchange);
  void died(Exchange& exchange);
  void overdue(Exchange& exchange);
  void finish(Exchange& exchange, Fault fault, std::string detail);

  void serve(Link& link);
  void watch(Link& link, bool writable);
  void drop(Link& link);
  void set_timer(Exchange& exchange, SteadyTime due);
  void stop_timer(Exchange& exchange);
  void end_overdue(SteadyTime now);
  Link* kept_link(SteadyTime now);
  bool try_next_address(Exchange& exchange);
  void name_target(const Exchange& exchange);
  void write_head(Exchange& exchange) const;
  [[nodiscard]] Duration time_to_wait(SteadyTime until, SteadyTime now) const;
  Exchange& take_exchange();
  void hand_out(std::vector<Completion>& out);

  CurlTransportOptions options_;
  ResponseLimits limits_;
  std::shared_ptr<Border> border_;
  std::shared_ptr<Inbox> inbox_;
  Addressing addressing_;
  Tls tls_;
  KeptConnections connections_;
  std::size_t answer_bytes_max_;  // of all that comes meanwhile, TLS' own included
  std::unique_ptr<Poller> poller_;
  Exchanges exchanges_;                      // by serial number
  std::vector<Exchanges::node_type> spare_;  // for later requests; bounded
  Timers timers_;
  std::vector<Addressing::Answer> answers_;
  std::vector<Completion> finished_;
  std::vector<void*> ready_;  // links
  std::string target_;        // of name_target()
  std::uint64_t serial_ = 0;
  std::array<char, 16 * 1024> buffer_{};
};

}  // namespace hookwright::transport::http1
