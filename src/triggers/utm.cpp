#include "hookwright/triggers/utm.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hookwright::triggers {
namespace {

constexpr std::size_t url_bytes_max = 8'192;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string_view query_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t mark = url.find('?');
  return mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
}

// `value` null: the parameter is not there.
bool fits(std::string_view pattern, const std::string* value) {
  if (pattern.empty()) return true;
  if (value == nullptr || value->empty()) return false;
  if (pattern.ends_with('*')) return value->starts_with(pattern.substr(0, pattern.size() - 1));
  return *value == pattern;
}

const std::string* pointer(const std::optional<std::string>& value) {
  return value ? &*value : nullptr;
}

}  // namespace

std::optional<hypersnap::Utm> read_utm(std::string_view url) {
  if (url.size() > url_bytes_max) return std::nullopt;
  constexpr std::array<std::string_view, 5> names = {"utm_source", "utm_medium", "utm_campaign",
                                                     "utm_term", "utm_content"};
  std::array<std::optional<std::string>, names.size()> values;
  bool any = false;
  for (std::string_view rest = query_of(url); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (values[i] || pair.substr(0, equals) != names[i]) continue;
      values[i] = decode(pair.substr(equals + 1));
      any = true;
    }
  }
  if (!any) return std::nullopt;
  auto& [source, medium, campaign, term, content] = values;
  return hypersnap::Utm{.source = std::move(source).value_or(""),
                        .medium = std::move(medium).value_or(""),
                        .campaign = std::move(campaign).value_or(""),
                        .term = std::move(term),
                        .content = std::move(content)};
}

bool matches(const UtmPattern& pattern, const hypersnap::Utm& utm) {
  if (pattern.source.empty() && pattern.medium.empty() && pattern.campaign.empty() &&
      pattern.term.empty() && pattern.content.empty()) {
    return false;
  }
  return fits(pattern.source, &utm.source) && fits(pattern.medium, &utm.medium) &&
         fits(pattern.campaign, &utm.campaign) && fits(pattern.term, pointer(utm.term)) &&
         fits(pattern.content, pointer(utm.content));
}

}  // namespace hookwright::triggers
