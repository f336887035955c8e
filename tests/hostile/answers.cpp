#include "hostile/bomb.hpp"
#include "hostile/scenario.hpp"

namespace hookwright::testing {
namespace {

const std::string ok_head = "HTTP/1.1 200 OK\r\n";
const std::string ok = ok_head + "Content-Length: 2\r\n\r\nok";
const std::string chunked_head = ok_head + "Transfer-Encoding: chunked\r\n\r\n";

Scenario says(std::string name, Expected expected, std::string bytes, Then then = Then::keep,
              std::string more = {}) {
  return {.name = std::move(name),
          .expected = expected,
          .reply = {.bytes = std::move(bytes), .then = then, .more = std::move(more)}};
}

void add_statuses(std::vector<Scenario>& all) {
  for (const int status : {200, 201, 202, 204, 205, 206, 226, 299}) {
    const bool no_body = status == 204;
    all.push_back(says("a plain " + std::to_string(status), delivered(status),
                       "HTTP/1.1 " + std::to_string(status) + " OK\r\n" +
                           (no_body ? "\r\n" : "Content-Length: 0\r\n\r\n")));
  }
  for (const int status :
       {300, 304, 400, 401, 403, 404, 405, 408, 409, 410, 411, 413, 415, 418, 421,
        425, 428, 429, 431, 451, 500, 501, 502, 503, 504, 507, 511, 599, 600, 999}) {
    all.push_back(says("a plain " + std::to_string(status), answered(status),
                       "HTTP/1.1 " + std::to_string(status) + " No\r\n" +
                           (status == 304 ? "\r\n" : "Content-Length: 0\r\n\r\n")));
  }
  for (const std::string target :
       {"/hook", "http://127.0.0.1:1/", "https://127.0.0.1/", "file:///etc/passwd", "//[::1]/",
        "gopher://127.0.0.1/", "", "\t", "http://user:password@127.0.0.1/", "?", "#"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      all.push_back(says(std::to_string(status) + " to '" + target + "'", answered(status),
                         "HTTP/1.1 " + std::to_string(status) + " There\r\nLocation: " + target +
                             "\r\nContent-Length: 0\r\n\r\n"));
    }
  }
  all.push_back(says("401 with every scheme", answered(401),
                     "HTTP/1.1 401 Who\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n"
                     "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
                     "WWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n"));
  all.push_back(says("407 without a proxy", answered(407),
                     "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\n"
                     "Content-Length: 0\r\n\r\n"));
  all.push_back(says("417 to what was not expected", answered(417),
                     "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"));
}

void add_interim_answers(std::vector<Scenario>& all) {
  for (const std::string status : {"100", "102", "103", "110", "199"}) {
    const std::string one = "HTTP/1.1 " + status + " Wait\r\n\r\n";
    all.push_back(says(status + " once", delivered(), one + ok));
    all.push_back(says(status + " thrice", delivered(), repeated(one, 3) + ok));
    all.push_back(says(status + " a thousand times", breaks(Fault::protocol),
                       repeated(one, 1000) + ok, Then::stall));
    all.push_back(says(status + " for ever", breaks(Fault::protocol), "", Then::repeat, one));
    all.push_back(says(status + " and no more", times_out(), one, Then::stall));
  }
  all.push_back(says("101 without being asked", times_out(),
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", Then::stall));
  all.push_back(says("103 with a Retry-After, then 500", answered(500),
                     "HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\nHTTP/1.1 500 No\r\n"
                     "Content-Length: 0\r\n\r\n"));
}

void add_lengths(std::vector<Scenario>& all) {
  const auto length = [](const std::string& value) {
    return ok_head + "Content-Length: " + value + "\r\n\r\nok";
  };
  all.push_back(says("no length, closed", delivered(), ok_head + "\r\nok", Then::close));
  all.push_back(says("no length, cut", delivered(), ok_head + "\r\nok", Then::cut));
  all.push_back(says("no length, never closed", delivered(), ok_head + "\r\nok", Then::stall));
  all.push_back(says("a length too long, closed", delivered(), length("1000"), Then::close));
  all.push_back(says("a length too long, open", delivered(), length("1000"), Then::stall));
  all.push_back(says("a length too short", delivered(), length("1"), Then::stall));
  all.push_back(says("a length of none, and a body", delivered(), length("0"), Then::stall));
  all.push_back(says("the same length twice", delivered(),
                     ok_head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", Then::stall));
  all.push_back(says("two lengths", delivered_or_protocol(),
                     ok_head + "Content-Length: 2\r\nContent-Length: 500\r\n\r\nok", Then::stall));
  all.push_back(says("two lengths in one", delivered(), length("2, 2"), Then::stall));
  all.push_back(
      says("the largest length", delivered(), length("9223372036854775807"), Then::stall));
  all.push_back(
      says("a length beyond that, 200", delivered(), length("99999999999999999999"), Then::stall));
  for (const std::string value : {"-1", "abc", "\"2\""}) {
    all.push_back(
        says("a length of " + value, breaks(Fault::protocol), length(value), Then::stall));
  }
  for (const std::string value : {"0x10", "+2", "1e3"}) {
    all.push_back(
        says("a length of " + value, delivered_or_protocol(), length(value), Then::stall));
  }
  all.push_back(says("a length and chunks", delivered(),
                     ok_head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "2\r\nok\r\n0\r\n\r\n"));
  all.push_back(says("204 with a body", delivered(204),
                     "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok", Then::stall));
  all.push_back(says("304 with a body", answered(304),
                     "HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\nok", Then::stall));
  all.push_back(says("two answers at once", delivered(),
                     ok + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", Then::stall));
}

void add_chunks(std::vector<Scenario>& all) {
  const auto chunks = [](const std::string& bytes) { return chunked_head + bytes; };
  all.push_back(says("chunks", delivered(), chunks("2\r\nok\r\n0\r\n\r\n")));
  all.push_back(says("a chunk size that overflows", delivered(),
                     chunks("FFFFFFFFFFFFFFFFFFFF\r\nok"), Then::stall));
  all.push_back(says("a chunk size without end", delivered(), chunked_head, Then::repeat, "1"));
  all.push_back(
      says("a chunk extension without end", delivered(), chunks("2;"), Then::repeat, "a"));
  all.push_back(says("a negative chunk", delivered(), chunks("-2\r\nok\r\n"), Then::stall));
  all.push_back(says("no terminator", delivered(), chunks("2\r\nok\r\n"), Then::close));
  all.push_back(says("no chunk where one was due", delivered(), chunks("<html>"), Then::stall));
  all.push_back(
      says("a trailer that is none", delivered(), chunks("0\r\nnonsense\r\n\r\n"), Then::stall));
  all.push_back(says("a trailer that says otherwise", delivered(),
                     chunks("0\r\nHTTP/1.1 500 No\r\n\r\n"), Then::stall));
  all.push_back(
      says("trailers for ever", delivered(), chunks("0\r\n"), Then::repeat, "X-A: 1\r\n"));
  all.push_back(says("an endless chunked body", delivered(), chunked_head, Then::repeat,
                     "400\r\n" + std::string(1024, 'b') + "\r\n"));
  all.push_back(says("one byte to a chunk, for ever", delivered(), chunked_head, Then::repeat,
                     repeated("1\r\nb\r\n", 1000)));
}

void add_bodies(std::vector<Scenario>& all) {
  all.push_back(says("an endless body", delivered(), ok_head + "\r\n", Then::repeat,
                     std::string(65'536, 'b')));
  all.push_back(says("an endless body of a failure", answered(500), "HTTP/1.1 500 No\r\n\r\n",
                     Then::repeat, std::string(65'536, 'b')));
  all.push_back(says("50 MB", delivered(), ok_head + "Content-Length: 50000000\r\n\r\n",
                     Then::repeat, std::string(65'536, 'b')));
  const std::string bomb = gzip_bomb(50'000'000);
  const std::string length = "Content-Length: " + std::to_string(bomb.size()) + "\r\n";
  all.push_back(says("a bomb of gzip", delivered(),
                     ok_head + "Content-Encoding: gzip\r\n" + length + "\r\n" + bomb, Then::stall));
  all.push_back(says("a bomb of gzip as the transfer's encoding", delivered_or_protocol(),
                     ok_head + "Transfer-Encoding: gzip\r\n\r\n" + bomb, Then::close));
  all.push_back(
      says("encodings without end", breaks(Fault::protocol),
           ok_head + "Transfer-Encoding: " + repeated("gzip, ", 2'000) + "chunked\r\n\r\n",
           Then::stall));
  all.push_back(says("an encoding that nobody knows", delivered(),
                     ok_head + "Content-Encoding: nonsense\r\nContent-Length: 2\r\n\r\nok"));
  all.push_back(says("a body of nothing but NUL", delivered(),
                     ok_head + "Content-Length: 9\r\n\r\n" + std::string(9, '\0')));
}

void add_headers(std::vector<Scenario>& all) {
  const std::string end = "Content-Length: 0\r\n\r\n";
  all.push_back(
      says("headers for ever", breaks(Fault::protocol), ok_head, Then::repeat, "X-A: 1\r\n"));
  all.push_back(says("large headers for ever", breaks(Fault::protocol), ok_head, Then::repeat,
                     "X-A: " + std::string(8'000, 'a') + "\r\n"));
  all.push_back(says("a header line without end", breaks(Fault::protocol),
                     ok_head + "X-A: ", Then::repeat, std::string(1'000, 'a')));
  all.push_back(says("a header name without end", breaks(Fault::protocol), ok_head, Then::repeat,
                     std::string(1'000, 'a')));
  all.push_back(says("a status line without end", breaks(Fault::protocol), "HTTP/1.1 200 ",
                     Then::repeat, std::string(1'000, 'a')));
  all.push_back(says("5,000 headers", breaks(Fault::protocol),
                     ok_head + repeated("X-A: 1\r\n", 5'000) + end, Then::stall));
  all.push_back(
      says("199 headers, and the end", delivered(), ok_head + repeated("X-A: 1\r\n", 190) + end));
  all.push_back(says("a folded header", delivered(), ok_head + "X-A: 1\r\n  2\r\n" + end));
  all.push_back(says("bare line feeds", delivered(), "HTTP/1.1 200 OK\nContent-Length: 0\n\n"));
  all.push_back(
      says("a header without a colon", delivered_or_protocol(), ok_head + "nonsense\r\n" + end));
  all.push_back(
      says("a header without a name", delivered_or_protocol(), ok_head + ": 1\r\n" + end));
  all.push_back(says("bytes beyond ASCII", delivered(), ok_head + "X-\xFF: \xFF\xFE\r\n" + end));
  all.push_back(says("cookies, HSTS and another service", delivered(),
                     ok_head +
                         "Set-Cookie: a=b\r\nStrict-Transport-Security: max-age=9\r\n"
                         "Alt-Svc: h2=\":1\"\r\nClear-Site-Data: \"*\"\r\n" +
                         end));
  all.push_back(says("no reason", delivered(), "HTTP/1.1 200\r\n" + end));
  all.push_back(
      says("HTTP/1.0, kept", delivered(), "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + end));
  all.push_back(says("HTTP/1.0, closed", delivered(), "HTTP/1.0 200 OK\r\n\r\nok", Then::close));
}

void add_nonsense(std::vector<Scenario>& all) {
  const auto nonsense = [&all](std::string name, std::string bytes) {
    all.push_back(says(std::move(name), breaks(Fault::protocol), std::move(bytes), Then::stall));
  };
  nonsense("HTTP/0.9", "<html>hello</html>\r\n\r\n");
  nonsense("a mail server", "220 mail.test ESMTP\r\n");
  nonsense("SSH", "SSH-2.0-OpenSSH_9.2p1\r\n");
  nonsense("HTTP/2", std::string("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64", 15) + "\r\n");
  nonsense("a request in return", "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  nonsense("TLS where none was asked for", std::string("\x16\x03\x01\x02\0\x01", 6) + "\r\n");
  nonsense("HTTP/1.9", "HTTP/1.9 200 OK\r\n\r\n");
  nonsense("HTTP/4", "HTTP/4 200 OK\r\n\r\n");
  nonsense("ICY", "ICY 200 OK\r\n\r\n");
  nonsense("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n");
  all.push_back(says("a status of four digits", protocol_or_timeout(), "HTTP/1.1 2000 OK\r\n\r\n",
                     Then::stall));
  nonsense("a status of letters", "HTTP/1.1 2xx OK\r\n\r\n");
  nonsense("a negative status", "HTTP/1.1 -200 OK\r\n\r\n");
  nonsense("a status of 000", "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n");
  nonsense("a status of 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n");
  nonsense("no status", "HTTP/1.1\r\n\r\n");
  nonsense("NUL in the status line", std::string("HTTP/1.1 2\0"
                                                 "00 OK\r\n\r\n",
                                                 20));
  nonsense("a first header that begins with a blank", "HTTP/1.1 200 OK\r\n X-A: 1\r\n\r\n");
  nonsense("NUL in a header", "HTTP/1.1 200 OK\r\nX-A: " +
                                  std::string("1\0"
                                              "2",
                                              3) +
                                  "\r\n\r\n");
}

}  // namespace

std::vector<Scenario> answers() {
  std::vector<Scenario> all;
  add_statuses(all);
  add_interim_answers(all);
  add_lengths(all);
  add_chunks(all);
  add_bodies(all);
  add_headers(all);
  add_nonsense(all);
  return all;
}

}  // namespace hookwright::testing
