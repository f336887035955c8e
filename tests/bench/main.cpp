#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <utility>

#include "bench/report.hpp"
#include "bench/roles.hpp"

namespace {

constexpr const char* usage =
    "usage: hookwright_bench [workload...] [options]\n"
    "\n"
    "Measures hookwright beside a baseline in the same run, round by round, and prints medians; a\n"
    "ratio is the median of the ratios within each round. Workloads (all, if none is named):\n"
    "  deliver    durable delivery, saturated, beside bare libcurl\n"
    "  tls        the same over TLS 1.3, kept connections and new ones\n"
    "  hosts      1 to 10,000 endpoints: ports, addresses, names\n"
    "  publish    what publish() costs its caller\n"
    "  latency    publish to receive at 100, 1,000 and 5,000 a second\n"
    "  backlog    with up to 10 million rows waiting\n"
    "  isolation  healthy endpoints beside sick ones\n"
    "  store      commits alone\n"
    "  flood      more than receivers take\n"
    "  history    pages of attempts, with up to 10 million of them\n"
    "\n"
    "  --rounds=N     rounds (9)\n"
    "  --seconds=S    of each measurement (1)\n"
    "  --transport=T  hookwright's: http1, or curl (http1)\n"
    "  --folder=PATH  where databases are made (the temporary folder)\n"
    "  --quick        three rounds, smaller backlogs\n"
    "  --smoke        everything once, in seconds: says nothing but that it works\n"
    "  --json         for machines\n"
    "  --check        fails unless every bar is passed\n";

using Workload = void (*)(const bench::Settings&, bench::Report&);
constexpr std::pair<const char*, Workload> workloads[] = {
    {"deliver", bench::deliver},     {"tls", bench::tls},         {"hosts", bench::hosts},
    {"publish", bench::publish},     {"latency", bench::latency}, {"backlog", bench::backlog},
    {"isolation", bench::isolation}, {"store", bench::store},     {"flood", bench::flood},
    {"history", bench::history}};

int start_role(int argc, char** argv) {
  bench::Arguments arguments;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    arguments[word.substr(0, equals)] = word.substr(equals + 1);
  }
  bench::run_role(argv[1] + std::strlen("--role="), arguments);
  return 0;
}

int start_workloads(int argc, char** argv) {
  bench::Settings settings;
  settings.folder = std::filesystem::temp_directory_path().string();
  bool json = false;
  bool check = false;
  std::vector<Workload> chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string value = word.substr(word.find('=') + 1);
    if (word.starts_with("--rounds=")) {
      settings.rounds = std::stoul(value);
    } else if (word.starts_with("--seconds=")) {
      settings.seconds = std::stod(value);
    } else if (word == "--transport=http1" || word == "--transport=curl") {
      settings.transport = value;
    } else if (word.starts_with("--folder=")) {
      settings.folder = value;
    } else if (word == "--quick") {
      settings.quick = true;
      settings.rounds = 3;
    } else if (word == "--smoke") {
      settings.quick = settings.smoke = true;
      settings.rounds = 1;
      settings.seconds = 0.05;
    } else if (word == "--json") {
      json = true;
    } else if (word == "--check") {
      check = true;
    } else {
      bool known = false;
      for (const auto& [name, workload] : workloads) {
        if (word == name) chosen.push_back(workload), known = true;
      }
      if (!known)
        return std::fputs(usage, word == "--help" ? stdout : stderr), word == "--help" ? 0 : 2;
    }
  }
  if (chosen.empty()) {
    for (const auto& [name, workload] : workloads) chosen.push_back(workload);
  }
  bench::Report report(json);
  for (const Workload workload : chosen) workload(settings, report);
  report.finish();
  return check && !report.all_passed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is an answer, too
  try {
    if (argc > 1 && std::strncmp(argv[1], "--role=", 7) == 0) return start_role(argc, argv);
    return start_workloads(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hookwright_bench: %s\n", error.what());
    return 1;
  }
}
