// One endpoint and very many: on ports of their own, on addresses of their own, and under names of
// their own that are all one address.
#include "bench/contestants.hpp"

namespace bench {
namespace {

// Ten thousand, or as many as the limit on open files has room for: on the receiver's side each has
// a listener and a connection, some have two, and half of the sender's are for connections.
int most_endpoints() {
  return static_cast<int>(std::min<std::size_t>(10'000, want_descriptors() * 2 / 5));
}

}  // namespace

void hosts(const Settings& settings, Report& report) {
  std::vector<int> counts =
      settings.smoke ? std::vector<int>{1, 10} : std::vector<int>{1, 100, 1'000};
  if (!settings.smoke && !settings.quick) counts.push_back(most_endpoints());
  Process receiver("receiver", {{"ports", std::to_string(counts.back())}}, receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  std::vector<Contestant> contestants;
  for (const int count : counts) {
    for (const std::string kind : {"ports", "addresses", "names"}) {
      if (count == 1 && kind == "addresses") continue;
      const std::string name = std::to_string(count) + ' ' + kind;
      contestants.push_back({name, [&, count, kind] {
                               Arguments arguments = {
                                   {"port", port},
                                   {"kind", kind},
                                   {"count", std::to_string(count)},
                                   {"connections", std::to_string(count + count / 4 + 100)},
                                   {"window", "4096"}};
                               if (kind == "names") arguments["names"] = "1";
                               // Until each has its connection: its second one, since that of a
                               // first delivery is not kept.
                               arguments["warm"] = std::to_string(count / 800.0);
                               return measure_sender(settings, receiver, arguments, sender_core());
                             }});
    }
    if (count > 1'000) continue;
    contestants.push_back({"bare libcurl, " + std::to_string(count) + " ports", [&, count] {
                             return run("bare",
                                        {{"url", "http://127.0.0.1:" + port + "/ok"},
                                         {"port", port},
                                         {"ports", std::to_string(count)},
                                         {"seconds", std::to_string(settings.seconds)}},
                                        sender_core());
                           }});
  }
  const Rounds rounds(settings, contestants);
  report.table("hosts", rounds, {"rate", "cpu_us", "connections", "rss_mib", "receiver_cpu_us"},
               "1 ports");
  if (!settings.smoke) {
    report.bar("hosts: CPU, 1,000 names on one address / one name",
               rounds.ratio("1000 names", "1 names", "cpu_us"), Bound::at_most, 1.6, 1.3);
  }
  if (counts.back() > 1'000) {
    const std::string most = std::to_string(counts.back());
    report.bar("hosts: CPU, " + most + " addresses / 1,000",
               rounds.ratio(most + " addresses", "1000 addresses", "cpu_us"), Bound::at_most, 1.25,
               1.1);
  }
}

}  // namespace bench
