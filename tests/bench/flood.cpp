// Ten times as much as receivers take, for a while: memory stays, publish stays, and what has
// gathered is delivered at full speed as soon as the receivers let it.
#include <cmath>
#include <iostream>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"

namespace bench {
namespace {

constexpr int burst = 20;  // published at once

// Publishes at this rate; returns the CPU of a publish, in nanoseconds.
double publish_for(hookwright::Dispatcher& dispatcher, double rate, double seconds) {
  const double start = now_seconds();
  double cpu = 0;
  double count = 0;
  while (now_seconds() < start + seconds) {
    const double before = thread_cpu_seconds();
    for (int i = 0; i < burst; ++i) (void)dispatcher.publish(tenant_of(0), Sent::now());
    cpu += thread_cpu_seconds() - before;
    count += burst;
    const double due = start + count / rate;
    if (due > now_seconds()) sleep_seconds(due - now_seconds());
  }
  return cpu / count * 1e9;
}

}  // namespace

// Arguments: those of options_for() and urls_of(). Answers `ready`; to "flood <seconds>": ns,
// waiting, refused, rss_mib; to "drain <seconds>": rate, cpu_us.
void flooded(const Arguments& arguments) {
  hookwright::Dispatcher dispatcher(options_for(arguments));
  subscribe(dispatcher, urls_of(arguments));
  publish_for(dispatcher, 1'000, 0.2);
  print({{"ready", 1}});
  const double rss = resident_mib();
  double seconds = 0;
  for (std::string word; std::cin >> word >> seconds;) {
    if (word == "flood") {
      const double rate = number(arguments, "rate", 16'000);
      const double ns = publish_for(dispatcher, rate, seconds);
      const hookwright::Metrics after = dispatcher.metrics();
      print({{"ns", ns},
             {"waiting", static_cast<double>(after.stored - after.delivered)},
             {"in_memory", static_cast<double>(after.in_memory)},
             {"refused", static_cast<double>(after.refused)},
             {"failed", static_cast<double>(after.failed)},
             {"more_mib", resident_mib() - rss}});
    } else {
      const std::uint64_t before = dispatcher.metrics().delivered;
      const double cpu = cpu_seconds();
      const double start = now_seconds();
      while (now_seconds() < start + seconds &&
             dispatcher.metrics().delivered < dispatcher.metrics().stored)
        sleep_seconds(0.01);
      const auto count = static_cast<double>(dispatcher.metrics().delivered - before);
      print({{"rate", count / (now_seconds() - start)},
             {"cpu_us", (cpu_seconds() - cpu) / count * 1e6},
             {"more_mib", resident_mib() - rss}});
    }
  }
  dispatcher.shutdown(std::chrono::seconds(0));
}

void flood(const Settings& settings, Report& report) {
  Process receiver("receiver", {}, receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  const std::string during = "during the flood";
  const std::string after = "after it";
  // Eight in flight, five milliseconds each: a tenth of what is published.
  const Arguments arguments = {{"port", port}, {"in_flight", "8"}};
  std::unique_ptr<Database> database;
  std::unique_ptr<Process> sender;
  const double seconds = settings.seconds * 4;
  const std::string calm = "saturated, no flood";
  std::vector<Contestant> contestants = {
      {calm,
       [&] {
         Arguments calm_arguments = arguments;
         calm_arguments["in_flight"] = "8";
         return measure_sender(settings, receiver, calm_arguments, sender_core());
       }},
      {"flood and recovery", [&] {
         database = std::make_unique<Database>(settings);
         Arguments all = arguments;
         all["file"] = database->path();
         sender = std::make_unique<Process>("flooded", all, sender_core());
         sender->read();
         receiver.ask("delay 5");
         Values values = sender->ask("flood " + std::to_string(seconds));
         receiver.ask("delay 0");
         Values drained = sender->ask("drain " + std::to_string(seconds));
         sender.reset();
         values["rate"] = drained["rate"];
         values["cpu_us"] = drained["cpu_us"];
         return values;
       }}};
  const Rounds rounds(settings, contestants);
  report.table("flood", rounds,
               {"rate", "cpu_us", "ns", "waiting", "in_memory", "more_mib", "refused", "failed"},
               calm);
}

}  // namespace bench
