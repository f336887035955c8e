#include "visitor.hpp"

#include <httplib.h>

#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace {

using Marks = std::pair<std::string_view, std::string_view>;  // what to look for, and its name

// The first that occurs wins: Edge calls itself Chrome as well, and Chrome calls itself Safari.
constexpr std::array browsers{
    Marks{"Edg/", "Edge"},      Marks{"Firefox/", "Firefox"}, Marks{"Chrome/", "Chrome"},
    Marks{"Safari/", "Safari"}, Marks{"curl/", "curl"},
};
constexpr std::array platforms{
    Marks{"iPhone", "iOS"},     Marks{"iPad", "iOS"},        Marks{"Android", "Android"},
    Marks{"Mac OS X", "macOS"}, Marks{"Windows", "Windows"}, Marks{"Linux", "Linux"},
};

template <std::size_t N>
std::string name_in(std::string_view text, const std::array<Marks, N>& known) {
  for (const auto& [mark, name] : known) {
    if (text.find(mark) != std::string_view::npos) return std::string(name);
  }
  return "Unknown";
}

std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

}  // namespace

std::string Visitor::ip_hash() const {
  return std::to_string(std::hash<std::string>{}(ip) % 1'000'000'000'000);
}

Visitor visitor_of(const httplib::Request& request) {
  Visitor visitor;
  visitor.ip = request.remote_addr;
  visitor.country = request.get_header_value("CF-IPCountry");
  visitor.user_agent = request.get_header_value("User-Agent");
  visitor.browser = name_in(visitor.user_agent, browsers);
  visitor.platform = name_in(visitor.user_agent, platforms);
  visitor.device =
      visitor.platform == "iOS" || visitor.platform == "Android" ? "mobile" : "desktop";
  visitor.referrer = host_of(request.get_header_value("Referer"));
  return visitor;
}
