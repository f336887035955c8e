// From publish to receive at fixed rates, durable and not: what the store adds is one fdatasync.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "bench/contestants.hpp"
#include "bench/roles.hpp"
#include "bench/subject.hpp"

namespace bench {

// Arguments: file=, times=, rate= (a second; 0: one after the other). Answers p50_us of 4 KiB
// written in place, as a log is, and fdatasync. A disk and a core that rest between two take longer
// for each than those that don't.
void sync_file(const Arguments& arguments) {
  const int fd = open(text(arguments, "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::array<char, 4'096> block{};
  constexpr int blocks = 256;
  const auto write_to = [&](int number) {
    [[maybe_unused]] const ssize_t written =
        pwrite(fd, block.data(), block.size(), number % blocks * off_t{block.size()});
    fdatasync(fd);
  };
  for (int i = 0; i < blocks; ++i) write_to(i);
  const double rate = number(arguments, "rate", 0);
  std::vector<double> times;
  double due = now_seconds();
  for (int i = 0; i < static_cast<int>(number(arguments, "times", 200)); ++i) {
    if (rate > 0) sleep_seconds((due += 1 / rate) - now_seconds());
    const double start = now_seconds();
    write_to(i);
    times.push_back((now_seconds() - start) * 1e6);
  }
  close(fd);
  print({{"p50_us", median(times)}});
}

void latency(const Settings& settings, Report& report) {
  Process receiver("receiver", {}, receiver_core());
  const std::string port = std::to_string(static_cast<int>(receiver.read().at("port")));
  Settings longer = settings;
  longer.seconds = settings.seconds * 2;
  std::vector<Contestant> contestants;
  for (const std::string rate : {"100", "1000", "5000"}) {
    for (const std::string store : {"sqlite", "memory"}) {
      contestants.push_back({store + ", " + rate + "/s", [&, rate, store] {
                               return measure_sender(
                                   longer, receiver,
                                   {{"port", port}, {"store", store}, {"rate", rate}},
                                   sender_core());
                             }});
    }
  }
  const std::string synced = "fdatasync, 1000/s";
  for (const auto& [name, rate] : {std::pair(synced, "1000"), {"fdatasync, no pause", "0"}}) {
    contestants.push_back(
        {name, [&, rate = rate] {
           const Database file(settings);
           return run("fdatasync", {{"file", file.path()}, {"rate", rate}}, sender_core());
         }});
  }
  const Rounds rounds(settings, contestants);
  report.table("latency", rounds,
               {"p50_us", "p99_us", "max_us", "rate", "cpu_us", "commits", "failed"});
  const std::string stored = "sqlite, 1000/s";
  const std::string not_stored = "memory, 1000/s";
  report.bar("latency: p50 at 1,000/s less that without a store, in fdatasyncs at 1,000/s",
             rounds.median_of([&](const Rounds::Get& get) {
               return (get(stored, "p50_us") - get(not_stored, "p50_us")) / get(synced, "p50_us");
             }),
             Bound::at_most, 1.3, 1.0);
  report.bar("latency: ms, p99 at 1,000/s", rounds.median(stored, "p99_us") / 1e3, Bound::at_most,
             5, 3 * rounds.median(stored, "p50_us") / 1e3);
  report.bar("latency: CPU at 1,000/s, with the store / without",
             rounds.ratio(stored, not_stored, "cpu_us"), Bound::at_most, 1.7, 1.3);
}

}  // namespace bench
