#include "simulation/network.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hookwright::simulation {

using testing::SimulatedAnswer;

Network::Network(const Scenario& scenario, Random random,
                 std::shared_ptr<testing::VirtualClock> clock)
    : scenario_(scenario), random_(random), clock_(std::move(clock)) {}

Network::Receiver& Network::receiver_of(int number) {
  const auto [found, is_new] = receivers_.try_emplace(number);
  Receiver& receiver = found->second;
  if (!is_new) return receiver;
  receiver.latency_least = random_.between(Duration(0), Duration(50));
  receiver.latency_most = receiver.latency_least + random_.between(Duration(0), Duration(1'500));
  if (scenario_.clean_answers) return receiver;
  receiver.fails = random_.chance(30) ? 100 : static_cast<unsigned>(random_.below(40));
  if (scenario_.has(Hazard::flapping)) {
    receiver.period = random_.between(Duration(1'000), Duration(600'000));
    receiver.ill = random_.between(Duration(1), receiver.period);
  }
  if (scenario_.has(Hazard::hanging)) receiver.hangs = random_.chance(20) ? 100 : 30;
  if (scenario_.has(Hazard::asking_for_rest)) receiver.asks_for_rest = 30;
  if (scenario_.has(Hazard::gone)) receiver.gone = 50;
  if (scenario_.has(Hazard::our_own)) receiver.ours = 20;
  if (scenario_.has(Hazard::trials)) receiver.likes_tests = random_.chance(50);
  return receiver;
}

SimulatedAnswer Network::answer(const Request& request) {
  const int number = number_in_url(request.url.text);
  Receiver& receiver = receiver_of(number);
  SimulatedAnswer answer;
  answer.latency = random_.between(receiver.latency_least, receiver.latency_most);
  if (is_handshake(request)) answer.body = *request.body;
  if (healed_) return answer;
  if (is_handshake(request) && scenario_.has(Hazard::trials) && random_.chance(25))
    answer.body = "what?";
  const bool test = request.body->find("\"n\":") == std::string::npos && !is_handshake(request);
  if (test && receiver.likes_tests) return answer;
  bool ill = random_.chance(receiver.fails);
  if (receiver.period.count() > 0) {
    const auto since = std::chrono::floor<Duration>(clock_->steady().time_since_epoch());
    ill = since % receiver.period < receiver.ill;
  }
  if (ill) {
    answer.status = static_cast<int>(random_.between(std::size_t{300}, std::size_t{599}));
    if (answer.status == 410) answer.status = 404;
    if (random_.chance(20)) {
      answer.fault =
          static_cast<hookwright::Fault>(random_.between(std::size_t{2}, std::size_t{7}));
    }
    answer.body = "no " + std::to_string(random_.below(1'000));
  }
  if (random_.chance(receiver.hangs)) answer.latency = std::chrono::hours(1);
  if (random_.chance(receiver.asks_for_rest)) {
    answer.fault = hookwright::Fault::none;
    answer.status = random_.chance(50) ? 429 : 503;
    answer.retry_after = random_.chance(10)
                             ? "soon"
                             : std::to_string(random_.between(std::size_t{0}, std::size_t{120}));
  }
  if (random_.below(1'000) < receiver.gone) {
    answer.fault = hookwright::Fault::none;
    answer.status = 410;
  }
  if (random_.chance(receiver.ours)) {
    answer.fault = random_.chance(50) ? hookwright::Fault::local : hookwright::Fault::resolver_down;
  }
  return answer;
}

Line::Line(Network& network, std::shared_ptr<testing::VirtualClock> clock, Ledger& ledger,
           Stage& stage, std::shared_ptr<Lot> lot)
    : network_(network),
      clock_(std::move(clock)),
      ledger_(ledger),
      stage_(stage),
      lot_(std::move(lot)),
      wire_(clock_, [this](const Request& request) { return network_.answer(request); }) {}

void Line::start(RequestId id, Request&& request) {
  flights_[id] = nullptr;  // of one who dies meanwhile: nobody sees it
  if (!lot_->dead) lot_->step();
  if (lot_->dead) return;
  const TimePoint wall = clock_->wall() + lot_->wall_ahead;
  flights_[id] = ledger_.started(lot_->life, request, wall);
  wire_.start(id, std::move(request));
  lot_->step();
}

void Line::poll(SteadyTime until, std::vector<Completion>& out) {
  polled_ = true;
  if (lot_->dead) {  // its time goes on alone, until it has ended
    const SteadyTime now = clock_->steady() + lot_->after_death;
    lot_->after_death += until == SteadyTime::max()
                             ? SteadyTime::duration(std::chrono::seconds(1))
                             : std::max(until - now, SteadyTime::duration::zero());
    // Lest a call wait for ever for the end of a test.
    for (const auto& [id, flight] : std::exchange(flights_, {}))
      out.push_back({.id = id, .fault = hookwright::Fault::cancelled});
    return;
  }
  if (lot_->blocking && !woken_) {
    const SteadyTime next = std::min(until, wire_.next_completion().value_or(SteadyTime::max()));
    stage_.let_others_run(*lot_, next);
    if (lot_->dead) return;
  }
  woken_ = false;
  wish_ = until;
  const std::size_t before = out.size();
  wire_.poll(clock_->steady(), out);
  brought_ = out.size() != before;
  const TimePoint wall = clock_->wall() + lot_->wall_ahead;
  for (std::size_t i = before; i < out.size(); ++i) {
    const auto node = flights_.extract(out[i].id);
    Flight* flight = node.empty() ? nullptr : node.mapped();
    if (flight != nullptr) ledger_.ended(lot_->life, *flight, out[i], wall);
  }
  lot_->step();
}

void Line::cancel(RequestId id) {
  if (!lot_->dead) wire_.cancel(id);
}

SteadyTime Line::wake_at() const {
  if (woken_ || brought_) return SteadyTime{};
  return std::min(wish_, wire_.next_completion().value_or(SteadyTime::max()));
}

}  // namespace hookwright::simulation
