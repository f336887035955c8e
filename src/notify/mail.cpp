#include "notify/mail.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace hookwright::notify {
namespace {

constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t header_text_max = 256;
constexpr std::size_t word_bytes = 42;  // 56 characters of base64 in an encoded word of 75 at most
constexpr std::size_t line_bytes = 57;  // 76 characters of base64 in a line

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t given = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < given ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= given ? digits[bits >> (18 - 6 * k) & 0x3F] : '=';
    }
  }
  return text;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// At most `bytes`, cut where no UTF-8 character is.
std::string_view first_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 1 && continues_character(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

// Any text as the value of a header. Plain text stays readable; the rest is encoded words.
std::string header_text(std::string_view text) {
  std::string clean(first_of(text, header_text_max));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  const bool plain = clean.size() <= 60 && std::all_of(clean.begin(), clean.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view(" .,-_/'!+").find(c) != std::string_view::npos;
                     });
  if (plain) return clean;
  std::string words;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::string_view part = first_of(rest, word_bytes);
    rest.remove_prefix(part.size());
    if (!words.empty()) words += "\r\n ";
    words.append("=?UTF-8?B?").append(base64(part)).append("?=");
  }
  return words;
}

// RFC 5322's date, in UTC. Without the C library's locale.
std::string date(TimePoint at) {
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                                  days.at(std::chrono::weekday(day).c_encoding()),
                                  unsigned(ymd.day()), months.at(unsigned(ymd.month()) - 1),
                                  int(ymd.year()), int(time.hours().count()),
                                  int(time.minutes().count()), int(time.seconds().count())));
  return text.data();
}

}  // namespace

bool valid_address(std::string_view address) {
  if (address.empty() || address.size() > address_bytes_max) return false;
  const std::size_t at = address.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == address.size()) return false;
  if (address.find('@', at + 1) != std::string_view::npos) return false;
  if (address.front() == '-' || address.front() == '.' || address[at - 1] == '.') return false;
  return std::all_of(address.begin(), address.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@.!#$&'*+-/=?^_{|}~").find(c) != std::string_view::npos;
  });
}

std::string to_message(const Mail& mail) {
  std::string text;
  const auto header = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  header("Date", date(mail.at));
  header("From", header_text(mail.from_name) + " <" + mail.from + ">");
  header("To", "<" + mail.to + ">");
  header("Subject", header_text(mail.subject));
  header("Message-ID", "<" + mail.id + ">");
  header("Auto-Submitted", "auto-generated");
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "base64");
  text += "\r\n";
  for (std::size_t i = 0; i < mail.text.size(); i += line_bytes) {
    text.append(base64(std::string_view(mail.text).substr(i, line_bytes))).append("\r\n");
  }
  return text;
}

}  // namespace hookwright::notify
