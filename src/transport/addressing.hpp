#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/egress.hpp"
#include "hookwright/fault.hpp"
#include "hookwright/resolver.hpp"
#include "hookwright/time.hpp"
#include "transport/border.hpp"
#include "transport/inbox.hpp"

namespace hookwright::transport {

// The first leg of a request's way: from its URL to the vetted addresses that it may go to. For
// the transport's thread; requests are known by serial numbers.
class Addressing {
 public:
  // Where a request may go, best address first and at most two; or why it goes nowhere.
  struct Answer {
    std::uint64_t serial = 0;
    std::vector<IpAddress> addresses{};
    Fault fault = Fault::none;
    std::string detail{};
  };

  // `inbox` is where the resolver leaves its answers.
  Addressing(std::shared_ptr<Border> border, std::shared_ptr<Resolver> resolver,
             std::shared_ptr<Inbox> inbox);

  // Why the URL may not be sent to; else empty. The grammar once more: whoever made the request may
  // have had another policy, or none.
  std::string refusal_of(const Url& url);

  // Asks for a host's addresses. The answer comes from take(), perhaps from the very next one.
  void ask(std::uint64_t serial, const std::string& host, SteadyTime deadline);

  // Appends the answers that are there, of those that are still asked for.
  void take(std::vector<Answer>& answers);

  // One that has got no answer by its deadline; it is asked for no longer.
  std::optional<std::uint64_t> next_overdue(SteadyTime now);
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

  // Its request has ended otherwise.
  void forget(std::uint64_t serial);

  // A host whose first address doesn't answer would cost a failed connect for each new connection:
  // from now on this one comes first.
  void prefer(const std::string& host, const IpAddress& address);

 private:
  struct Waiting {
    std::string host{};
    SteadyTime deadline{};
  };

  Answer vet(std::uint64_t serial, const std::string& host, Resolution&& resolution);

  std::shared_ptr<Border> border_;
  std::shared_ptr<Resolver> resolver_;
  std::shared_ptr<Inbox> inbox_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::set<std::pair<SteadyTime, std::uint64_t>> deadlines_;  // of those that wait
  std::unordered_map<std::string, IpAddress> preferred_;      // by host
  std::unordered_map<std::string, Url> vetted_;  // that the grammar has passed, by their text
  std::vector<Inbox::Arrival> arrivals_;
  std::vector<Answer> answers_;
};

}  // namespace hookwright::transport
