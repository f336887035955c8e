#include "transport/header_list.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "model/ascii.hpp"

namespace hookwright::transport {
namespace {

// More than an endpoint and a profile can ask for; a bound all the same.
constexpr std::size_t headers_max = 64;
constexpr std::size_t bytes_max = 32 * 1024;

bool same_name(std::string_view a, std::string_view lower_b) {
  return std::equal(a.begin(), a.end(), lower_b.begin(), lower_b.end(),
                    [](char x, char y) { return ascii_lower(x) == y; });
}

// RFC 9110 token characters, by their byte.
constexpr std::array<bool, 256> token_bytes = [] {
  std::array<bool, 256> bytes{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    bytes[static_cast<unsigned char>(c)] = true;
  }
  return bytes;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_bytes[static_cast<unsigned char>(c)];
  });
}

// To libcurl a value of blanks alone would mean that the header is to be left out.
bool is_value(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c <= 0x7E) || c == '\t'; });
}

// What a transport sets itself, or what changes the meaning of the message.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 8> reserved = {
      "connection", "content-length",    "expect", "host", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  return std::any_of(reserved.begin(), reserved.end(),
                     [name](std::string_view other) { return same_name(name, other); });
}

bool contains(const std::vector<Header>& headers, std::string_view lower_name) {
  return std::any_of(headers.begin(), headers.end(), [lower_name](const Header& header) {
    return same_name(header.name, lower_name);
  });
}

}  // namespace

std::optional<std::string> refused_header(const std::vector<Header>& headers) {
  std::size_t bytes = 0;
  for (const Header& header : headers) bytes += header.name.size() + header.value.size();
  if (headers.size() > headers_max || bytes > bytes_max) return "too many or too large";
  for (const Header& header : headers) {
    if (!is_token(header.name) || !is_value(header.value) || is_reserved(header.name)) {
      return header.name.substr(0, 64);
    }
  }
  return std::nullopt;
}

bool HeaderList::assign(const std::vector<Header>& headers) {
  text_.clear();
  begins_.clear();
  if (std::optional<std::string> refused = refused_header(headers)) {
    refused_ = std::move(*refused);
    return false;
  }
  const auto add = [this](std::string_view name, std::string_view separator,
                          std::string_view value) {
    begins_.push_back(text_.size());
    text_.append(name).append(separator).append(value).push_back('\0');
  };
  for (const Header& header : headers) {
    // To libcurl "Name:" means that the header is to be left out, and "Name;" that it is empty.
    if (header.value.empty()) {
      add(header.name, ";", "");
    } else {
      add(header.name, ": ", header.value);
    }
  }
  add("Expect", ":", "");
  if (!contains(headers, "accept")) add("Accept", ":", "");
  if (!contains(headers, "content-type")) add("Content-Type", ":", "");

  nodes_.resize(begins_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text_.data() + begins_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  return true;
}

}  // namespace hookwright::transport
