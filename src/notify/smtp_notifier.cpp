#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/notifiers/smtp.hpp"
#include "notify/mail.hpp"
#include "notify/mail_limiter.hpp"
#include "notify/mail_server.hpp"
#include "notify/mail_templates.hpp"

namespace hookwright {
namespace {

using notify::Digest;
using notify::Mail;
using notify::SendResult;

constexpr Duration pause_first{1'000};
constexpr Duration pause_max = std::chrono::minutes(5);
constexpr Duration span_max = std::chrono::hours(24 * 7);
constexpr Duration timeout_max = std::chrono::minutes(10);
constexpr std::size_t digests_at_once = 16;
constexpr std::size_t mailed_max = 1'024;
constexpr std::size_t paused_max = 1'024;
constexpr std::size_t template_bytes_max = 16'384;

void check_span(std::string_view field, Duration value, Duration max) {
  if (value > Duration::zero() && value <= max) return;
  throw ConfigError(field, "must be positive and " + std::to_string(max.count()) + " ms at most",
                    std::to_string(value.count()) + " ms");
}

SmtpOptions checked(SmtpOptions&& options) {
  if (!notify::valid_address(options.from)) {
    throw ConfigError("smtp.from", "must be a plain address", options.from);
  }
  if (options.product.empty() || options.product.size() > 64) {
    throw ConfigError("smtp.product", "must be 1 to 64 bytes", options.product);
  }
  if (options.mails_max == 0) throw ConfigError("smtp.mails_max", "must be 1 at least", "0");
  if (options.mailboxes_max == 0 || options.mailboxes_max > 1'000'000) {
    throw ConfigError("smtp.mailboxes_max", "must be 1 to 1,000,000",
                      std::to_string(options.mailboxes_max));
  }
  check_span("smtp.window", options.window, span_max);
  check_span("smtp.connect_max", options.connect_max, timeout_max);
  check_span("smtp.timeout", options.timeout, timeout_max);
  for (const auto& [kind, words] : options.templates) {
    if (words.subject.empty() || words.text.size() + words.subject.size() > template_bytes_max) {
      throw ConfigError("smtp.templates." + std::string(to_string(kind)),
                        "must have a subject, and 16 KiB at most");
    }
    notify::check(words, kind);
  }
  if (!options.clock) options.clock = make_system_clock();
  return std::move(options);
}

// The same for a notice that is told again, so that a mailbox can tell.
std::string id_of(const Notice& notice, const std::string& from) {
  std::string id(to_string(notice.kind));
  if (notice.endpoint) id += '.' + notice.endpoint.text();
  if (notice.delivery) id += '.' + notice.delivery.text();
  return id + '.' + std::to_string(notice.at.time_since_epoch().count()) +
         from.substr(from.find('@'));
}

std::string text_of(const Digest& digest) {
  std::string text = "There were more notices than are mailed one by one. Since " +
                     notify::say(digest.first) + ", " + std::to_string(digest.notices) +
                     " were left out:\n\n";
  std::size_t listed = 0;
  for (const auto& [key, line] : digest.lines) {
    text += std::to_string(line.times) + " x " + std::string(to_string(key.second)) +
            (key.first ? ", endpoint " + key.first.text() : "") + ", last at " +
            notify::say(line.last) + "\n";
    listed += line.times;
  }
  if (listed < digest.notices) {
    text += "and " + std::to_string(digest.notices - listed) + " of others\n";
  }
  return text;
}

class SmtpNotifier final : public Observer {
 public:
  explicit SmtpNotifier(SmtpOptions&& given)
      : options_(checked(std::move(given))),
        server_(options_),
        limiter_(options_.mails_max, options_.window, options_.mailboxes_max),
        thread_([this] { send_digests(); }) {}

  ~SmtpNotifier() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  SmtpNotifier(const SmtpNotifier&) = delete;
  SmtpNotifier& operator=(const SmtpNotifier&) = delete;

  void attempt(const AttemptReport& report) override {
    if (options_.next) options_.next->attempt(report);
  }
  void lost(const LostEvent& event) override {
    if (options_.next) options_.next->lost(event);
  }
  void store_trouble(const std::string& what) override {
    if (options_.next) options_.next->store_trouble(what);
  }

  // Throws so that it is told again. What was mailed is not mailed again because `next` threw.
  void notice(const Notice& notice) override {
    const std::string id = id_of(notice, options_.from);
    if (std::find(mailed_.begin(), mailed_.end(), id) == mailed_.end()) {
      mail(notice, id);
      if (mailed_.size() == mailed_max) mailed_.pop_front();
      mailed_.push_back(id);
    }
    if (options_.next) options_.next->notice(notice);
  }

 private:
  using Outcome = MailReport::Outcome;

  // How long nothing is sent after a failure; twice as long after the next.
  struct Pause {
    SteadyTime until{};
    Duration length{};
    [[nodiscard]] bool lasts(SteadyTime now) const { return now < until; }
    void begin(SteadyTime now) {
      length = length == Duration::zero() ? pause_first : std::min(length * 2, pause_max);
      until = now + length;
    }
  };

  void mail(const Notice& notice, const std::string& id) {
    const std::string to = options_.recipient ? options_.recipient(notice) : notice.address;
    if (!notify::valid_address(to)) {
      report({.outcome = Outcome::no_recipient,
              .detail = to.empty() ? "nobody is designated" : "what was given is no address"});
      return;
    }
    if (!may_send(to, notice)) return;
    const auto words = options_.templates.find(notice.kind);
    const MailTemplate& used =
        words != options_.templates.end() ? words->second : notify::built_in_template(notice.kind);
    const SendResult result = send({.from = options_.from,
                                    .from_name = options_.product,
                                    .to = to,
                                    .subject = notify::fill(used.subject, notice, options_.product),
                                    .text = notify::fill(used.text, notice, options_.product),
                                    .id = id,
                                    .at = options_.clock->wall()});
    if (again(result)) {
      report({.outcome = Outcome::failed, .recipient = to, .detail = result.detail});
      throw std::runtime_error("the mail server failed: " + result.detail);
    }
    const bool sent = result.outcome == SendResult::Outcome::sent;
    if (sent) {
      const std::lock_guard lock(mutex_);
      limiter_.sent(to, options_.clock->steady());
    }
    report({.outcome = sent ? Outcome::sent : Outcome::undeliverable,
            .recipient = to,
            .detail = result.detail});
  }

  // False: counted for a digest. Throws while the server is left alone.
  bool may_send(const std::string& to, const Notice& notice) {
    std::optional<Digest> forgotten;
    {
      const std::lock_guard lock(mutex_);
      const SteadyTime now = options_.clock->steady();
      if (limiter_.may_send(to, now)) {
        const auto paused = paused_.find(to);
        if (server_pause_.lasts(now) || (paused != paused_.end() && paused->second.lasts(now))) {
          throw std::runtime_error("the mail server has just failed");
        }
        return true;
      }
      forgotten = limiter_.suppress(to, notice, now);
    }
    changed_.notify_all();
    if (forgotten) {
      report({.outcome = Outcome::digest_lost,
              .recipient = forgotten->mailbox,
              .detail = "too many mailboxes",
              .suppressed = forgotten->notices});
    }
    report({.outcome = Outcome::suppressed, .recipient = to});
    return false;
  }

  SendResult send(const Mail& mail) {
    SendResult result = server_.send(mail.to, notify::to_message(mail));
    const std::lock_guard lock(mutex_);
    const SteadyTime now = options_.clock->steady();
    if (result.outcome == SendResult::Outcome::failed) {
      server_pause_.begin(now);
      return result;
    }
    server_pause_ = {};
    if (result.outcome == SendResult::Outcome::deferred) {
      std::erase_if(paused_, [&](const auto& entry) {
        return paused_.size() >= paused_max && !entry.second.lasts(now);
      });
      if (paused_.size() < paused_max || paused_.contains(mail.to)) paused_[mail.to].begin(now);
    } else {
      paused_.erase(mail.to);
    }
    return result;
  }

  static bool again(const SendResult& result) {
    return result.outcome == SendResult::Outcome::failed ||
           result.outcome == SendResult::Outcome::deferred;
  }

  void send_digests() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const SteadyTime now = options_.clock->steady();
      const std::optional<SteadyTime> due = limiter_.next_due();
      const SteadyTime at = due ? std::max(*due, server_pause_.until) : SteadyTime::max();
      if (at > now) {
        // A clock of the host's may go at its own pace, so it is asked again now and then.
        const auto wait = std::min<SteadyTime::duration>(at - now, std::chrono::milliseconds(250));
        if (due) {
          changed_.wait_for(lock, wait);
        } else {
          changed_.wait(lock);
        }
        continue;
      }
      std::vector<Digest> digests;
      try {
        digests = limiter_.due(now, digests_at_once);
      } catch (...) {  // for want of memory
        changed_.wait_for(lock, pause_first);
      }
      lock.unlock();
      for (Digest& digest : digests) send_digest(std::move(digest));
      lock.lock();
    }
  }

  void send_digest(Digest&& digest) noexcept {
    try {
      const TimePoint at = options_.clock->wall();
      const std::string to = digest.mailbox;
      const std::size_t notices = digest.notices;
      const SendResult result =
          send({.from = options_.from,
                .from_name = options_.product,
                .to = to,
                .subject = '[' + options_.product + "] Webhooks: " + std::to_string(notices) +
                           " more notices",
                .text = text_of(digest),
                .id = "digest." + std::to_string(at.time_since_epoch().count()) + '.' +
                      std::to_string(++digests_) + options_.from.substr(options_.from.find('@')),
                .at = at});
      if (again(result)) {
        report({.outcome = Outcome::failed, .recipient = to, .detail = result.detail});
        const std::lock_guard lock(mutex_);
        const auto paused = paused_.find(to);
        const Duration later = paused != paused_.end() ? paused->second.length : pause_first;
        limiter_.give_back(std::move(digest), options_.clock->steady(), later);
        return;
      }
      const bool sent = result.outcome == SendResult::Outcome::sent;
      report({.outcome = sent ? Outcome::digest_sent : Outcome::digest_lost,
              .recipient = to,
              .detail = result.detail,
              .suppressed = notices});
    } catch (...) {  // for want of memory: nothing may leave a thread of ours
    }
  }

  void report(const MailReport& report) {
    if (options_.report) options_.report(report);
  }

  const SmtpOptions options_;
  const notify::MailServer server_;
  std::deque<std::string> mailed_;  // the notifier thread's alone
  std::uint64_t digests_ = 0;       // our thread's alone

  std::mutex mutex_;
  std::condition_variable changed_;
  notify::MailLimiter limiter_;
  Pause server_pause_{};
  std::unordered_map<std::string, Pause> paused_;  // mailboxes
  bool stopping_ = false;
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace

std::string_view to_string(MailReport::Outcome outcome) {
  switch (outcome) {
    case MailReport::Outcome::sent:
      return "sent";
    case MailReport::Outcome::suppressed:
      return "suppressed";
    case MailReport::Outcome::no_recipient:
      return "no_recipient";
    case MailReport::Outcome::undeliverable:
      return "undeliverable";
    case MailReport::Outcome::failed:
      return "failed";
    case MailReport::Outcome::digest_sent:
      return "digest_sent";
    case MailReport::Outcome::digest_lost:
      return "digest_lost";
  }
  return "unknown";
}

std::shared_ptr<Observer> make_smtp_notifier(SmtpOptions options) {
  return std::make_shared<SmtpNotifier>(std::move(options));
}

}  // namespace hookwright
