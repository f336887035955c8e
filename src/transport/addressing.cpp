#include "transport/addressing.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>

#include "clock/steady_now.hpp"
#include "hookwright/error.hpp"

namespace hookwright::transport {
namespace {

constexpr std::size_t tried_max = 2;  // tried within one request
constexpr std::size_t preferred_max = 4096;
constexpr std::size_t vetted_max = 4096;  // URLs

}  // namespace

Addressing::Addressing(std::shared_ptr<Border> border, std::shared_ptr<Resolver> resolver,
                       std::shared_ptr<Inbox> inbox)
    : border_(std::move(border)),
      resolver_(resolver ? std::move(resolver) : make_system_resolver()),
      inbox_(std::move(inbox)) {}

std::string Addressing::refusal_of(const Url& url) {
  const auto known = vetted_.find(url.text);
  if (known != vetted_.end() && known->second == url) return {};
  try {
    if (parse_url(url.text, border_->policy()) != url) {
      return "the URL is not what parse_url() made";
    }
    if (vetted_.size() >= vetted_max) vetted_.clear();
    vetted_.insert_or_assign(url.text, url);
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

void Addressing::ask(std::uint64_t serial, const std::string& host, SteadyTime deadline) {
  if (const auto literal = IpAddress::parse(host)) {
    Resolution resolution;
    resolution.status = ResolveStatus::resolved;
    resolution.addresses.push_back(*literal);
    answers_.push_back(vet(serial, host, std::move(resolution)));
    return;
  }
  waiting_.emplace(serial, Waiting{host, deadline});
  deadlines_.emplace(deadline, serial);
  try {
    resolver_->resolve(host, deadline, [inbox = inbox_, serial](Resolution resolution) {
      inbox->put(serial, std::move(resolution));
    });
  } catch (const std::exception& failure) {  // no memory; a host's resolver may be less careful
    forget(serial);
    answers_.push_back({.serial = serial, .fault = Fault::local, .detail = failure.what()});
  }
}

void Addressing::take(std::vector<Answer>& answers) {
  inbox_->take(arrivals_);
  for (Inbox::Arrival& arrival : arrivals_) {
    const auto found = waiting_.find(arrival.serial);
    if (found == waiting_.end()) continue;  // its request ended meanwhile
    const std::string host = std::move(found->second.host);
    deadlines_.erase({found->second.deadline, arrival.serial});
    waiting_.erase(found);
    answers_.push_back(vet(arrival.serial, host, std::move(arrival.resolution)));
  }
  std::move(answers_.begin(), answers_.end(), std::back_inserter(answers));
  answers_.clear();
}

std::optional<std::uint64_t> Addressing::next_overdue(SteadyTime now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  const std::uint64_t serial = deadlines_.begin()->second;
  forget(serial);
  return serial;
}

std::optional<SteadyTime> Addressing::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void Addressing::forget(std::uint64_t serial) {
  const auto found = waiting_.find(serial);
  if (found == waiting_.end()) return;
  deadlines_.erase({found->second.deadline, serial});
  waiting_.erase(found);
}

void Addressing::prefer(const std::string& host, const IpAddress& address) {
  if (preferred_.size() >= preferred_max) preferred_.clear();
  preferred_[host] = address;
}

Addressing::Answer Addressing::vet(std::uint64_t serial, const std::string& host,
                                   Resolution&& resolution) {
  const auto refused = [serial](Fault fault, std::string detail) {
    return Answer{.serial = serial, .fault = fault, .detail = std::move(detail)};
  };
  if (resolution.status == ResolveStatus::unavailable) {
    return refused(Fault::resolver_down, std::move(resolution.detail));
  }
  if (resolution.status != ResolveStatus::resolved || resolution.addresses.empty()) {
    return refused(Fault::name_not_resolved, std::move(resolution.detail));
  }
  border_->refresh(steady_now());
  std::vector<IpAddress>& addresses = resolution.addresses;
  const auto forbidden =
      std::stable_partition(addresses.begin(), addresses.end(),
                            [this](const IpAddress& address) { return border_->allows(address); });
  if (forbidden != addresses.end() && !border_->policy().allow_mixed_answers) {
    return refused(Fault::blocked, "the name has a forbidden address: " + forbidden->text());
  }
  addresses.erase(forbidden, addresses.end());
  if (addresses.empty()) return refused(Fault::blocked, "the name has forbidden addresses only");

  const auto preferred = preferred_.find(host);
  if (preferred != preferred_.end()) {
    const auto found = std::find(addresses.begin(), addresses.end(), preferred->second);
    if (found != addresses.end()) std::rotate(addresses.begin(), found, found + 1);
  }
  if (addresses.size() > tried_max) addresses.resize(tried_max);
  return {.serial = serial, .addresses = std::move(addresses)};
}

}  // namespace hookwright::transport
