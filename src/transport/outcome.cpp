#include "transport/outcome.hpp"

#include <cstddef>

namespace hookwright::transport {
namespace {

constexpr std::size_t detail_bytes_max = 256;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Fault fault_of(CURLcode code) {
  constexpr int too_large = 100;  // from 8.6, a header line without end
  if (static_cast<int>(code) == too_large) return Fault::protocol;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Fault::timeout;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
      return Fault::name_not_resolved;
    case CURLE_COULDNT_CONNECT:
      return Fault::refused;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_SHUTDOWN_FAILED:
      return Fault::reset;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Fault::tls;
    // All of these are the receiver's doing. That holds for "out of memory" too: libcurl says so of
    // a header line without end; and for "bad function argument": of a header that begins with a
    // blank; and for "unsupported protocol": of HTTP/0.9.
    case CURLE_OK:  // but no answer
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_CHUNK_FAILED:
      return Fault::protocol;
    default:  // our certificates, our options, our bug
      return Fault::local;
  }
}

std::string describe(CURLcode code, std::string_view error_text, std::string_view placeholder,
                     std::string_view address) {
  std::string text(error_text.empty() ? curl_easy_strerror(code) : error_text);
  replace_all(text, placeholder, address);
  if (text.size() > detail_bytes_max) text.resize(detail_bytes_max);
  for (char& c : text) {
    if (c < 0x20 || c > 0x7E) c = '?';  // it may quote the receiver
  }
  return text;
}

}  // namespace hookwright::transport
