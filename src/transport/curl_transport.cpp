#include "transport/curl_transport.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include "clock/steady_now.hpp"
#include "hookwright/error.hpp"
#include "transport/options.hpp"
#include "transport/outcome.hpp"
#include "transport/sockets.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kept_max = 256;  // exchanges
constexpr Duration wait_max = 1s;      // survives a lost wake-up
constexpr auto watchdog_grace = 2s;    // for libcurl to end an overdue transfer by itself

Settings make_settings(const CurlTransportOptions& options, const Library& library) {
  check(options);
  Settings settings;
  settings.library = library;
  settings.border = std::make_shared<Border>(options.egress);
  settings.trust =
      Trust::load(settings.library.openssl_is_ours, options.ca_file, !options.egress.allow_http);
  settings.pools = std::make_shared<Pools>(settings.library, connections_kept_max(options));
  settings.limits = limits_of(options);
  settings.idle_max = options.idle_max;
  settings.connect_max = options.connect_max;
  settings.body_max = options.body_max;
  settings.http2 = options.http2;
  return settings;
}

std::unique_ptr<Driver> make_driver(const Settings& settings) {
  return std::make_unique<Driver>(settings.library, settings.pools->connections_max(),
                                  settings.http2);
}

}  // namespace

CurlTransport::CurlTransport(CurlTransportOptions options, const Library& library)
    : options_(std::move(options)),
      settings_(make_settings(options_, library)),
      inbox_(std::make_shared<Inbox>()),
      addressing_(settings_.border, options_.resolver, inbox_),
      driver_(make_driver(settings_)) {
  kept_.push_back(std::make_unique<Exchange>(settings_));  // throws here if libcurl is unfit
  reserve_descriptors_for(options_);
  inbox_->attach([this] { driver_->wake(); });
}

CurlTransport::~CurlTransport() {
  inbox_->attach(nullptr);
  for (const auto& [serial, exchange] : exchanges_) {
    if (exchange->in_driver) driver_->remove(exchange->handle(), exchange->apart());
  }
  driver_.reset();  // before the handles, which its connections may still refer to
}

void CurlTransport::wake() {
  inbox_->ask_to_return();
}

std::unique_ptr<Exchange> CurlTransport::take_exchange() {
  if (kept_.empty()) return std::make_unique<Exchange>(settings_);
  std::unique_ptr<Exchange> exchange = std::move(kept_.back());
  kept_.pop_back();
  return exchange;
}

void CurlTransport::keep_exchange(std::unique_ptr<Exchange> exchange) {
  exchange->end();
  if (kept_.size() < kept_max) kept_.push_back(std::move(exchange));
}

void CurlTransport::start(RequestId id, Request&& request) {
  const SteadyTime now = steady_now();
  std::unique_ptr<Exchange> taken;
  try {
    taken = take_exchange();
  } catch (const std::exception& failure) {
    Completion completion;
    completion.id = id;
    completion.fault = Fault::local;
    completion.detail = failure.what();
    completion.sends = 0;
    finished_.push_back(std::move(completion));
    return;
  }
  Exchange& exchange = *taken;
  exchange.serial = ++serial_;
  exchanges_.emplace(exchange.serial, std::move(taken));

  const bool headers_are_fit = exchange.begin(id, std::move(request), now);
  if (!headers_are_fit) {
    return finish(exchange, Fault::local, "header not allowed: " + exchange.headers.refused());
  }
  if (!exchange.request.body) return finish(exchange, Fault::local, "no body");
  if (std::string refusal = addressing_.refusal_of(exchange.request.url); !refusal.empty()) {
    return finish(exchange, Fault::blocked, std::move(refusal));
  }
  if (exchange.request.deadline <= now) return finish(exchange, Fault::timeout, "no time left");
  addressing_.ask(exchange.serial, exchange.request.url.host, exchange.request.deadline);
  take_answers();  // a cached one is here already
}

void CurlTransport::take_answers() {
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

void CurlTransport::launch(Exchange& exchange, bool fresh_connection) {
  const SteadyTime now = steady_now();
  if (exchange.request.deadline <= now) return finish(exchange, Fault::timeout, "no time left");
  if (!exchange.prepare(now, fresh_connection) ||
      !driver_->add(exchange.handle(), exchange.apart())) {
    return finish(exchange, Fault::local, "libcurl took neither the options nor the transfer");
  }
  exchange.in_driver = true;
}

void CurlTransport::take_finished() {
  while (const auto finished = driver_->next_finished()) {
    Exchange& exchange = Exchange::of(finished->handle);
    driver_->remove(finished->handle, exchange.apart());
    exchange.in_driver = false;
    conclude(exchange, finished->code);
  }
}

// Starts the request's second transfer if there is a reason to.
bool CurlTransport::try_again(Exchange& exchange, CURLcode code) {
  const Guard& guard = exchange.guard;
  if (guard.blocked()) return false;
  // libcurl notices most kept connections that have died, and we stop what it would do about them.
  // It doesn't notice all: one may take the headers and refuse the body. With HTTP/2 a stream may
  // have been ended on a connection that lives: the receiver has had the request.
  const bool died = guard.used_kept_connection() && !exchange.response.begun() &&
                    fault_of(code) == Fault::reset && code != CURLE_HTTP2_STREAM;
  if ((guard.stopped_repeat() || died) && guard.sends() < 2 && !exchange.sent_again) {
    exchange.sent_again = true;
    launch(exchange, true);
    return true;
  }
  curl_off_t connected = 0;
  curl_easy_getinfo(exchange.handle(), CURLINFO_CONNECT_TIME_T, &connected);
  const bool not_connected =
      code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && connected == 0);
  if (not_connected && guard.sends() == 0 &&
      !is_shortage(guard.socket_error(), guard.vetted().is_v6()) &&
      exchange.address + 1 < exchange.addresses.size() &&
      exchange.request.deadline > steady_now()) {
    ++exchange.address;
    launch(exchange, false);
    return true;
  }
  return false;
}

void CurlTransport::conclude(Exchange& exchange, CURLcode code) {
  const Guard& guard = exchange.guard;
  if (exchange.response.complete()) {
    exchange.guard.count_send_if_not_asked();
    if (exchange.address > 0) addressing_.prefer(exchange.request.url.host, guard.vetted());
    if (code == CURLE_OK && !exchange.sent_again) exchange.keep_handle();
    std::string detail;
    if (exchange.response.over_body_cap()) {
      detail = "the body was cut";
    } else if (code != CURLE_OK) {
      detail = "after the headers: " + describe(code, exchange.error_text(),
                                                guard.placeholder_text(), guard.vetted().text());
    }
    return finish(exchange, Fault::none, std::move(detail));
  }
  if (try_again(exchange, code)) return;

  long os_error = guard.socket_error();
  if (code == CURLE_COULDNT_CONNECT && os_error == 0) {
    curl_easy_getinfo(exchange.handle(), CURLINFO_OS_ERRNO, &os_error);
  }
  Fault fault = fault_of(code);
  std::string detail =
      describe(code, exchange.error_text(), guard.placeholder_text(), guard.vetted().text());
  if (guard.blocked()) {
    fault = Fault::blocked;
    detail = "the connection would have gone elsewhere";
  } else if (guard.stopped_repeat()) {
    fault = Fault::reset;
    detail = "the connection died again";
  } else if (exchange.response.over_header_caps()) {
    fault = Fault::protocol;
    detail = "too many headers";
  } else if (exchange.response.begins_with_blank()) {
    fault = Fault::protocol;
    detail = "the first header begins with a blank";
  } else if (code == CURLE_OK && exchange.response.in_headers()) {
    fault = Fault::reset;
    detail = "closed within the headers";
  } else if (code == CURLE_COULDNT_CONNECT &&
             is_shortage(static_cast<int>(os_error), guard.vetted().is_v6())) {
    fault = Fault::local;
  } else if (guard.gone() ||
             (code == CURLE_COULDNT_CONNECT && is_reset(static_cast<int>(os_error)))) {
    fault = exchange.request.url.tls ? Fault::tls : Fault::reset;
    detail = "reset at once";
  }
  finish(exchange, fault, std::move(detail));
}

void CurlTransport::finish(Exchange& exchange, Fault fault, std::string detail) {
  Completion completion;
  completion.id = exchange.id;
  completion.fault = fault;
  if (fault == Fault::none) {
    completion.status = exchange.response.status();
    completion.retry_after = std::move(exchange.response.retry_after);
    completion.body = std::move(exchange.response.excerpt);
  }
  completion.elapsed = std::chrono::floor<Duration>(steady_now() - exchange.started);
  if (!exchange.addresses.empty()) completion.address = exchange.addresses[exchange.address].text();
  completion.detail = std::move(detail);
  completion.sends = exchange.guard.sends();
  finished_.push_back(std::move(completion));

  auto node = exchanges_.extract(exchange.serial);
  keep_exchange(std::move(node.mapped()));
}

void CurlTransport::cancel(RequestId id) {
  const auto found = std::find_if(exchanges_.begin(), exchanges_.end(),
                                  [id](const auto& entry) { return entry.second->id == id; });
  if (found == exchanges_.end()) return;
  Exchange& exchange = *found->second;
  addressing_.forget(exchange.serial);
  if (exchange.in_driver) {
    driver_->remove(exchange.handle(), exchange.apart());
    exchange.in_driver = false;
  }
  const bool answered = exchange.response.complete();
  finish(exchange, answered ? Fault::none : Fault::cancelled, "cancelled");
}

void CurlTransport::end_overdue(SteadyTime now) {
  while (const auto serial = addressing_.next_overdue(now)) {
    finish(*exchanges_.at(*serial), Fault::timeout, "the name was not resolved in time");
  }
  if (now - watched_ < wait_max) return;
  watched_ = now;
  std::vector<Exchange*> overdue;
  for (const auto& [serial, exchange] : exchanges_) {
    if (!exchange->in_driver) continue;
    const bool body_is_overdue =
        exchange->answered && now - *exchange->answered >= settings_.body_max;
    if (body_is_overdue || now - watchdog_grace > exchange->request.deadline) {
      overdue.push_back(exchange.get());
    }
  }
  for (Exchange* exchange : overdue) {
    driver_->remove(exchange->handle(), exchange->apart());
    exchange->in_driver = false;
    if (exchange->response.complete()) {
      finish(*exchange, Fault::none, "the body took too long");
    } else {
      finish(*exchange, Fault::timeout, "ended by the watchdog");
    }
  }
}

// After an error that libcurl's manual calls unrecoverable.
void CurlTransport::replace_driver() {
  inbox_->attach(nullptr);
  std::vector<Exchange*> lost;
  for (const auto& [serial, exchange] : exchanges_) {
    if (exchange->in_driver) lost.push_back(exchange.get());
  }
  for (Exchange* exchange : lost) {
    driver_->remove(exchange->handle(), exchange->apart());
    exchange->in_driver = false;
    const bool answered = exchange->response.complete();
    finish(*exchange, answered ? Fault::none : Fault::local, "libcurl failed as a whole");
  }
  driver_ = make_driver(settings_);
  inbox_->attach([this] { driver_->wake(); });
}

void CurlTransport::hand_out(std::vector<Completion>& out) {
  std::move(finished_.begin(), finished_.end(), std::back_inserter(out));
  finished_.clear();
}

Duration CurlTransport::time_to_wait(SteadyTime until, SteadyTime now) const {
  SteadyTime next = until;
  next = std::min(next, addressing_.next_deadline().value_or(next));
  // Compared before they are subtracted: `until` may be the end of time.
  return next >= now + wait_max ? wait_max : std::chrono::ceil<Duration>(next - now);
}

void CurlTransport::poll(SteadyTime until, std::vector<Completion>& out) {
  for (;;) {
    take_answers();
    if (!driver_->turn()) replace_driver();
    take_finished();
    const SteadyTime now = steady_now();
    end_overdue(now);
    const bool asked_to_return = inbox_->take_wish();
    if (!finished_.empty() || asked_to_return || now >= until) return hand_out(out);
    if (!inbox_->begin_wait()) continue;
    const bool sound = driver_->wait(time_to_wait(until, now));
    inbox_->end_wait();
    if (!sound) replace_driver();
  }
}

}  // namespace hookwright::transport

namespace hookwright {

std::unique_ptr<Transport> make_curl_transport(CurlTransportOptions options) {
  return std::make_unique<transport::CurlTransport>(std::move(options), transport::library());
}

}  // namespace hookwright
