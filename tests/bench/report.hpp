#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/process.hpp"

namespace bench {

struct Settings {
  std::size_t rounds = 9;
  double seconds = 1.0;             // that one measurement takes, after a warm-up
  bool quick = false;               // smaller backlogs
  bool smoke = false;               // everything once, as small as can be
  std::string folder{};             // for databases, on the disk that is meant
  std::string transport = "http1";  // ours: make_http1_transport(), or "curl"
};

// One of those that are compared in a round.
struct Contestant {
  std::string name{};
  std::function<Values()> measure{};
};

// What each contestant measured, round by round.
class Rounds {
 public:
  // Runs all of them once a round, in turned order each second round.
  Rounds(const Settings& settings, const std::vector<Contestant>& contestants);

  [[nodiscard]] double median(const std::string& name, const std::string& value) const;
  [[nodiscard]] std::vector<double> all(const std::string& name, const std::string& value) const;

  // The median of what `f` makes of each round.
  using Get = std::function<double(const std::string& name, const std::string& value)>;
  [[nodiscard]] double median_of(const std::function<double(const Get&)>& f) const;
  // The median of a/b within each round.
  [[nodiscard]] double ratio(const std::string& a, const std::string& b,
                             const std::string& value) const;

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::map<std::string, Values>> rounds_;
};

enum class Bound { at_least, at_most };

// What is printed: rows of medians by workload, and the bars.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  // A row for each contestant, a column for each value, and against `baseline`, if there is one.
  void table(const std::string& title, const Rounds& rounds, const std::vector<std::string>& values,
             const std::string& baseline = {});
  void bar(const std::string& what, double measured, Bound bound, double limit, double aim);
  void finish() const;
  [[nodiscard]] bool all_passed() const;

 private:
  struct Row {
    std::string workload{};
    std::string name{};
    std::vector<std::pair<std::string, double>> values{};
  };
  struct Bar {
    std::string what{};
    double measured = 0;
    Bound bound{};
    double limit = 0;
    double aim = 0;
    [[nodiscard]] bool passed(double against) const {
      return bound == Bound::at_least ? measured >= against : measured <= against;
    }
  };

  bool json_;
  std::vector<Row> rows_;
  std::vector<Bar> bars_;
};

double median(std::vector<double> values);

// The workloads, each in a file of its own.
void deliver(const Settings& settings, Report& report);
void tls(const Settings& settings, Report& report);
void hosts(const Settings& settings, Report& report);
void publish(const Settings& settings, Report& report);
void latency(const Settings& settings, Report& report);
void backlog(const Settings& settings, Report& report);
void isolation(const Settings& settings, Report& report);
void store(const Settings& settings, Report& report);
void flood(const Settings& settings, Report& report);
void history(const Settings& settings, Report& report);

}  // namespace bench
