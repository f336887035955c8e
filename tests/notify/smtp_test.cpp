// The notifier against a real SMTP server, over real sockets and TLS.

#include "hookwright/notifiers/smtp.hpp"

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "notify/mail_process.hpp"

using namespace hookwright;
using namespace std::chrono_literals;
using dispatcher_test::Recorder;
using notify_test::MailProcess;
using testing::VirtualClock;
using Outcome = MailReport::Outcome;
using Tls = SmtpOptions::Tls;

namespace {

// Reports come from two threads.
struct Reports {
  std::mutex mutex{};
  std::vector<MailReport> all{};

  void add(const MailReport& report) {
    const std::lock_guard lock(mutex);
    all.push_back(report);
  }
  std::size_t count(Outcome outcome) {
    const std::lock_guard lock(mutex);
    std::size_t found = 0;
    for (const MailReport& report : all) found += report.outcome == outcome ? 1U : 0U;
    return found;
  }
};

struct Office {
  MailProcess server{};
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
  std::shared_ptr<Reports> reports = std::make_shared<Reports>();
  std::string admin = "admin@acme.example";

  SmtpOptions options(const std::string& way, Tls tls) {
    SmtpOptions options;
    options.server = "127.0.0.1";
    options.port = server.port(way);
    options.tls = tls;
    options.ca_file = server.ca_file();
    options.from = "hooks@hypersnap.example";
    options.product = "HyperSnap";
    options.recipient = [this](const Notice&) { return admin; };
    options.clock = clock;
    options.timeout = 20s;
    options.report = [reports = reports](const MailReport& report) { reports->add(report); };
    return options;
  }

  Notice notice(NoticeKind kind = NoticeKind::endpoint_paused) {
    Notice notice;
    notice.kind = kind;
    notice.tenant = "acme";
    notice.endpoint = ids.next<EndpointId>(clock->wall());
    notice.delivery = ids.next<DeliveryId>(clock->wall());
    notice.type = "link.click.registered";
    notice.reason = Reason::exhausted;
    notice.at = clock->wall();
    return notice;
  }

  IdGenerator ids{7};
};

bool told(const std::shared_ptr<Observer>& notifier, const Notice& notice) {
  try {
    notifier->notice(notice);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("smtp: a mail goes out over STARTTLS with a login, as any mail program reads it") {
  Office office;
  SmtpOptions options = office.options("login", Tls::starttls);
  options.user = "hooks";
  options.password = Secret(
      "s\xC3\xA4"
      "cret p\xC3\xA4ss");
  const auto next = std::make_shared<Recorder>();
  options.next = next;
  const auto notifier = make_smtp_notifier(options);
  const Notice notice = office.notice();
  CHECK(told(notifier, notice));
  auto mail = office.server.next();
  REQUIRE(mail);
  CHECK((*mail)["tls"] == "yes");
  CHECK((*mail)["user"] == "hooks");
  CHECK((*mail)["ehlo"] == "hypersnap.example");
  CHECK((*mail)["envelope-from"] == "hooks@hypersnap.example");
  CHECK((*mail)["envelope-to"] == "admin@acme.example");
  CHECK((*mail)["from"] == "HyperSnap <hooks@hypersnap.example>");
  CHECK((*mail)["to"] == "admin@acme.example");
  CHECK((*mail)["subject"] == "[HyperSnap] Your webhook subscription is paused");
  CHECK((*mail)["header-names"] ==
        "date from to subject message-id auto-submitted mime-version content-type "
        "content-transfer-encoding");
  CHECK((*mail)["defects"] == "0");
  CHECK(std::stoul((*mail)["longest-line"]) <= 150);  // Message-ID can't be folded
  CHECK_THAT((*mail)["message-id"], Catch::Matchers::Contains(notice.endpoint.text()));
  const std::string text = (*mail)["text"];
  for (const std::string& part :
       {std::string("acme"), notice.endpoint.text(), notice.delivery.text(),
        std::string("link.click.registered"), std::string("exhausted"), std::string(" UTC")}) {
    CHECK_THAT(text, Catch::Matchers::Contains(part));
  }
  CHECK(next->notices.size() == 1);
  CHECK(office.reports->count(Outcome::sent) == 1);

  // Told again since somebody else has thrown: not mailed again.
  next->notices_to_throw = 1;
  const Notice second = office.notice(NoticeKind::endpoint_recovered);
  CHECK_FALSE(told(notifier, second));
  CHECK(told(notifier, second));
  CHECK(office.reports->count(Outcome::sent) == 2);
  CHECK(next->notices.size() == 2);

  options.password = Secret("wrong");
  CHECK_FALSE(told(make_smtp_notifier(options), office.notice()));
  CHECK(office.reports->count(Outcome::failed) == 1);
}

TEST_CASE("smtp: every kind of notice has its words, and a host may have its own") {
  Office office;
  SmtpOptions options = office.options("implicit", Tls::implicit);
  options.mails_max = 100;
  options.templates[NoticeKind::endpoint_failing] = {
      "Z\xC3\xBCrich: {tenant} {{x} \xF0\x9F\x98\x80",
      "{what}\n.\n.{type}.\n" + std::string(3'000, 'x')};
  const auto notifier = make_smtp_notifier(options);
  std::vector<std::string> subjects;
  for (const NoticeKind kind :
       {NoticeKind::delivery_exhausted, NoticeKind::endpoint_paused, NoticeKind::endpoint_disabled,
        NoticeKind::endpoint_failing, NoticeKind::endpoint_recovered, NoticeKind::endpoint_gone,
        NoticeKind::endpoint_at_risk, NoticeKind::held_too_long}) {
    CHECK(told(notifier, office.notice(kind)));
    auto mail = office.server.next();
    REQUIRE(mail);
    CHECK((*mail)["tls"] == "yes");
    CHECK((*mail)["defects"] == "0");
    CHECK(std::stoul((*mail)["longest-line"]) <= 150);  // Message-ID can't be folded
    CHECK(std::find(subjects.begin(), subjects.end(), (*mail)["subject"]) == subjects.end());
    subjects.push_back((*mail)["subject"]);
    if (kind != NoticeKind::endpoint_failing) continue;
    CHECK((*mail)["subject"] == "Z\xC3\xBCrich: acme {x} \xF0\x9F\x98\x80");
    CHECK_THAT((*mail)["text"],
               Catch::Matchers::StartsWith("endpoint_failing\n.\n.link.click.registered.\nxxx"));
    CHECK((*mail)["text"].size() >= 3'000);
  }
}

TEST_CASE("smtp: nothing is said to a server without TLS, or whose certificate is another's") {
  Office office;
  struct Way {
    std::string name;
    Tls tls;
  };
  for (const Way& way : {Way{"plain", Tls::starttls}, Way{"wrong_name", Tls::implicit},
                         Way{"wrong_name_starttls", Tls::starttls}, Way{"plain", Tls::implicit},
                         Way{"starttls", Tls::none}}) {
    CAPTURE(way.name);
    CHECK_FALSE(told(make_smtp_notifier(office.options(way.name, way.tls)), office.notice()));
  }
  SmtpOptions stranger = office.options("implicit", Tls::implicit);
  stranger.ca_file.clear();  // the system's authorities don't know ours
  CHECK_FALSE(told(make_smtp_notifier(stranger), office.notice()));
  CHECK(office.reports->count(Outcome::failed) == 6);
  CHECK(office.reports->count(Outcome::sent) == 0);

  // In the clear only where the host says so.
  CHECK(told(make_smtp_notifier(office.options("plain", Tls::none)), office.notice()));
  auto mail = office.server.next();
  REQUIRE(mail);
  CHECK((*mail)["tls"] == "no");  // and it is the first that has arrived
}

TEST_CASE("smtp: what is refused for good is reported, what is refused for now is told again") {
  Office office;
  const auto notifier = make_smtp_notifier(office.options("starttls", Tls::starttls));
  office.admin = "nobody@acme.example";
  CHECK(told(notifier, office.notice()));
  CHECK(office.reports->count(Outcome::undeliverable) == 1);
  CHECK_THAT(office.reports->all.back().detail, Catch::Matchers::Contains("550"));

  SmtpOptions spam = office.options("starttls", Tls::starttls);
  spam.product = "spam";
  office.admin = "admin@acme.example";
  CHECK(told(make_smtp_notifier(spam), office.notice()));
  CHECK(office.reports->count(Outcome::undeliverable) == 2);

  office.admin = "later@acme.example";
  const Notice notice = office.notice();
  CHECK_FALSE(told(notifier, notice));
  CHECK(office.reports->count(Outcome::failed) == 1);
  // Told again at once it does not bother the server; other mailboxes are none of its business.
  CHECK_FALSE(told(notifier, notice));
  CHECK(office.reports->count(Outcome::failed) == 1);
  office.admin = "admin@acme.example";
  CHECK(told(notifier, office.notice()));
  CHECK(office.server.next());
  office.admin = "later@acme.example";
  office.clock->advance(1s);
  CHECK_FALSE(told(notifier, notice));
  CHECK(office.reports->count(Outcome::failed) == 2);
  office.clock->advance(1s);  // twice as long by now
  CHECK_FALSE(told(notifier, notice));
  CHECK(office.reports->count(Outcome::failed) == 2);
}

TEST_CASE("smtp: a server that fails is left alone for a while, by everybody") {
  Office office;
  SmtpOptions options = office.options("plain", Tls::none);
  options.port = 1;  // nobody listens there
  const auto notifier = make_smtp_notifier(options);
  CHECK_FALSE(told(notifier, office.notice()));
  office.admin = "somebody@else.example";
  CHECK_FALSE(told(notifier, office.notice()));
  CHECK(office.reports->count(Outcome::failed) == 1);
  office.clock->advance(1s);
  CHECK_FALSE(told(notifier, office.notice()));
  CHECK(office.reports->count(Outcome::failed) == 2);
}

TEST_CASE("smtp: a server that is silent, or not there, costs a deadline") {
  Office office;
  SmtpOptions options = office.options("silent", Tls::none);
  options.timeout = 300ms;
  CHECK_FALSE(told(make_smtp_notifier(options), office.notice()));
  options = office.options("silent", Tls::implicit);
  options.timeout = 300ms;
  CHECK_FALSE(told(make_smtp_notifier(options), office.notice()));
  options = office.options("plain", Tls::none);
  options.port = 1;
  CHECK_FALSE(told(make_smtp_notifier(options), office.notice()));
  CHECK(office.reports->count(Outcome::failed) == 3);
}

TEST_CASE("smtp: text of tenants becomes no header and no recipient") {
  Office office;
  SmtpOptions options = office.options("starttls", Tls::starttls);
  options.templates[NoticeKind::endpoint_paused] = {"About {tenant}", "{tenant}\n{type}\n"};
  const auto notifier = make_smtp_notifier(options);
  Notice notice = office.notice();
  notice.tenant = "x\r\nBcc: victim@example.com\r\n\r\n.\r\nMAIL FROM:<a@b.c> {type}";
  notice.type = "\r\n.\r\nQUIT\r\n";
  CHECK(told(notifier, notice));
  auto mail = office.server.next();
  REQUIRE(mail);
  CHECK((*mail)["header-names"] ==
        "date from to subject message-id auto-submitted mime-version content-type "
        "content-transfer-encoding");
  CHECK((*mail)["envelope-to"] == "admin@acme.example");
  CHECK_THAT((*mail)["subject"], Catch::Matchers::StartsWith("About x  Bcc: victim@example.com"));
  CHECK_THAT((*mail)["subject"], Catch::Matchers::EndsWith("{type}"));

  for (const std::string address :
       {"", "admin", "a@b.c\r\nRCPT TO:<d@e.f>", "a@b.c>,<d@e.f", "a@b.c,d@e.f", "a b@c.d",
        "\"a b\"@c.d", "a@b@c", "@c.d", "a@", "-a@b.c"}) {
    CAPTURE(address);
    office.admin = address;
    CHECK(told(notifier, office.notice()));
  }
  CHECK(office.reports->count(Outcome::no_recipient) == 11);
  CHECK(office.reports->count(Outcome::sent) == 1);
}

TEST_CASE("smtp: an endpoint that flaps fills no mailbox; a digest tells what was left out") {
  Office office;
  const auto notifier = make_smtp_notifier(office.options("starttls", Tls::starttls));
  Notice failing = office.notice(NoticeKind::endpoint_failing);
  Notice recovered = failing;
  recovered.kind = NoticeKind::endpoint_recovered;
  for (int i = 0; i < 50; ++i) {
    failing.at += 1s;
    recovered.at += 1s;
    CHECK(told(notifier, failing));
    CHECK(told(notifier, recovered));
  }
  CHECK(office.reports->count(Outcome::sent) == 5);
  CHECK(office.reports->count(Outcome::suppressed) == 95);
  for (int i = 0; i < 5; ++i) CHECK(office.server.next());

  office.admin = "somebody@else.example";
  failing.at += 1s;
  CHECK(told(notifier, failing));  // another mailbox is none of its business
  REQUIRE(office.server.next());

  office.clock->advance(1h);
  auto digest = office.server.next();
  REQUIRE(digest);
  CHECK((*digest)["to"] == "admin@acme.example");
  CHECK((*digest)["subject"] == "[HyperSnap] Webhooks: 95 more notices");
  CHECK_THAT((*digest)["text"], Catch::Matchers::Contains("95 were left out"));
  CHECK_THAT((*digest)["text"], Catch::Matchers::Contains("47 x endpoint_failing, endpoint " +
                                                          failing.endpoint.text()));
  CHECK_THAT((*digest)["text"], Catch::Matchers::Contains("48 x endpoint_recovered"));
}

TEST_CASE("smtp: HyperSnap's promise: the subscription pauses and the admin gets one mail") {
  Office office;
  dispatcher_test::World world;
  SmtpOptions options = office.options("starttls", Tls::starttls);
  options.clock = world.clock;
  options.recipient = {};  // whom the tenant has designated
  options.templates[NoticeKind::delivery_exhausted] = {"dead letter", "{delivery}"};
  const std::uint16_t right_port = options.port;
  const bool down_at_first = GENERATE(false, true);
  Options dispatcher_options = world.options();
  dispatcher_options.catalog = hypersnap::catalog();
  dispatcher_options.default_profile = "hypersnap";
  if (down_at_first) options.port = 1;
  dispatcher_options.observer = make_smtp_notifier(options);
  world.net->answer("a.example.com", {.status = 500});
  {
    Dispatcher dispatcher(std::move(dispatcher_options));
    CHECK(dispatcher.endpoints().configure("acme", {.notify = "admin@acme.example"}) ==
          EndpointOutcome::ok);
    dispatcher_test::subscribe(world, dispatcher, "acme",
                               dispatcher_test::spec_for("a.example.com"));
    dispatcher.publish("acme", hypersnap::LinkClickRegistered::sample());
    world.run(dispatcher, 8h);  // the last retry is after 7 h 12 min and a tenth at most
    if (down_at_first) CHECK(office.reports->count(Outcome::sent) == 0);
  }
  if (down_at_first) {  // the notices wait in the store
    options.port = right_port;
    Options again = world.options();
    again.catalog = hypersnap::catalog();
    again.observer = make_smtp_notifier(options);
    Dispatcher dispatcher(std::move(again));
    world.run(dispatcher, 1min);
  }
  int paused = 0;
  for (std::size_t i = 0; i < office.reports->count(Outcome::sent); ++i) {
    auto mail = office.server.next();
    REQUIRE(mail);
    CHECK((*mail)["to"] == "admin@acme.example");
    paused += (*mail)["subject"] == "[HyperSnap] Your webhook subscription is paused" ? 1 : 0;
  }
  CHECK(paused == 1);
}

TEST_CASE("smtp: options that can't work are refused, naming the field") {
  SmtpOptions good;
  good.server = "mail.example.com";
  good.from = "hooks@example.com";
  good.recipient = [](const Notice&) { return std::string("a@b.c"); };
  CHECK_NOTHROW(make_smtp_notifier(good));
  const auto refused = [&](const std::function<void(SmtpOptions&)>& change) {
    SmtpOptions options = good;
    change(options);
    try {
      (void)make_smtp_notifier(options);
      return std::string();
    } catch (const ConfigError& error) {
      return error.field();
    }
  };
  for (const std::string server : {"", "a b", "a/b", "a@b", "-a", "a\r\nb", "http://a"}) {
    CHECK(refused([&](SmtpOptions& o) { o.server = server; }) == "smtp.server");
  }
  CHECK(refused([](SmtpOptions& o) { o.server = "::1"; }).empty());
  CHECK(refused([](SmtpOptions& o) { o.port = 0; }) == "smtp.port");
  CHECK(refused([](SmtpOptions& o) { o.from = "nobody"; }) == "smtp.from");
  CHECK(refused([](SmtpOptions& o) { o.product.clear(); }) == "smtp.product");
  CHECK(refused([](SmtpOptions& o) { o.user = "hooks"; }) == "smtp.password");
  CHECK(refused([](SmtpOptions& o) { o.password = Secret("x"); }) == "smtp.password");
  CHECK(refused([](SmtpOptions& o) {
          o.user = "hooks";
          o.password = Secret("x");
          o.tls = Tls::none;
        }) == "smtp.tls");
  CHECK(refused([](SmtpOptions& o) { o.mails_max = 0; }) == "smtp.mails_max");
  CHECK(refused([](SmtpOptions& o) { o.mailboxes_max = 0; }) == "smtp.mailboxes_max");
  CHECK(refused([](SmtpOptions& o) { o.window = 0ms; }) == "smtp.window");
  CHECK(refused([](SmtpOptions& o) { o.timeout = -1ms; }) == "smtp.timeout");
  CHECK(refused([](SmtpOptions& o) { o.connect_max = 24h; }) == "smtp.connect_max");
  for (const std::string text : {"{tennant}", "{", "a {tenant", "{}"}) {
    CHECK(refused([&](SmtpOptions& o) {
            o.templates[NoticeKind::endpoint_paused] = {"subject", text};
          }) == "smtp.templates.endpoint_paused");
  }
}
