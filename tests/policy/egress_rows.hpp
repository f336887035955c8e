#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hookwright/address.hpp"
#include "hookwright/egress.hpp"

// The table of adversarial URLs, egress_rows.tsv.
namespace hookwright::testing {

struct EgressRow {
  int number = 0;
  std::string verdict{};                          // A, R, C or AC
  std::vector<std::string> permissions{};         // of EgressPolicy, that make it A
  std::string url{};                              // may hold any byte
  std::string alias{};                            // the name is a CNAME to this
  std::vector<std::vector<IpAddress>> lookups{};  // what the name's successive lookups find
  std::string why{};
};

inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline std::string unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (text.at(i + 1) == '\\') {
      bytes += '\\';
      i += 1;
    } else {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    }
  }
  return bytes;
}

inline std::vector<EgressRow> egress_rows(const std::string& path = HOOKWRIGHT_EGRESS_ROWS) {
  std::vector<EgressRow> rows;
  std::ifstream file(path, std::ios::binary);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> columns = split(line, '\t');
    if (columns.size() != 6) throw std::runtime_error("malformed row: " + line);
    EgressRow row;
    row.number = std::stoi(columns[0]);
    row.verdict = columns[1];
    if (columns[2] != "-") row.permissions = split(columns[2], '+');
    row.url = unescape(columns[3]);
    std::string answers = columns[4];
    if (answers.starts_with("CNAME ")) {
      const std::size_t comma = answers.find(',');
      row.alias = answers.substr(6, comma - 6);
      answers.erase(0, comma + 1);
    }
    if (answers != "-") {
      for (const std::string& lookup : split(answers, ';')) {
        row.lookups.emplace_back();
        for (const std::string& address : split(lookup, ',')) {
          row.lookups.back().push_back(IpAddress::parse(address).value());
        }
      }
    }
    row.why = columns[5];
    rows.push_back(std::move(row));
  }
  return rows;
}

// `policy` with that permission too.
inline void permit(EgressPolicy& policy, std::string_view permission) {
  bool known = false;
  for (const auto& [name, flag] :
       {std::pair<std::string_view, bool EgressPolicy::*>{"allow_http", &EgressPolicy::allow_http},
        {"allow_private_addresses", &EgressPolicy::allow_private_addresses},
        {"allow_this_host", &EgressPolicy::allow_this_host},
        {"allow_ip_literals", &EgressPolicy::allow_ip_literals},
        {"allow_any_port", &EgressPolicy::allow_any_port},
        {"allow_mixed_answers", &EgressPolicy::allow_mixed_answers},
        {"allow_dns64", &EgressPolicy::allow_dns64}}) {
    if (name != permission) continue;
    policy.*flag = true;
    known = true;
  }
  if (!known) throw std::runtime_error("unknown permission " + std::string(permission));
}

}  // namespace hookwright::testing
