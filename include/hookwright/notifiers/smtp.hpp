#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/clock.hpp"
#include "hookwright/export.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/secret.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// A mail's words. In both texts "{product}", "{tenant}", "{endpoint}", "{delivery}", "{type}",
// "{reason}", "{death}", "{what}" and "{at}" stand for what the notice says; "{{" is a brace.
struct MailTemplate {
  std::string subject{};
  std::string text{};
};

// What became of a notice, for the host's logs.
struct MailReport {
  enum class Outcome : std::uint8_t {
    sent,           // the server has taken it
    suppressed,     // too many to this mailbox: it will be in the next digest
    no_recipient,   // nobody is designated, or what was given is no address
    undeliverable,  // the server refuses this mail for good; `detail` is its answer
    failed,         // tried again later; `detail` says why
    digest_sent,
    digest_lost,  // more mailboxes than mailboxes_max, or an undeliverable one
  };
  Outcome outcome{};
  std::string recipient{};
  std::string detail{};
  std::size_t suppressed = 0;  // notices that a digest speaks of
};

[[nodiscard]] HOOKWRIGHT_SMTP_EXPORT std::string_view to_string(MailReport::Outcome outcome);

struct SmtpOptions {
  enum class Tls : std::uint8_t {
    starttls,  // required: a server that does not offer it gets no mail
    implicit,  // TLS from the first byte ("smtps", port 465)
    none,      // in the clear, for a server on the same machine; never with a password
  };

  std::string server{};  // host name, or address
  std::uint16_t port = 587;
  Tls tls = Tls::starttls;
  std::string ca_file{};  // PEM; empty: the system's. The server's certificate and its name are
                          // always verified, TLS is 1.2 at least
  std::string user{};     // empty: no authentication
  std::optional<Secret> password{};

  std::string from{};                  // the sender's address
  std::string product = "hookwright";  // who writes: in subjects, and as the sender's name

  // Whom to mail; an empty address: nobody. Default: Notice::address, which the endpoint says
  // (EndpointSpec::notify) or its tenant (TenantSettings::notify).
  std::function<std::string(const Notice&)> recipient{};

  // By kind, instead of the built-in ones.
  std::map<NoticeKind, MailTemplate> templates{};

  // To one mailbox at most so many mails in a window; whatever comes beyond is counted, and told of
  // in one digest when the window ends.
  std::size_t mails_max = 5;
  Duration window{std::chrono::hours(1)};
  std::size_t mailboxes_max = 10'000;  // remembered at once

  Duration connect_max{std::chrono::seconds(10)};
  Duration timeout{std::chrono::seconds(30)};  // of one mail, connection included

  std::shared_ptr<Clock> clock{};                   // default: the system's
  std::shared_ptr<Observer> next{};                 // hears everything as well; may be null
  std::function<void(const MailReport&)> report{};  // must not throw; may be null
};

// Mails the tenant's administrator when something happens to an endpoint: "the subscription pauses
// and notifies your designated admin email" (HyperSnap). An Observer for Options::observer, on
// libcurl's SMTP (link hookwright::smtp).
//
// Threads: notice() comes from the dispatcher's notifier thread, and the mail is sent in it, so
// that a notice leaves the store only when the server has its mail: at least once. Digests are sent
// by a thread of its own. Ownership: shared with the dispatcher; the destructor waits for a digest
// that is being sent, at most `timeout`, and drops what was not. Errors: make_smtp_notifier throws
// ConfigError ("smtp.server" ...). A server that fails, for the moment, makes notice() throw, and
// the dispatcher tells it again; meanwhile the server is left alone, for 1 s at first and 5 min at
// most, or, where it has put off one mail (45x), that mailbox. What it refuses for good (55x to
// sender, recipient or text) is reported and not repeated. A crash loses the digests that were not
// sent: the notices of one were told, and remain in the endpoint's history. Time: `clock`, for
// windows and dates; libcurl's own for its deadlines.
//
// What hookwright promises: text of tenants and events never becomes a header or a recipient. Mails
// are plain text, UTF-8, marked Auto-Submitted. One that is sent twice has the same Message-ID.
[[nodiscard]] HOOKWRIGHT_SMTP_EXPORT std::shared_ptr<Observer> make_smtp_notifier(
    SmtpOptions options);

}  // namespace hookwright
