#include "crash/ledger.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace hookwright::crash {
namespace {

constexpr std::size_t violations_told = 20;

std::string key_of(NoticeKind kind, const std::string& endpoint, const std::string& delivery) {
  return std::to_string(static_cast<int>(kind)) + ' ' + endpoint + ' ' + delivery;
}

}  // namespace

void Tally::violation(const std::string& what) {
  if (++violation_count <= violations_told) violations.push_back(what);
}

bool Ledger::hear(int process, const std::string& journal) {
  std::ifstream file(journal);
  std::string line;
  bool drained = false;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind;
    std::int64_t n = 0;
    words >> kind;
    if (kind == "Q" || kind == "A" || kind == "X") {
      words >> n;
      Event& event = events_[n];
      event.processes.insert(process);
      if (kind == "A") event.accepted = true;
      if (kind == "X") event.refused = true;
      if (kind != "Q") continue;
      std::string id;
      words >> id >> event.at;
      event.id = EventId::parse(id).value_or(EventId{});
    } else if (kind == "E" || kind == "R" || kind == "S") {
      int endpoint = 0;
      std::string id;
      words >> endpoint;
      if (kind == "E") words >> id;
      int generation = 0;
      words >> generation;
      Secrets& secrets = secrets_[endpoint];
      if (kind == "E") {
        endpoints_[endpoint] = id;
        // What was confirmed is there, and nothing that was never begun.
        if (generation < secrets.confirmed || generation > secrets.begun)
          violation("endpoint " + std::to_string(endpoint) + " has secret " +
                    std::to_string(generation) + ", not " + std::to_string(secrets.confirmed) +
                    " to " + std::to_string(secrets.begun));
        secrets = {generation, generation};
      } else {
        (kind == "R" ? secrets.begun : secrets.confirmed) = generation;
      }
    } else if (kind == "N") {
      int notice = 0;
      std::string endpoint;
      std::string delivery;
      words >> notice >> endpoint >> delivery;
      told_.insert(key_of(static_cast<NoticeKind>(notice), endpoint, delivery));
    } else if (kind == "D") {
      drained = true;
    } else if (kind == "T" || kind == "!") {
      violation("process " + std::to_string(process) + ": " + line.substr(2));
    }
  }
  return drained;
}

void Ledger::see(const std::vector<Arrival>& arrivals) {
  for (const Arrival& arrival : arrivals) {
    const std::string what =
        "event " + std::to_string(arrival.n) + " to endpoint " + std::to_string(arrival.endpoint);
    Sent& sent = sent_[arrival.delivery];
    if (sent.sends == 0) {
      sent.n = arrival.n;
      sent.endpoint = arrival.endpoint;
      sent.hash = arrival.body_hash;
      const auto [at, first] = names_.try_emplace({arrival.n, arrival.endpoint}, arrival.delivery);
      if (!first) violation(what + " has two delivery ids");
      if (!events_.contains(arrival.n)) violation(what + " was never published");
    }
    const bool same = sent.n == arrival.n && sent.endpoint == arrival.endpoint &&
                      sent.hash == arrival.body_hash && arrival.body_right;
    if (!same) violation(what + " came with other bytes");
    if (arrival.generation < 0) violation(what + " is signed with no secret of the endpoint");
    ++sent.sends;
    ++sent.by[arrival.process];
    if (arrival.status / 100 == 2) ++sent.answered;
  }
}

void Ledger::compare(int process, const Contents& now, bool crashed, bool keeps_history) {
  if (crashed) ++tally_.crashes;
  std::size_t under_way = 0;
  for (auto& [delivery, sent] : sent_) {
    const auto by = sent.by.find(process);
    if (by == sent.by.end()) continue;
    const std::string what =
        "event " + std::to_string(sent.n) + " to endpoint " + std::to_string(sent.endpoint);
    if (sent.under_way != 0) {
      ++tally_.duplicates;
      tally_.max_duplicates = std::max(tally_.max_duplicates, ++duplicates_[sent.under_way]);
    }
    const auto tried = now.attempts.find(delivery);
    const int settled = (tried == now.attempts.end() ? 0 : tried->second.attempts) -
                        (attempts_.contains(delivery) ? attempts_.at(delivery) : 0);
    sent.under_way = 0;
    if (!keeps_history || by->second <= settled) continue;
    if (by->second > settled + 1) violation(what + " was sent twice at once");
    sent.under_way = process;
    ++under_way;
  }
  if (under_way > unsettled_max_)
    violation("process " + std::to_string(process) + " ended with " + std::to_string(under_way) +
              " deliveries sent and not settled");
  check_dead(now, keeps_history);
  check_endpoints(process, now);
  attempts_.clear();
  for (const auto& [delivery, tried] : now.attempts) attempts_[delivery] = tried.attempts;
  dead_.clear();
  for (const auto& [delivery, letter] : now.dead) dead_.insert(delivery);
}

// A delivery is in one place: it waits, it was delivered, or it is dead.
void Ledger::check_dead(const Contents& now, bool keeps_history) {
  for (const auto& [delivery, count] : now.waiting) {
    if (count > 1) violation(delivery + " waits twice");
    if (now.dead.contains(delivery)) violation(delivery + " waits and is dead");
  }
  for (const auto& [delivery, tried] : now.attempts) {
    if (tried.delivered + tried.died > 1) violation(delivery + " has ended twice");
    const bool over = tried.delivered + tried.died != 0;
    if (over && now.waiting.contains(delivery)) violation(delivery + " has ended and waits");
    if (tried.died != 0 && !now.dead.contains(delivery))
      violation(delivery + " is exhausted and no dead letter");
    const auto sent = sent_.find(delivery);
    if (tried.delivered != 0 && (sent == sent_.end() || sent->second.answered == 0))
      violation(delivery + " is said to be delivered and was not");
  }
  for (const auto& [delivery, letter] : now.dead) {
    // One that was given up with its endpoint has no attempt that was its end.
    const bool with_endpoint =
        letter.reason == DeathReason::deactivated || letter.reason == DeathReason::gone;
    const auto tried = now.attempts.find(delivery);
    const auto of = tried == now.attempts.end() ? Contents::Tried{} : tried->second;
    const bool whole = of.attempts == static_cast<int>(letter.attempts) &&
                       (of.died == 1 || (with_endpoint && of.died == 0));
    if (keeps_history && !whole) violation(delivery + " is dead without the attempts it had");
    if (!told(now, NoticeKind::delivery_exhausted, letter.endpoint.text(), delivery))
      violation(delivery + " is dead and nobody is told");
  }
}

void Ledger::check_endpoints(int process, const Contents& now) {
  std::map<int, int> died;  // in this process, by endpoint
  std::map<int, int> ever;
  for (const auto& [delivery, letter] : now.dead) {
    const int endpoint = now.what.at(delivery).second;
    ++ever[endpoint];
    // What was given up with its endpoint says nothing of it: it may have been enabled since.
    const bool of_itself = letter.reason == DeathReason::exhausted;
    if (of_itself && !dead_.contains(delivery)) ++died[endpoint];
  }
  for (const auto& [number, endpoint] : now.endpoints) {
    const std::string what = "endpoint " + std::to_string(number);
    const Kind kind = kind_of(number);
    const bool stopped = endpoint.status != Status::active;
    const Status expected = kind == Kind::pausing ? Status::paused : Status::disabled;
    if (stopped) stopped_in_.insert({number, process});
    if (stopped && (kind == Kind::failing || endpoint.status != expected || ever[number] == 0))
      violation(what + " is stopped and nothing died that says why");
    if (kind != Kind::failing && died[number] != 0 && !stopped)
      violation(what + " goes on although a delivery died");
    if (kind == Kind::failing && endpoint.failing && ever[number] == 0)
      violation(what + " is failing and nothing died");
    if (kind == Kind::failing && died[number] != 0 && !endpoint.failing &&
        !told(now, NoticeKind::endpoint_recovered, endpoint.id.text(), ""))
      violation(what + " is not failing although a delivery died");
    const auto said = [&, id = endpoint.id.text()](NoticeKind notice) {
      return told(now, notice, id, "");
    };
    if ((endpoint.status == Status::paused && !said(NoticeKind::endpoint_paused)) ||
        (endpoint.status == Status::disabled && !said(NoticeKind::endpoint_disabled) &&
         !said(NoticeKind::endpoint_gone)) ||
        (endpoint.failing && !said(NoticeKind::endpoint_failing)))
      violation(what + " has changed and nobody is told");
  }
}

// By an observer, or by a notice that waits for one. No delivery: of any.
bool Ledger::told(const Contents& now, NoticeKind kind, const std::string& endpoint,
                  const std::string& delivery) const {
  const std::string key = key_of(kind, endpoint, delivery);
  const auto heard = told_.lower_bound(key);
  if (heard != told_.end() && heard->starts_with(key)) return true;
  return std::ranges::any_of(now.notices, [&](const Notice& notice) {
    return notice.kind == kind && notice.endpoint.text() == endpoint &&
           (delivery.empty() || notice.delivery.text() == delivery);
  });
}

void Ledger::settle(const Contents& now, bool keeps_history) {
  std::map<std::pair<std::int64_t, int>, bool> dead;
  for (const auto& [delivery, letter] : now.dead) dead[now.what.at(delivery)] = true;
  if (!now.waiting.empty())
    violation(std::to_string(now.waiting.size()) + " deliveries wait after the drain");
  for (auto& [n, event] : events_) {
    if (!event.accepted || event.settled) continue;
    event.settled = true;
    const int first = static_cast<int>(n % tenants) * endpoints_each;
    for (int endpoint = first; endpoint < first + endpoints_each; ++endpoint) {
      // An endpoint that was disabled gets nothing.
      const bool skipped = kind_of(endpoint) == Kind::disabling &&
                           std::ranges::any_of(event.processes, [&, at = endpoint](int process) {
                             return stopped_in_.contains({at, process});
                           });
      const auto name = names_.find({n, endpoint});
      const Sent* sent = name == names_.end() ? nullptr : &sent_.at(name->second);
      const bool delivered = sent != nullptr && sent->answered != 0;
      const bool died = dead.contains({n, endpoint});
      if (skipped && !delivered && !died) continue;
      ++tally_.accepted;
      if (delivered) {
        ++tally_.delivered;
      } else if (died) {
        ++tally_.dead;
      } else {
        ++tally_.lost;
        violation("event " + std::to_string(n) + " to endpoint " + std::to_string(endpoint) +
                  " is lost");
      }
    }
  }
  if (!keeps_history) return;
  for (const auto& [delivery, sent] : sent_) {
    // A crash forgets what was not settled, and then its endpoint may have been stopped.
    const auto letter = now.dead.find(delivery);
    const bool given_up =
        letter != now.dead.end() && letter->second.reason != DeathReason::exhausted;
    if (!now.attempts.contains(delivery) && !given_up)
      violation(delivery + " was sent and has no attempt");
  }
}

std::string Ledger::unheard() const {
  std::string lines;
  for (const auto& [n, event] : events_) {
    if (event.accepted || event.refused || !event.id) continue;
    lines += std::to_string(n) + ' ' + event.id.text() + ' ' + std::to_string(event.at) + '\n';
  }
  return lines;
}

}  // namespace hookwright::crash
