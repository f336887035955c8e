#include "simulation/trace.hpp"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <ostream>

namespace hookwright::simulation {

void Trace::add(std::string_view what, int process, std::int64_t a, std::int64_t b,
                std::int64_t c) {
  const std::int64_t ms =
      std::chrono::floor<Duration>(now_.time_since_epoch()).count() - Duration(3'600'000).count();
  mix(static_cast<std::uint64_t>(ms));
  for (const char letter : what) mix(static_cast<unsigned char>(letter));
  mix(static_cast<std::uint64_t>(process));
  for (const std::int64_t number : {a, b, c}) mix(static_cast<std::uint64_t>(number));
  ++size_;
  if (keep_) entries_.push_back({ms, what, process, {a, b, c}});
}

void Trace::print(std::ostream& out, std::size_t lines) const {
  const std::size_t first = entries_.size() - std::min(lines, entries_.size());
  for (std::size_t i = first; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    out << std::setw(9) << entry.ms / 1'000 << '.' << std::setw(3) << std::setfill('0')
        << entry.ms % 1'000 << std::setfill(' ') << "  ";
    if (entry.process >= 0) {
      out << 'p' << entry.process << ' ';
    } else {
      out << "   ";
    }
    out << entry.what;
    for (const std::int64_t number : entry.numbers) out << ' ' << number;
    out << '\n';
  }
}

}  // namespace hookwright::simulation
