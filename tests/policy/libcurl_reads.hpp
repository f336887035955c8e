#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "hookwright/egress.hpp"

namespace hookwright::testing {

// Whether libcurl finds the same host and port in a URL as we do: its parser has the last word.
inline bool libcurl_agrees(const Url& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, url.text.c_str(), 0) != CURLUE_OK) return false;
  const auto part = [&handle](CURLUPart which, unsigned flags) -> std::string {
    char* text = nullptr;
    if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
    return text;
  };
  const bool v6 = url.host.find(':') != std::string::npos;
  return part(CURLUPART_HOST, 0) == (v6 ? "[" + url.host + "]" : url.host) &&
         part(CURLUPART_PORT, CURLU_DEFAULT_PORT) == std::to_string(url.port) &&
         part(CURLUPART_SCHEME, 0) == (url.tls ? "https" : "http") &&
         part(CURLUPART_USER, 0).empty() && part(CURLUPART_FRAGMENT, 0).empty();
}

}  // namespace hookwright::testing
