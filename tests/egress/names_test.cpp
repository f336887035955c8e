// Names as a hostile server answers for them, by way of the system's own resolver.

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "egress/scene.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

std::vector<std::string> thousand_addresses() {
  std::vector<std::string> addresses;
  for (int i = 0; i < 1000; ++i) {
    addresses.push_back("8.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  }
  return addresses;
}

std::shared_ptr<Resolver> resolver(const ResolverOptions& options = {}) {
  return make_system_resolver(options);
}

Resolution resolve(Resolver& names, const std::string& host) {
  std::promise<Resolution> promise;
  names.resolve(host, in(5s), [&](Resolution answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

}  // namespace

TEST_CASE("of a thousand addresses a few are kept, and two at most tried") {
  Scene scene;
  scene.dns->set("many.example.com", thousand_addresses());
  const auto names = resolver();
  CHECK(resolve(*names, "many.example.com").addresses.size() == 64);
  CHECK(scene.dns->asked_over_tcp() > 0);

  const auto transport = scene.transport();
  const Completion completion = send(*transport, to("https://many.example.com/"));
  CHECK(completion.status == 200);
  CHECK(scene.syns.take() == Scene::Counts{{completion.address + ":443", 1}});
  CHECK(scene.outer->requests().size() == 1);
}

TEST_CASE("one inner address among a thousand is enough") {
  const std::string inner = GENERATE(as<std::string>{}, "10.0.0.5", "127.0.0.1", "169.254.169.254");
  Scene scene;
  std::vector<std::string> addresses = thousand_addresses();
  addresses.push_back(inner);
  scene.dns->set("many.example.com", addresses);
  const auto transport = scene.transport();
  CHECK(send(*transport, to("https://many.example.com/")).fault == Fault::blocked);
  CHECK(scene.syns.take() == nothing);
}

TEST_CASE("a name is asked for once by however many, and not by libcurl") {
  Scene scene;
  scene.dns->set("hook.example.com", {"93.184.216.34"});
  const auto transport = scene.transport(EgressPolicy::production(), ResolverOptions{});
  for (RequestId id = 1; id <= 50; ++id) transport->start(id, to("https://hook.example.com/"));
  for (const Completion& completion : poll_for(*transport, 50)) CHECK(completion.status == 200);
  for (int i = 0; i < 10; ++i) {
    CHECK(send(*transport, to("https://hook.example.com/")).status == 200);
  }
  CHECK(scene.dns->asked("hook.example.com") == 1);
}

TEST_CASE("a name that does not exist is remembered for a while, one that fails is asked again") {
  Scene scene;
  const auto transport = scene.transport(EgressPolicy::production(), ResolverOptions{});
  for (int i = 0; i < 5; ++i) {
    CHECK(send(*transport, to("https://nothing.example.com/")).fault == Fault::name_not_resolved);
  }
  CHECK(scene.dns->asked("nothing.example.com") == 1);

  // A name without addresses of its own is no better.
  scene.dns->set("empty.example.com", DnsName{.lookups = {{}}});
  CHECK(send(*transport, to("https://empty.example.com/")).fault == Fault::name_not_resolved);
  CHECK(scene.syns.take() == nothing);
}

TEST_CASE("a name server that fails altogether is not the endpoint's fault") {
  Scene scene;
  scene.dns->set("hook.example.com", DnsName{.rcode = 2});
  const auto transport = scene.transport();
  CHECK(send(*transport, to("https://hook.example.com/")).fault == Fault::resolver_down);
  scene.dns->set("good.example.com", {"93.184.216.34"});
  CHECK(send(*transport, to("https://good.example.com/")).status == 200);
  CHECK(send(*transport, to("https://hook.example.com/")).fault == Fault::name_not_resolved);
}

TEST_CASE("localhost is what the system says, not what libcurl would answer by itself") {
  Scene scene;
  const EgressPolicy development = EgressPolicy::development();
  const auto transport = scene.transport(development);
  for (const std::string host : {"localhost", "hook.localhost"}) {
    INFO(host);
    scene.dns->set(host, {"93.184.216.34"});
    const std::string url = "http://" + host + ":8080/";
    CHECK(send(*transport, to(url, development)).address == "93.184.216.34");
    CHECK(scene.syns.take() == Scene::Counts{{"93.184.216.34:8080", 1}});
  }
  CHECK(scene.plain->requests().size() == 2);

  // And under the production policy neither is a name.
  const auto strict = scene.transport();
  CHECK(send(*strict, to("https://hook.localhost/", development)).fault == Fault::blocked);
  CHECK(scene.syns.take() == nothing);
}

TEST_CASE("a name may move among public addresses at every lookup, and is reached where it is") {
  Scene scene;
  DnsName moving;
  for (int i = 0; i < 20; ++i) {
    moving.lookups.push_back({IpAddress::parse(i % 2 == 0 ? "93.184.216.34" : "8.8.8.8").value()});
  }
  scene.dns->set("moving.example.com", moving);
  const auto transport = scene.transport();
  for (int i = 0; i < 20; ++i) {
    CHECK(send(*transport, to("https://moving.example.com/")).address ==
          (i % 2 == 0 ? "93.184.216.34" : "8.8.8.8"));
  }
  CHECK(scene.syns.take() == Scene::Counts{{"93.184.216.34:443", 1}, {"8.8.8.8:443", 1}});
}

TEST_CASE("IPv6 is reached by production, and DNS64 where it is allowed") {
  Scene scene;
  scene.dns->set("six.example.com", {"2606:4700:4700::1111"});
  const auto transport = scene.transport();
  CHECK(send(*transport, to("https://six.example.com/")).address == "2606:4700:4700::1111");
  CHECK(scene.syns.take() == Scene::Counts{{"[2606:4700:4700::1111]:443", 1}});

  EgressPolicy dns64 = EgressPolicy::production();
  dns64.allow_dns64 = true;
  const auto translated = scene.transport(dns64);
  scene.dns->set("public.example.com", {"64:ff9b::808:808"});
  CHECK(send(*transport, to("https://public.example.com/")).fault == Fault::blocked);
  CHECK(send(*translated, to("https://public.example.com/")).status == 200);
  CHECK(scene.syns.take() == Scene::Counts{{"[64:ff9b::808:808]:443", 1}});
  for (const char* inner :
       {"64:ff9b::a00:5", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::b00:1"}) {
    INFO(inner);
    scene.dns->set("inner.example.com", {inner});
    CHECK(send(*translated, to("https://inner.example.com/")).fault == Fault::blocked);
  }
  CHECK(scene.syns.take() == nothing);
}
