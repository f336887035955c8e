// Durable delivery, saturated, to one endpoint: publish, SQLite, sign, HTTP/1.1, settle with an
// attempt row. Beside it the least that libcurl can do (bare.cpp), and what is written by hand.
#include "bench/contestants.hpp"

namespace bench {
namespace {

// What is fastest today.
Arguments fastest_bare(const Settings& settings, const Arguments& common) {
  Arguments best;
  double best_rate = 0;
  for (const char* mode : {"poll", "socket"}) {
    for (const char* inflight : {"16", "64", "256"}) {
      Arguments arguments = common;
      arguments["mode"] = mode;
      arguments["inflight"] = inflight;
      arguments["seconds"] = std::to_string(settings.seconds / 2);
      const double rate = run("bare", arguments, sender_core()).at("rate");
      if (rate <= best_rate) continue;
      best_rate = rate;
      best = arguments;
    }
  }
  return best;
}

}  // namespace

Values measure_sender(const Settings& settings, Process& receiver, Arguments arguments,
                      const Cores& cores) {
  const Database database(settings);
  arguments.emplace("file", database.path());
  arguments.emplace("transport", settings.transport);
  Process sender("sender", arguments, cores);
  sender.read();
  receiver.ask("reset");
  Values values = sender.ask("measure " + std::to_string(settings.seconds));
  values.merge(receiver.ask("stats"));
  return values;
}

void deliver(const Settings& settings, Report& report) {
  Process receiver("receiver", {}, receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  const std::string seconds = std::to_string(settings.seconds);
  const Arguments common = {{"url", "http://127.0.0.1:" + port + "/ok"}, {"seconds", seconds}};
  Arguments bare = fastest_bare(settings, common);
  bare["seconds"] = seconds;
  const std::string name = "bare libcurl, " + bare["mode"] + ", " + bare["inflight"] + " in flight";

  const auto ours = [&](Arguments arguments, const Cores& cores) {
    return [&, arguments, cores]() mutable {
      arguments["port"] = port;
      return measure_sender(settings, receiver, arguments, cores);
    };
  };
  const std::string one = "hookwright, one core";
  const std::string both = "hookwright, both cores";
  const std::string pool = "64 blocking threads";
  const Rounds rounds(
      settings,
      {{name, [&] { return run("bare", bare, sender_core()); }},
       {one, ours({}, sender_core())},
       {both, ours({}, all_cores())},
       {"hookwright on libcurl, one core", ours({{"transport", "curl"}}, sender_core())},
       {"hookwright on libcurl, both cores", ours({{"transport", "curl"}}, all_cores())},
       {"hookwright, one core, memory store", ours({{"store", "memory"}}, sender_core())},
       {"hookwright, one core, 8 in flight", ours({{"in_flight", "8"}}, sender_core())},
       {"hookwright, one core, inbox full", ours({{"window", "1000000000"}}, sender_core())},
       {pool, [&] { return run("blocking", common, sender_core()); }}});
  report.table("deliver", rounds, {"rate", "cpu_us", "rows", "receiver_cpu_us"}, name);
  report.bar("deliver: rate / bare, one core", rounds.ratio(one, name, "rate"), Bound::at_least,
             0.85, 0.95);
  report.bar("deliver: rate / bare, both cores", rounds.ratio(both, name, "rate"), Bound::at_least,
             0.95, 1.1);
  report.bar("deliver: CPU / bare", rounds.ratio(one, name, "cpu_us"), Bound::at_most, 1.25, 1.10);
  report.bar("deliver: CPU / 64 blocking threads", rounds.ratio(one, pool, "cpu_us"),
             Bound::at_most, 0.75, 0.60);
}

}  // namespace bench
