#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/transport.hpp"
#include "hookwright/transports/curl.hpp"
#include "transport/addressing.hpp"
#include "transport/driver.hpp"
#include "transport/exchange.hpp"
#include "transport/inbox.hpp"

namespace hookwright::transport {

// A request's way: start() -> its name is resolved -> a transfer in the driver, or a second one ->
// its completion, handed out by the next poll().
class CurlTransport final : public Transport {
 public:
  // `library` is library(), or one that can do less than it: how tests see to older ones.
  CurlTransport(CurlTransportOptions options, const Library& library);
  ~CurlTransport() override;

  void start(RequestId id, Request&& request) override;
  void poll(SteadyTime until, std::vector<Completion>& out) override;
  void cancel(RequestId id) override;
  void wake() override;

 private:
  using Exchanges = std::unordered_map<std::uint64_t, std::unique_ptr<Exchange>>;

  // Each of these may end the exchange, which is then gone.
  void launch(Exchange& exchange, bool fresh_connection);
  void conclude(Exchange& exchange, CURLcode code);
  void finish(Exchange& exchange, Fault fault, std::string detail);

  void take_answers();
  void take_finished();
  void end_overdue(SteadyTime now);
  void replace_driver();
  void hand_out(std::vector<Completion>& out);

  [[nodiscard]] bool try_again(Exchange& exchange, CURLcode code);
  [[nodiscard]] Duration time_to_wait(SteadyTime until, SteadyTime now) const;
  std::unique_ptr<Exchange> take_exchange();
  void keep_exchange(std::unique_ptr<Exchange> exchange);

  CurlTransportOptions options_;
  Settings settings_;
  std::shared_ptr<Inbox> inbox_;
  Addressing addressing_;
  std::vector<std::unique_ptr<Exchange>> kept_;  // for later requests; bounded
  Exchanges exchanges_;                          // by serial number
  std::vector<Addressing::Answer> answers_;
  std::vector<Completion> finished_;
  std::uint64_t serial_ = 0;
  SteadyTime watched_{};
  std::unique_ptr<Driver> driver_;
};

}  // namespace hookwright::transport
