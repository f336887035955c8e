#include "crash/child.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include "crash/armed_store.hpp"
#include "crash/armed_transport.hpp"
#include "crash/journal.hpp"
#include "crash/plan.hpp"
#include "crash/store_under_fire.hpp"
#include "hookwright/dispatcher.hpp"
#include "hookwright/transports/curl.hpp"

namespace hookwright::crash {
namespace {

using namespace std::chrono_literals;

constexpr unsigned longest_life_s = 60;
constexpr auto drain_at_most = 30s;
constexpr std::size_t burst_max = 64;        // events published at once
constexpr std::size_t plenty = 2'500;        // deliveries in memory, from which on publishing waits
constexpr std::int64_t numbers = 1'000'000;  // of one process

struct Teller final : Observer {
  explicit Teller(const Journal& to) : journal(to) {}
  void notice(const Notice& notice) override {
    journal.write("N " + std::to_string(static_cast<int>(notice.kind)) + ' ' +
                  notice.endpoint.text() + ' ' + notice.delivery.text() + '\n');
  }
  void store_trouble(const std::string& what) override { journal.write("T " + what + '\n'); }
  const Journal& journal;
};

// Never answers.
struct DeadEnd final : Transport {
  void start(RequestId /*id*/, Request&& /*request*/) override {}
  void poll(SteadyTime until, std::vector<Completion>& /*out*/) override {
    while (!woken.exchange(false) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(200us);
  }
  void cancel(RequestId /*id*/) override {}
  void wake() override { woken = true; }
  std::atomic<bool> woken{false};
};

class Child {
 public:
  explicit Child(const Orders& orders)
      : orders_(orders),
        fuse_(orders.point, orders.nth),
        journal_(journal_of(orders)),
        fire_(make_store_under_fire(orders.store, orders.folder)) {}

  int run() {
    if (!fire_) return 2;
    doing_.opening = true;  // its file is made, or carried over, before open() is called
    auto store =
        std::make_unique<ArmedStore>(fire_->open(fuse_, doing_), fuse_, doing_, orders_.mutation);
    dispatcher_ = std::make_unique<Dispatcher>(options(std::move(store)));
    take_part();
    publish_again();
    switch (orders_.role) {
      case Role::storm:
      case Role::close:
        publish();
        break;
      case Role::drain:
        wait_for_all();
        break;
      case Role::fill:
        fill();
        break;
    }
    draining_ = true;
    const bool complete =
        dispatcher_->shutdown(orders_.role == Role::close ? 100ms : 5'000ms).complete;
    dispatcher_.reset();
    if (orders_.role == Role::drain && complete) journal_.write("D\n");
    return 0;
  }

 private:
  Options options(std::unique_ptr<Store> store) {
    Options options;
    options.store = std::move(store);
    options.sealing = Sealing::none();
    options.catalog = Catalog::of<Numbered>();
    options.profiles = {profile_of(Kind::failing), profile_of(Kind::pausing),
                        profile_of(Kind::disabling)};
    options.default_profile = "crash-failing";
    options.egress = EgressPolicy::development();
    options.observer = std::make_shared<Teller>(journal_);
    options.threads = 1 + orders_.seed % 2;
    options.seed = 0;
    options.user_agent = "crash/" + std::to_string(orders_.process);
    options.limits.in_flight_max = orders_.in_flight;
    options.limits.host_in_flight_max = orders_.in_flight;
    options.limits.tenant_share_max = 1.0;
    options.limits.unsettled_max = orders_.unsettled;
    options.transport = [this](const EgressPolicy& egress) -> std::unique_ptr<Transport> {
      if (orders_.role == Role::fill) return std::make_unique<DeadEnd>();
      CurlTransportOptions curl;
      curl.egress = egress;
      return std::make_unique<ArmedTransport>(make_curl_transport(std::move(curl)), fuse_,
                                              orders_.mutation, draining_);
    };
    return options;
  }

  // Every endpoint exists and is active from here on.
  void take_part() {
    for (int i = 0; i < tenants * endpoints_each; ++i) {
      const std::string tenant = tenant_of(i / endpoints_each);
      const std::string uid = "e" + std::to_string(i);
      Endpoints& endpoints = dispatcher_->endpoints();
      if (!endpoints.find_uid(tenant, uid)) {
        const EndpointSpec spec = spec_of(i, 0);
        expect(endpoints.create(tenant, spec).ok(), "an endpoint can't be created");
      }
      auto endpoint = endpoints.find_uid(tenant, uid);
      expect(endpoint.has_value(), "an endpoint is not found");
      if (endpoint->status != Status::active)
        expect(endpoints.enable(tenant, endpoint->id).ok(), "an endpoint can't be enabled");
      const std::string secret(endpoint->secrets.front().reveal());
      generations_.at(static_cast<std::size_t>(i)) =
          std::stoi(secret.substr(secret.rfind('-') + 1));
      ids_.push_back(endpoint->id);
      journal_.write("E " + std::to_string(i) + ' ' + endpoint->id.text() + ' ' +
                     std::to_string(generations_.at(static_cast<std::size_t>(i))) + '\n');
    }
  }

  EndpointSpec spec_of(int endpoint, int generation) const {
    EndpointSpec spec;
    const std::string uid = "e" + std::to_string(endpoint);
    spec.url = "http://127.0.0.1:" + std::to_string(orders_.port) + "/" + uid;
    spec.events = {"*"};
    spec.secret = Secret(secret_of(endpoint, generation));
    spec.profile = profile_of(kind_of(endpoint)).name;
    spec.uid = uid;
    return spec;
  }

  void publish_event(std::int64_t n, const EventId& id, TimePoint at) {
    EncodedEvent event = encode(Numbered{.n = n, .text = text_of(n)}, at, {.id = id});
    const Receipt receipt = dispatcher_->publish(tenant_of(n), std::move(event));
    if (!receipt.queued()) {
      journal_.write("X " + std::to_string(n) + '\n');
      return;
    }
    receipt.on_stored([this, n](Stored stored) {
      journal_.write((stored == Stored::no ? "X " : "A ") + std::to_string(n) + '\n');
    });
    last_ = receipt;
  }

  // What the processes before had queued and heard nothing of: with the same ids it is stored once,
  // whether or not it was.
  void publish_again() {
    std::ifstream file(again_of(orders_));
    std::int64_t n = 0;
    std::string id;
    std::int64_t at = 0;
    while (file >> n >> id >> at) {
      publish_event(n, EventId::parse(id).value(), TimePoint(Duration(at)));
    }
    expect(last_.publication() != Publication::queued || last_.wait(20s) != Stored::pending,
           "a receipt stays open");
  }

  // Bursts, each durable before the next, for as long as there is room in memory.
  void publish() {
    std::mt19937_64 random(orders_.seed);
    IdGenerator ids;
    std::int64_t n = orders_.process * numbers;
    const std::int64_t end = orders_.events == 0 ? n + numbers : n + orders_.events;
    while (n < end) {
      const auto at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
      std::vector<EventId> burst(1 + random() % burst_max);
      std::string lines;
      for (std::size_t i = 0; i < burst.size(); ++i) {
        burst[i] = ids.next<EventId>(at);
        lines += "Q " + std::to_string(n + static_cast<std::int64_t>(i)) + ' ' + burst[i].text() +
                 ' ' + std::to_string(at.time_since_epoch().count()) + '\n';
      }
      journal_.write(lines);
      for (const EventId& id : burst) publish_event(n++, id, at);
      last_.wait(10s);
      if (random() % (fuse_.armed_for(Point::rotation) ? 2 : 8) == 0) rotate(random);
      while (dispatcher_->metrics().in_memory > plenty) std::this_thread::sleep_for(500us);
    }
  }

  void rotate(std::mt19937_64& random) {
    const int i = static_cast<int>(random() % ids_.size());
    const std::string said =
        std::to_string(i) + ' ' + std::to_string(++generations_.at(static_cast<std::size_t>(i)));
    journal_.write("R " + said + '\n');
    const EndpointResult result = dispatcher_->endpoints().update(
        tenant_of(i / endpoints_each), ids_.at(static_cast<std::size_t>(i)),
        spec_of(i, generations_.at(static_cast<std::size_t>(i))));
    // Another outcome may have changed the endpoint meanwhile: then it is tried another time.
    journal_.write((result.ok() ? "S " : "U ") + said + '\n');
    if (!result.ok()) --generations_.at(static_cast<std::size_t>(i));
  }

  void wait_for_all() {
    const auto give_up = std::chrono::steady_clock::now() + drain_at_most;
    Endpoints& endpoints = dispatcher_->endpoints();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const std::string tenant = tenant_of(static_cast<std::int64_t>(i) / endpoints_each);
      while (!endpoints.waiting(tenant, ids_[i], {}, 1).rows.empty()) {
        expect(std::chrono::steady_clock::now() < give_up, "not drained in time");
        std::this_thread::sleep_for(2ms);
      }
    }
  }

  void fill() {
    std::vector<Receipt> receipts;
    IdGenerator ids;
    for (std::int64_t n = 0; n < orders_.events / endpoints_each; ++n) {
      Receipt receipt = dispatcher_->publish("tenant-0", Numbered{.n = 3 * n, .text = "filling"});
      while (receipt.refusal() == Refusal::inbox_full) {
        last_.wait(10s);
        receipt = dispatcher_->publish("tenant-0", Numbered{.n = 3 * n, .text = "filling"});
      }
      last_ = receipt;
    }
    expect(last_.wait(30s) == Stored::yes, "the store can't be filled");
    ::kill(::getpid(), SIGKILL);
  }

  void expect(bool holds, const char* what) const {
    if (holds) return;
    journal_.write(std::string("! ") + what + '\n');
    ::_exit(4);
  }

  Orders orders_;
  Fuse fuse_;
  Doing doing_{};
  Journal journal_;
  std::unique_ptr<StoreUnderFire> fire_;
  std::atomic<bool> draining_{false};
  std::vector<EndpointId> ids_{};
  std::array<int, static_cast<std::size_t>(tenants* endpoints_each)> generations_{};
  Receipt last_{};
  std::unique_ptr<Dispatcher> dispatcher_{};
};

}  // namespace

std::string journal_of(const Orders& orders) {
  return orders.folder + "/journal-" + std::to_string(orders.process);
}

std::string again_of(const Orders& orders) {
  return orders.folder + "/again";
}

int run_child(const Orders& orders) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(longest_life_s);
  try {
    return Child(orders).run();
  } catch (const std::exception& error) {
    Journal(journal_of(orders)).write(std::string("! ") + error.what() + '\n');
    return 1;
  }
}

}  // namespace hookwright::crash
