#include "secrets/scene.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "hookwright/error.hpp"
#include "hookwright/hookwright.hpp"
#include "hookwright/stores/sqlite.hpp"
#include "hookwright/transports/curl.hpp"
#include "secrets/console.hpp"
#include "support/receiver.hpp"
#include "support/scripted_resolver.hpp"

namespace secrets_test {
namespace {

using namespace hookwright;
using namespace std::chrono_literals;
using testing::OnAccept;
using testing::Received;
using testing::Receiver;
using testing::ReceiverOptions;
using testing::Reply;

constexpr std::string_view secret_text = "whsec_planted_4711_in_the_open_field";
constexpr std::string_view standard_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view ed25519_seed = "planted, 32 bytes of a seed 4711";
constexpr std::string_view sealing_text = "cGxhbnRlZCwgMzIgYnl0ZXMgb2YgYSBzZWFsIDQ3MTE=";

struct Numbered {
  static constexpr std::string_view event_type = "test.numbered";
  std::int64_t n = 0;
  void fields(auto& f) const { f("n", n); }
};

// All that is said, from whatever thread.
class Log {
 public:
  template <class... Texts>
  void note(const std::string& way, const Texts&... texts) {
    const std::lock_guard lock(mutex_);
    std::string& all = written_[way];
    ((all.append(texts), all += '\n'), ...);
  }
  Written take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(written_, {});
  }

 private:
  std::mutex mutex_;
  Written written_;
};

class Listener final : public Observer {
 public:
  explicit Listener(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  void attempt(const AttemptReport& report) override {
    log_->note("reports", report.tenant, report.type, report.address, report.detail,
               report.attempt.excerpt);
  }
  void notice(const Notice& notice) override {
    log_->note("notices", to_string(notice.kind), notice.tenant, notice.type);
    const std::lock_guard lock(mutex_);
    if (notice.kind == NoticeKind::delivery_exhausted) ++exhausted_;
    changed_.notify_all();
  }
  void lost(const LostEvent& event) override { log_->note("troubles", event.tenant, event.why); }
  void store_trouble(const std::string& what) override { log_->note("troubles", what); }

  bool wait_for_exhausted(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] { return exhausted_ >= count; });
  }

 private:
  std::shared_ptr<Log> log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t exhausted_ = 0;
};

class LeakyKey final : public SigningKey {
 public:
  LeakyKey(std::unique_ptr<SigningKey> key, Secret secret, Leak leak)
      : key_(std::move(key)), secret_(std::move(secret)), leak_(leak) {}
  void sign(const Outgoing& outgoing, std::vector<Header>& headers) override {
    key_->sign(outgoing, headers);
    if (leak_ == Leak::printed) std::cerr << secret_.reveal() << '\n';
    if (leak_ == Leak::sent) headers.push_back({"X-Key", std::string(secret_.reveal())});
  }

 private:
  std::unique_ptr<SigningKey> key_;
  Secret secret_;
  Leak leak_;
};

class LeakySigner final : public Signer {
 public:
  explicit LeakySigner(Leak leak) : leak_(leak) {}
  std::unique_ptr<SigningKey> prepare(const WireFormat& wire, std::span<const Secret> secrets,
                                      const Secret* standard) override {
    const std::string secret(secrets.front().reveal());
    if (leak_ == Leak::thrown && wire.signature_header.find("Second") != std::string::npos) {
      throw ConfigError("endpoint.secret", "is not liked", secret);
    }
    return std::make_unique<LeakyKey>(signer_->prepare(wire, secrets, standard), secrets.front(),
                                      leak_);
  }

 private:
  std::unique_ptr<Signer> signer_ = make_openssl_signer();
  Leak leak_;
};

// Tells more than it should.
class LeakyTransport final : public Transport {
 public:
  explicit LeakyTransport(std::unique_ptr<Transport> transport)
      : transport_(std::move(transport)) {}
  void start(RequestId id, Request&& request) override {
    transport_->start(id, std::move(request));
  }
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    transport_->poll(until, out);
    for (Completion& completion : out) completion.detail += secret_text;
  }
  void cancel(RequestId id) override { transport_->cancel(id); }
  void wake() override { transport_->wake(); }

 private:
  std::unique_ptr<Transport> transport_;
};

Reply echo(const Received& received) {
  Reply reply = testing::answer(500, received.head + received.body);
  return reply;
}

// What may happen to a request, each to one name.
class Receivers {
 public:
  explicit Receivers(std::shared_ptr<Log> log) : log_(std::move(log)) {
    add("good", &good_);
    add("echoes", &good_, echo);
    add("plain", nullptr, echo);
    add("gone", &good_, [](const Received&) { return testing::answer(410); });
    add("redirects", &good_, [](const Received&) {
      return testing::answer(307, "", "Location: https://127.0.0.1:1/elsewhere\r\n");
    });
    add("closes", &good_, [](const Received&) { return Reply{"", Reply::Then::close}; });
    add("resets", &good_, [](const Received&) { return Reply{"HTTP/1.1", Reply::Then::reset}; });
    add("garbage", &good_, [](const Received& received) {
      return Reply{received.head + "\r\n\r\n", Reply::Then::close};
    });
    add("stalls", &good_, [](const Received&) { return Reply{"", Reply::Then::stall}; });
    add("expired", &expired_);
    add("other", &other_);
    add("unknown", &unknown_);
    for (const OnAccept what : {OnAccept::close, OnAccept::reset}) {
      ReceiverOptions options;
      options.identity = &good_;
      options.on_accept = [what](std::size_t) { return what; };
      add(what == OnAccept::close ? "unkind" : "unkinder", std::move(options));
    }
    ReceiverOptions options;
    options.identity = &good_;
    options.outburst = Reply{std::string(500, 'g'), Reply::Then::close};
    add("outbursts", std::move(options));
    urls_.emplace_back("https://refused.test:1/hook");
    urls_.emplace_back("https://blocked.test/hook");
    urls_.emplace_back("https://nowhere.test/hook");
    resolver->set("refused.test", {"127.0.0.1"});
    resolver->set("blocked.test", {"127.0.0.9"});
  }

  // Those whose deliveries end as dead letters: all but the good one.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }
  [[nodiscard]] const std::string& ca_file() const { return trusted_.path(); }

  void note_requests() const {
    for (const auto& receiver : receivers_) {
      for (const Received& received : receiver->requests()) {
        log_->note("wire", received.head, received.body);
      }
    }
  }

  std::shared_ptr<testing::ScriptedResolver> resolver =
      std::make_shared<testing::ScriptedResolver>();

 private:
  void add(const std::string& name, const testing::Identity* identity,
           std::function<Reply(const Received&)> reply = {}) {
    ReceiverOptions options;
    options.identity = identity;
    options.reply = std::move(reply);
    add(name, std::move(options));
  }
  void add(const std::string& name, ReceiverOptions options) {
    receivers_.push_back(std::make_unique<Receiver>(std::move(options)));
    urls_.push_back(receivers_.back()->url("/hook", name + ".test"));
    resolver->set(name + ".test", {"127.0.0.1"});
  }

  std::shared_ptr<Log> log_;
  testing::Authority authority_{};
  testing::Authority stranger_{};
  testing::TemporaryFile trusted_{authority_.certificate()};
  std::vector<std::string> names_ = {"good.test",     "echoes.test",   "gone.test",
                                     "closes.test",   "resets.test",   "redirects.test",
                                     "garbage.test",  "stalls.test",   "unkind.test",
                                     "unkinder.test", "outbursts.test"};
  testing::Identity good_ = authority_.issue(names_);
  testing::Identity expired_ = authority_.issue({"expired.test"}, true);
  testing::Identity other_ = authority_.issue({"another.test"});
  testing::Identity unknown_ = stranger_.issue({"unknown.test"});
  std::vector<std::unique_ptr<Receiver>> receivers_{};
  std::vector<std::string> urls_{};
};

// A folder of its own, gone with it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hookwright-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string database() const { return (path / "webhooks.db").string(); }
  void note_files(Log& log) const {
    for (const auto& file : std::filesystem::directory_iterator(path)) {
      std::ifstream in(file.path(), std::ios::binary);
      log.note("store", std::string(std::istreambuf_iterator<char>(in), {}));
    }
  }

  std::filesystem::path path;
};

class Scene {
 public:
  Scene(std::shared_ptr<Log> log, Leak leak) : log_(std::move(log)), leak_(leak) {}

  void run() {
    {
      Dispatcher dispatcher(options());
      use(dispatcher);
      make_mistakes(dispatcher);
      attempt([&] { const Dispatcher second(options()); });  // the file is in use
      folder_.note_files(*log_);
      dispatcher.shutdown(5s);
    }
    receivers_.note_requests();
    for (const Sealing& other : {Sealing({{"other", Sealing::generate_key()}}), Sealing::none()}) {
      Options lost = options();
      lost.sealing = other;
      if (leak_ != Leak::stored_in_the_clear)
        attempt([&] { const Dispatcher other_keys(std::move(lost)); });
    }
    attempt([] { const Sealing sealing({{"a", Secret(secret_text)}}); });
    attempt([] { const Sealing sealing({{"a b", Secret(sealing_text)}}); });
    attempt([] { const Secret endless(std::string(2'000, 'a') + std::string(secret_text)); });
    folder_.note_files(*log_);
  }

 private:
  // Five requests to each, then it is given up.
  static constexpr int events = 2;

  Options options() {
    Profile profile = profiles::branded("Planted");
    profile.policy.retries = {5ms, 5ms};
    profile.policy.deadline = 400ms;
    Profile second = profiles::branded("Second");
    Options options;
    options.store = make_sqlite_store({.path = folder_.database()});
    options.sealing = leak_ == Leak::stored_in_the_clear
                          ? Sealing::none()
                          : Sealing({{"first", Secret(sealing_text)}});
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {profile, second};
    options.default_profile = profile.name;
    options.egress = EgressPolicy::development();
    options.egress.deny = {AddressRange("127.0.0.9/32")};
    options.observer = listener_;
    options.signer = std::make_unique<LeakySigner>(leak_);
    options.limits.breaker_after = 0;
    options.transport = [this](const EgressPolicy& egress) -> std::unique_ptr<Transport> {
      auto transport = make_curl_transport(
          {.egress = egress, .resolver = receivers_.resolver, .ca_file = receivers_.ca_file()});
      if (leak_ != Leak::told_to_the_operator) return transport;
      return std::make_unique<LeakyTransport>(std::move(transport));
    };
    return options;
  }

  static EndpointSpec spec_for(const std::string& url) {
    EndpointSpec spec;
    spec.url = url;
    spec.events = {"*"};
    spec.secret = Secret(secret_text);
    spec.standard_secret = Secret(standard_text);
    return spec;
  }

  void use(Dispatcher& dispatcher) {
    Endpoints& endpoints = dispatcher.endpoints();
    std::vector<EndpointId> ids;
    for (const std::string& url : receivers_.urls()) {
      const EndpointResult made = endpoints.create("acme", spec_for(url));
      if (!made.ok()) throw std::runtime_error("no endpoint for " + url);
      ids.push_back(made.endpoint.id);
    }
    for (int n = 0; n < events; ++n) dispatcher.publish("acme", Numbered{.n = n}).wait(10s);
    if (!listener_->wait_for_exhausted(events * (receivers_.urls().size() - 1))) {
      throw std::runtime_error("the deliveries do not end");
    }
    for (const EndpointId id : ids) {
      for (const Attempt& attempt : endpoints.attempts("acme", id).rows) {
        log_->note("attempts", to_string(attempt.fault), attempt.excerpt,
                   tenant_view(attempt).word);
      }
      for (const DeadLetter& dead : endpoints.dead_letters("acme", id).rows) {
        log_->note("attempts", dead.event.body, dead.event.type, dead.event.tenant);
      }
      const Explanation explanation =
          endpoints.explain("acme", id, encode(Numbered{.n = 9}, TimePoint{}));
      log_->note("explanations", explanation.why, explanation.url, explanation.body);
      for (const Header& header : explanation.headers) {
        log_->note("explanations", header.name, header.value);
      }
    }
    log_->note("metrics", prometheus_text(dispatcher.metrics(), {{"host", "planted"}}));
  }

  template <class Call>
  void attempt(Call call) {
    try {
      call();
      log_->note("errors", "none");
    } catch (const std::exception& error) {
      log_->note("errors", error.what());
    }
  }

  void make_mistakes(Dispatcher& dispatcher) {
    const auto mistake = [&](auto change) {
      attempt([&] {
        EndpointSpec spec = spec_for("https://good.test/");
        change(spec);
        const auto result = dispatcher.endpoints().create("acme", spec);
        log_->note("errors", to_string(result.outcome));
      });
    };
    const std::string seed(ed25519_seed);
    mistake([](EndpointSpec& s) { s.url = "nonsense"; });
    mistake([](EndpointSpec& s) { s.profile = "nonsense"; });
    mistake([](EndpointSpec& s) { s.events = {"nonsense..*"}; });
    mistake([](EndpointSpec& s) { s.secret = Secret("planted too"); });
    mistake([](EndpointSpec& s) { s.profile = "second"; });
    mistake([](EndpointSpec& s) { s.standard_secret = Secret(secret_text); });
    mistake([&](EndpointSpec& s) { s.standard_secret = Secret("whsk_" + seed); });
    mistake([&](EndpointSpec& s) {
      s.profile = "standard_webhooks";
      s.secret = Secret(secret_text);
    });
    mistake([](EndpointSpec& s) { s.headers = {{"Host", std::string(secret_text)}}; });
    mistake([](EndpointSpec& s) { s.headers = {{"X-A", std::string(secret_text) + "\r\n"}}; });
    mistake([](EndpointSpec& s) { s.headers = {{"X-A", std::string(2'000, 'a')}}; });
    mistake([](EndpointSpec& s) { s.description = std::string(5'000, 'a'); });
    attempt([&] { dispatcher.publish("acme", DynamicEvent{"no.such.type", "{}"}); });
    attempt([&] { dispatcher.publish(std::string(500, 't'), Numbered{}); });
    log_->note("troubles", "none so far");
  }

  std::shared_ptr<Log> log_;
  Leak leak_;
  Receivers receivers_{log_};
  Folder folder_{};
  std::shared_ptr<Listener> listener_ = std::make_shared<Listener>(log_);
};

}  // namespace

Written play(Leak leak) {
  const auto log = std::make_shared<Log>();
  Console console;
  Scene(log, leak).run();
  log->note("console", console.taken());
  Written written = log->take();
  if (written["console"] == "\n") written["console"].clear();
  return written;
}

std::vector<std::string> planted() {
  std::vector<std::string> all;
  for (const std::string_view text : {secret_text, standard_text}) {
    all.emplace_back(text);
    all.emplace_back(text.substr(6));
  }
  for (const std::string_view text : {ed25519_seed, sealing_text}) all.emplace_back(text);
  all.emplace_back("planted, 32 bytes of a seal 4711");
  all.emplace_back("planted too");
  return all;
}

}  // namespace secrets_test
