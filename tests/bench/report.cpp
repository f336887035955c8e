#include "bench/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace bench {
namespace {

std::string shown(double value) {
  char text[32];
  const double size = std::fabs(value);
  const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Rounds::Rounds(const Settings& settings, const std::vector<Contestant>& contestants) {
  for (const Contestant& contestant : contestants) names_.push_back(contestant.name);
  std::vector<const Contestant*> order;
  for (const Contestant& contestant : contestants) order.push_back(&contestant);
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    rounds_.emplace_back();
    for (const Contestant* contestant : order) {
      rounds_.back()[contestant->name] = contestant->measure();
      if (!isatty(STDERR_FILENO)) continue;
      std::fprintf(stderr, "\r%-79.79s",
                   ("round " + std::to_string(round + 1) + ": " + contestant->name).c_str());
    }
    std::reverse(order.begin(), order.end());
  }
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%-79s\r", "");
}

std::vector<double> Rounds::all(const std::string& name, const std::string& value) const {
  std::vector<double> values;
  for (const auto& round : rounds_) {
    const Values& measured = round.at(name);
    if (const auto found = measured.find(value); found != measured.end()) {
      values.push_back(found->second);
    }
  }
  return values;
}

double Rounds::median(const std::string& name, const std::string& value) const {
  return bench::median(all(name, value));
}

double Rounds::median_of(const std::function<double(const Get&)>& f) const {
  std::vector<double> values;
  for (const auto& round : rounds_) {
    values.push_back(f([&round](const std::string& name, const std::string& value) {
      return round.at(name).at(value);
    }));
  }
  return bench::median(std::move(values));
}

double Rounds::ratio(const std::string& a, const std::string& b, const std::string& value) const {
  return median_of([&](const Get& get) { return get(a, value) / get(b, value); });
}

void Report::table(const std::string& title, const Rounds& rounds,
                   const std::vector<std::string>& values, const std::string& baseline) {
  if (!json_) std::printf("\n%s\n  %-44s", title.c_str(), "");
  if (!json_) {
    for (const std::string& value : values) {
      std::printf(" %14s", value.c_str());
      if (!baseline.empty()) std::printf(" %7s", "ratio");
    }
    std::printf("\n");
  }
  for (const std::string& name : rounds.names()) {
    Row row{title, name, {}};
    if (!json_) std::printf("  %-44s", name.c_str());
    for (const std::string& value : values) {
      const double middle = rounds.median(name, value);
      row.values.emplace_back(value, middle);
      const bool has = !std::isnan(middle);
      if (!json_) std::printf(" %14s", has ? shown(middle).c_str() : "");
      if (baseline.empty()) continue;
      const bool both = has && !std::isnan(rounds.median(baseline, value));
      const double ratio = both ? rounds.ratio(name, baseline, value) : std::nan("");
      if (both) row.values.emplace_back(value + "_ratio", ratio);
      if (!json_) std::printf(" %7s", both ? shown(ratio).c_str() : "");
    }
    if (!json_) std::printf("\n");
    rows_.push_back(std::move(row));
  }
  std::fflush(stdout);
}

void Report::bar(const std::string& what, double measured, Bound bound, double limit, double aim) {
  bars_.push_back({what, measured, bound, limit, aim});
}

bool Report::all_passed() const {
  return std::all_of(bars_.begin(), bars_.end(),
                     [](const Bar& bar) { return bar.passed(bar.limit); });
}

void Report::finish() const {
  if (json_) {
    std::printf("{\"rows\":[");
    for (const Row& row : rows_) {
      std::printf("%s\n{\"workload\":\"%s\",\"name\":\"%s\"", &row == rows_.data() ? "" : ",",
                  row.workload.c_str(), row.name.c_str());
      for (const auto& [name, value] : row.values) {
        if (std::isfinite(value)) std::printf(",\"%s\":%.6g", name.c_str(), value);
      }
      std::printf("}");
    }
    std::printf("],\n\"bars\":[");
    for (const Bar& bar : bars_) {
      std::printf(
          "%s\n{\"bar\":\"%s\",\"measured\":%s,\"bound\":\"%s\",\"limit\":%g,\"aim\":%g,"
          "\"passed\":%s}",
          &bar == bars_.data() ? "" : ",", bar.what.c_str(),
          std::isfinite(bar.measured) ? std::to_string(bar.measured).c_str() : "null",
          bar.bound == Bound::at_least ? ">=" : "<=", bar.limit, bar.aim,
          bar.passed(bar.limit) ? "true" : "false");
    }
    std::printf("]}\n");
    return;
  }
  std::printf("\n%-64s %10s %10s %8s\n", "bars", "measured", "bound", "aim");
  for (const Bar& bar : bars_) {
    const char* sign = bar.bound == Bound::at_least ? ">=" : "<=";
    const char* verdict = !bar.passed(bar.limit) ? "FAIL"
                          : bar.passed(bar.aim)  ? "PASS, aim met"
                                                 : "PASS";
    std::printf("%-64s %10s %2s %7s %8s  %s\n", bar.what.c_str(), shown(bar.measured).c_str(), sign,
                shown(bar.limit).c_str(), shown(bar.aim).c_str(), verdict);
  }
}

}  // namespace bench
