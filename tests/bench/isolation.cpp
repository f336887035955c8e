// Healthy endpoints at a fixed rate, beside endpoints that hang for their whole deadline, and
// beside one with a great many rows due.
#include "bench/contestants.hpp"

namespace bench {

void isolation(const Settings& settings, Report& report) {
  const int hanging = settings.smoke ? 20 : 1'000;
  const std::string rows = settings.smoke ? "1000" : settings.quick ? "100000" : "1000000";
  Process receiver("receiver", {{"ports", std::to_string(hanging + 10)}}, receiver_core());
  const int port = static_cast<int>(receiver.read().at("port"));
  Settings longer = settings;
  longer.seconds = settings.seconds * 2;
  const Arguments healthy = {{"port", std::to_string(port)},
                             {"kind", "ports"},
                             {"count", "10"},
                             {"rate", "500"},
                             {"in_flight", "8"},  // what a policy has unless it says otherwise
                             {"deadline", settings.smoke ? "0.2" : "3"},
                             {"warm", settings.smoke ? "0" : "0.2"}};
  const auto with = [&](const Arguments& more) {
    return [&, more] {
      Arguments arguments = healthy;
      for (const auto& [name, value] : more) arguments[name] = value;
      return measure_sender(longer, receiver, arguments, sender_core());
    };
  };
  const std::string sick_port = std::to_string(port + 10);
  const Arguments sick = {{"sick", std::to_string(hanging)}, {"sick_port", sick_port}};
  const std::string alone = "healthy alone";
  const std::string first = std::to_string(hanging) + " that begin to hang";
  const std::string later = std::to_string(hanging) + " that hang";
  const std::string full = rows + " rows due at one";
  Arguments settled = sick;
  settled["warm"] = settings.smoke ? "0.2" : "12";
  const Rounds rounds(settings, {{alone, with({})},
                                 {first, with(sick)},
                                 {later, with(settled)},
                                 {full, with({{"backlog", rows}, {"sick_port", sick_port}})}});
  report.table("isolation", rounds,
               {"p50_us", "p99_us", "max_us", "rate", "count", "in_flight", "failed", "rss_mib"},
               alone);
  for (const std::string& name : {first, later, full}) {
    report.bar("isolation: healthy p99, " + name + " / alone", rounds.ratio(name, alone, "p99_us"),
               Bound::at_most, 1.2, 1.05);
  }
}

}  // namespace bench
