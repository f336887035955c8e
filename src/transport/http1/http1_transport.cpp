#include "transport/http1/http1_transport.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <system_error>

#include "clock/steady_now.hpp"
#include "hookwright/error.hpp"
#include "hookwright/transports/http1.hpp"
#include "transport/header_list.hpp"
#include "transport/library.hpp"
#include "transport/options.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport::http1 {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t spare_max = 256;                   // exchanges
constexpr std::size_t spare_bytes_max = 64 * 1024;       // that one of them may hold on to
constexpr std::size_t joined_body_max = 16 * 1024;       // sent in one piece with the head
constexpr std::size_t handshake_bytes_max = 512 * 1024;  // from the receiver: certificates
constexpr std::size_t idle_bytes_max = 16 * 1024;        // on a connection that is kept: TLS' own
constexpr Duration wait_max = 1s;                        // survives a lost wake-up

const CurlTransportOptions& checked(const CurlTransportOptions& options) {
  check(options);
  if (options.http2) {
    throw ConfigError("transport.http2", "must be off: this transport speaks HTTP/1.1", "true");
  }
  return options;
}

void append_number(std::string& to, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8U) to += static_cast<char>(value & 0xFFU);
}

std::string_view host_and_port(const Url& url) {
  const std::size_t scheme = url.tls ? 8 : 7;  // "https://"
  return std::string_view(url.text).substr(scheme, url.text.size() - scheme - url.target.size());
}

std::string words_for(const Connection& connection) {
  if (!connection.detail().empty()) return connection.detail();
  if (connection.error() == 0) return "closed by the receiver";
  return std::system_category().message(connection.error());
}

}  // namespace

Http1Transport::Http1Transport(CurlTransportOptions options, std::unique_ptr<Poller> poller)
    : options_(std::move(options)),
      limits_(limits_of(checked(options_))),
      border_(std::make_shared<Border>(options_.egress)),
      inbox_(std::make_shared<Inbox>()),
      addressing_(border_, options_.resolver, inbox_),
      tls_(Trust::load(true, options_.ca_file, !options_.egress.allow_http)),
      connections_(connections_kept_max(options_), options_.idle_max),
      answer_bytes_max_(2 * (limits_.header_bytes_max + 2 * limits_.body_bytes_max) +
                        handshake_bytes_max),
      poller_(std::move(poller)) {
  reserve_descriptors_for(options_);
  inbox_->attach([this] { poller_->wake(); });
}

Http1Transport::~Http1Transport() {
  inbox_->attach({});
}

void Http1Transport::wake() {
  inbox_->ask_to_return();
}

Exchange& Http1Transport::take_exchange() {
  if (spare_.empty()) {
    auto made = std::make_unique<Exchange>(limits_);
    return *exchanges_.emplace(++serial_, std::move(made)).first->second;
  }
  Exchanges::node_type node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = ++serial_;
  return *exchanges_.insert(std::move(node)).position->second;
}

void Http1Transport::start(RequestId id, Request&& request) {
  const SteadyTime now = steady_now();
  Exchange& exchange = take_exchange();
  exchange.serial = serial_;
  exchange.id = id;
  exchange.request = std::move(request);
  exchange.started = now;
  exchange.addresses.clear();
  exchange.address = exchange.sends = 0;
  exchange.sent_again = exchange.over_kept = false;

  if (const auto refused = refused_header(exchange.request.headers)) {
    return finish(exchange, Fault::local, "header not allowed: " + *refused);
  }
  if (!exchange.request.body) return finish(exchange, Fault::local, "no body");
  if (std::string refusal = addressing_.refusal_of(exchange.request.url); !refusal.empty()) {
    return finish(exchange, Fault::blocked, std::move(refusal));
  }
  if (exchange.request.deadline <= now) return finish(exchange, Fault::timeout, "no time left");
  addressing_.ask(exchange.serial, exchange.request.url.host, exchange.request.deadline);
  take_answers();  // a cached one is here already
}

void Http1Transport::take_answers() {
  answers_.clear();
  addressing_.take(answers_);
  // Nothing below comes back here, so the vector is ours for as long as we walk it.
  for (Addressing::Answer& answer : answers_) {
    Exchange& exchange = *exchanges_.at(answer.serial);
    if (answer.fault != Fault::none) {
      finish(exchange, answer.fault, std::move(answer.detail));
      continue;
    }
    exchange.addresses = std::move(answer.addresses);
    launch(exchange, false);
  }
}

// The host is part of it, since a certificate is verified for one; the address, since a name may
// move; and the border's generation, so that no connection outlives the rules it was opened under.
void Http1Transport::name_target(const Exchange& exchange) {
  const Url& url = exchange.request.url;
  const IpAddress& address = exchange.addresses[exchange.address];
  target_.assign(url.host);
  target_ += url.tls ? 's' : 'p';
  append_number(target_, url.port, 2);
  append_number(target_, border_->generation(), 8);
  target_ += address.is_v6() ? '6' : '4';
  target_.append(address.bytes().begin(), address.bytes().end());
}

Link* Http1Transport::kept_link(SteadyTime now) {
  while (Link* const link = connections_.take(target_)) {
    if (connections_.is_fresh(*link, now) && link->connection.is_quiet()) return link;
    drop(*link);
  }
  return nullptr;
}

void Http1Transport::launch(Exchange& exchange, bool fresh_connection) {
  const SteadyTime now = steady_now();
  const SteadyTime deadline = exchange.request.deadline;
  const IpAddress& address = exchange.addresses[exchange.address];
  if (deadline <= now) return finish(exchange, Fault::timeout, "no time left");
  if (!border_->allows(address)) {
    return finish(exchange, Fault::blocked, "the connection would have gone elsewhere");
  }
  name_target(exchange);
  Link* const kept = fresh_connection ? nullptr : kept_link(now);
  Link& link = kept != nullptr ? *kept : connections_.make(target_, now);
  exchange.over_kept = kept != nullptr;
  exchange.link = &link;
  link.exchange = &exchange;
  if (kept != nullptr) {
    set_timer(exchange, deadline);
    return begin_to_send(exchange);
  }
  set_timer(exchange,
            now + std::min<SteadyTime::duration>(options_.connect_max, (deadline - now) / 2));
  link.connection.allow(handshake_bytes_max);
  if (!link.connection.open(address, exchange.request.url.port)) return connecting_failed(exchange);
  connect(exchange);
}

void Http1Transport::connect(Exchange& exchange) {
  Link& link = *exchange.link;
  switch (link.connection.connect(exchange.request.url.tls ? &tls_ : nullptr,
                                  exchange.request.url.host)) {
    case Connection::Outcome::done:
      stop_timer(exchange);
      set_timer(exchange, exchange.request.deadline);
      return begin_to_send(exchange);
    case Connection::Outcome::wants_read:
      return watch(link, false);
    case Connection::Outcome::wants_write:
      return watch(link, true);
    default:
      return connecting_failed(exchange);
  }
}

void Http1Transport::connecting_failed(Exchange& exchange) {
  const Connection& connection = exchange.link->connection;
  const int error = connection.error();
  std::string words = words_for(connection);
  if (connection.failed_here()) return finish(exchange, Fault::local, std::move(words));
  if (connection.reached()) return finish(exchange, Fault::tls, std::move(words));
  if (is_shortage(error, exchange.addresses[exchange.address].is_v6())) {
    return finish(exchange, Fault::local, std::move(words));
  }
  if (try_next_address(exchange)) return;
  if (is_reset(error)) {  // it did listen
    const Fault fault = exchange.request.url.tls ? Fault::tls : Fault::reset;
    return finish(exchange, fault, "reset at once");
  }
  finish(exchange, Fault::refused, std::move(words));
}

bool Http1Transport::try_next_address(Exchange& exchange) {
  if (exchange.address + 1 >= exchange.addresses.size() ||
      exchange.request.deadline <= steady_now()) {
    return false;
  }
  ++exchange.address;
  drop(*exchange.link);
  launch(exchange, false);
  return true;
}

void Http1Transport::begin_to_send(Exchange& exchange) {
  exchange.answer.clear();
  exchange.link->connection.allow(answer_bytes_max_);
  ++exchange.sends;
  write_head(exchange);
  send(exchange);
}

void Http1Transport::write_head(Exchange& exchange) const {
  const Request& request = exchange.request;
  std::string& head = exchange.head;
  head.assign("POST ").append(request.url.target).append(" HTTP/1.1\r\nHost: ");
  head.append(host_and_port(request.url)).append("\r\n");
  for (const Header& header : request.headers) {
    head.append(header.name).append(header.value.empty() ? ":" : ": ");
    head.append(header.value).append("\r\n");
  }
  head.append("Content-Length: ").append(std::to_string(request.body->size()));
  head.append("\r\n\r\n");
  const bool joined = request.body->size() <= joined_body_max;
  if (joined) head.append(*request.body);
  exchange.unsent = head;
  exchange.rest = joined ? std::string_view() : std::string_view(*request.body);
}

void Http1Transport::send(Exchange& exchange) {
  Link& link = *exchange.link;
  Connection::Outcome outcome = link.connection.send(exchange.unsent);
  if (outcome == Connection::Outcome::done && !exchange.rest.empty()) {
    exchange.unsent = std::exchange(exchange.rest, {});
    outcome = link.connection.send(exchange.unsent);
  }
  switch (outcome) {
    case Connection::Outcome::done:
    case Connection::Outcome::wants_read:
      return watch(link, false);
    case Connection::Outcome::wants_write:
      return watch(link, true);
    default:
      return read(exchange);  // the receiver may have said why, before it closed
  }
}

void Http1Transport::read(Exchange& exchange) {
  Connection& connection = exchange.link->connection;
  Answer& answer = exchange.answer;
  const bool had_head = answer.state() != Answer::State::head;
  for (bool drained = false; !drained;) {
    std::size_t received = 0;
    const Connection::Outcome outcome =
        connection.receive(buffer_.data(), buffer_.size(), received, drained);
    if (outcome == Connection::Outcome::wants_read) break;
    if (outcome != Connection::Outcome::done) {
      answer.close();
      return answer.state() == Answer::State::broken && !answer.response().complete()
                 ? died(exchange)
                 : conclude(exchange);
    }
    const Answer::State state = answer.take({buffer_.data(), received});
    if (state == Answer::State::ended || state == Answer::State::broken) return conclude(exchange);
  }
  if (!exchange.link->watched) watch(*exchange.link, false);
  if (!had_head && answer.state() == Answer::State::body) {
    stop_timer(exchange);
    set_timer(exchange, std::min(exchange.request.deadline, steady_now() + options_.body_max));
  }
}

void Http1Transport::conclude(Exchange& exchange) {
  Answer& answer = exchange.answer;
  if (!answer.response().complete()) {
    return finish(exchange, Fault::protocol, std::string(answer.problem()));
  }
  if (exchange.address > 0) {
    addressing_.prefer(exchange.request.url.host, exchange.addresses[exchange.address]);
  }
  const bool all_sent = exchange.unsent.empty() && exchange.rest.empty();
  if (answer.connection_stays() && all_sent && !exchange.link->watched_for_writing) {
    Link& link = *std::exchange(exchange.link, nullptr);
    const SteadyTime now = steady_now();
    link.connection.allow(idle_bytes_max);
    connections_.keep(link, now);
    while (Link* const superfluous = connections_.superfluous(now)) drop(*superfluous);
  }
  finish(exchange, Fault::none, std::string(answer.problem()));
}

// The connection has ended before the answer's headers have.
void Http1Transport::died(Exchange& exchange) {
  if (exchange.over_kept && !exchange.answer.response().begun() && !exchange.sent_again) {
    exchange.sent_again = true;
    drop(*exchange.link);
    return launch(exchange, true);
  }
  const std::string_view problem = exchange.answer.problem();
  finish(exchange, Fault::reset,
         std::string(exchange.sent_again ? "the connection died again" : problem));
}

void Http1Transport::overdue(Exchange& exchange) {
  if (exchange.answer.response().complete()) {
    return finish(exchange, Fault::none, "the body took too long");
  }
  const Connection& connection = exchange.link->connection;
  if (!connection.reached() && try_next_address(exchange)) return;
  finish(exchange, Fault::timeout,
         connection.is_open() ? "no answer in time" : "no connection in time");
}

void Http1Transport::finish(Exchange& exchange, Fault fault, std::string detail) {
  if (exchange.link != nullptr) drop(*exchange.link);
  stop_timer(exchange);
  Response& response = exchange.answer.response();
  Completion& completion = finished_.emplace_back();
  completion.id = exchange.id;
  completion.fault = fault;
  if (fault == Fault::none) {
    completion.status = response.status();
    completion.retry_after = std::move(response.retry_after);
    completion.body = std::move(response.excerpt);
  }
  completion.elapsed = std::chrono::floor<Duration>(steady_now() - exchange.started);
  if (!exchange.addresses.empty()) completion.address = exchange.addresses[exchange.address].text();
  completion.detail = std::move(detail);
  completion.sends = exchange.sends;

  Exchanges::node_type node = exchanges_.extract(exchange.serial);
  exchange.request = Request{};
  exchange.answer.clear();
  if (spare_.size() < spare_max && exchange.head.capacity() <= spare_bytes_max) {
    spare_.push_back(std::move(node));
  }
}

void Http1Transport::cancel(RequestId id) {
  const auto found = std::find_if(exchanges_.begin(), exchanges_.end(),
                                  [id](const auto& entry) { return entry.second->id == id; });
  if (found == exchanges_.end()) return;
  Exchange& exchange = *found->second;
  addressing_.forget(exchange.serial);
  const bool answered = exchange.answer.response().complete();
  finish(exchange, answered ? Fault::none : Fault::cancelled, "cancelled");
}

void Http1Transport::serve(Link& link) {
  if (link.gone) return;
  if (link.exchange == nullptr) {
    if (!link.connection.is_quiet()) drop(link);
    return;
  }
  Exchange& exchange = *link.exchange;
  if (!link.connection.is_open()) return connect(exchange);
  const bool all_sent = exchange.unsent.empty() && exchange.rest.empty();
  const std::uint64_t serial = exchange.serial;
  if (!all_sent) send(exchange);
  // It may have ended meanwhile, or gone on with another connection.
  if (exchanges_.contains(serial) && exchange.link == &link) read(exchange);
}

void Http1Transport::watch(Link& link, bool writable) {
  if (link.watched && link.watched_for_writing == writable) return;
  link.watched = true;
  link.watched_for_writing = writable;
  if (!poller_->watch(link.connection.socket(), &link, writable)) {
    finish(*link.exchange, Fault::local, "no memory to wait for a connection");
  }
}

void Http1Transport::drop(Link& link) {
  if (link.exchange != nullptr) std::exchange(link.exchange, nullptr)->link = nullptr;
  if (link.watched) poller_->forget(link.connection.socket());
  connections_.drop(link);
}

void Http1Transport::set_timer(Exchange& exchange, SteadyTime due) {
  if (exchange.timer) stop_timer(exchange);
  if (exchange.spare.empty()) {
    exchange.timer = timers_.emplace(due, exchange.serial).first;
    return;
  }
  exchange.spare.value() = {due, exchange.serial};
  // Most are due later than all others: their deadlines are equally far away.
  exchange.timer = timers_.insert(timers_.end(), std::move(exchange.spare));
}

void Http1Transport::stop_timer(Exchange& exchange) {
  if (!exchange.timer) return;
  exchange.spare = timers_.extract(*exchange.timer);
  exchange.timer.reset();
}

void Http1Transport::end_overdue(SteadyTime now) {
  while (const auto serial = addressing_.next_overdue(now)) {
    finish(*exchanges_.at(*serial), Fault::timeout, "the name was not resolved in time");
  }
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::uint64_t serial = timers_.begin()->second;
    Exchange& exchange = *exchanges_.at(serial);
    stop_timer(exchange);
    if (exchange.link->connection.is_open()) read(exchange);  // it may be here after all
    if (exchanges_.contains(serial) && !exchange.timer) overdue(exchange);
  }
  while (Link* const superfluous = connections_.superfluous(now)) drop(*superfluous);
}

void Http1Transport::hand_out(std::vector<Completion>& out) {
  std::move(finished_.begin(), finished_.end(), std::back_inserter(out));
  finished_.clear();
}

Duration Http1Transport::time_to_wait(SteadyTime until, SteadyTime now) const {
  SteadyTime next = std::min(until, now + wait_max);
  next = std::min(next, addressing_.next_deadline().value_or(next));
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
  return std::chrono::ceil<Duration>(next - now);
}

void Http1Transport::poll(SteadyTime until, std::vector<Completion>& out) {
  for (;;) {
    take_answers();
    const SteadyTime now = steady_now();
    const bool over = !finished_.empty() || inbox_->take_wish() || now >= until;
    if (over || inbox_->begin_wait()) {
      connections_.bury();
      ready_.clear();
      poller_->wait(over ? Duration::zero() : time_to_wait(until, now), ready_);
      if (!over) inbox_->end_wait();
      for (void* const link : ready_) serve(*static_cast<Link*>(link));
    }
    end_overdue(steady_now());  // after what has arrived, however late we come to it
    if (over || !finished_.empty()) return hand_out(out);
  }
}

}  // namespace hookwright::transport::http1

namespace hookwright {

std::unique_ptr<Transport> make_http1_transport(CurlTransportOptions options) {
  static_cast<void>(transport::library());  // libcurl's, and on Windows that of sockets
  return std::make_unique<transport::http1::Http1Transport>(std::move(options),
                                                            transport::http1::make_poller());
}

}  // namespace hookwright
