#include "io/net/http_transfer.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "io/net/http_proxy.h"

namespace cb::io {
namespace {

struct CurlLibrary {
  CurlLibrary() { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }
};

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [&](char b, char a) { return same(a, b); });
}

std::string_view code_of(CURLcode result) {
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "dns";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "proxy";
    case CURLE_COULDNT_CONNECT:
      return "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
      return "tls";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return "reset";
    default:
      return "http";
  }
}

}  // namespace

HttpTransfer::HttpTransfer(HttpRequest request) : request_(std::move(request)) {
  static const CurlLibrary library;
  easy_.reset(curl_easy_init());
  CHECK(easy_ != nullptr);
  set_up();
  set_up_body();
}

void HttpTransfer::set_up() {
  CURL* easy = easy_.get();
  set(easy, CURLOPT_URL, request_.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set_up_proxy();
  if (!request_.ca_file.empty()) set(easy, CURLOPT_CAINFO, request_.ca_file.c_str());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // Without it a resolver that hangs would hold up the whole thread when its request times out.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, long{request_.connect_limit.count()});
  set(easy, CURLOPT_TIMEOUT_MS, long{request_.total_limit.count()});
  set(easy, CURLOPT_ERRORBUFFER, error_);
  set(easy, CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy, CURLOPT_PREREQFUNCTION, &HttpTransfer::on_request);
  set(easy, CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  if (request_.own_connection) {
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
    set(easy, CURLOPT_FORBID_REUSE, 1L);
  }
}

void HttpTransfer::set_up_proxy() {
  CURL* easy = easy_.get();
  set(easy, CURLOPT_PROXY, request_.proxy.c_str());  // empty: none, whatever the environment says
  set(easy, CURLOPT_NOPROXY, "");
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!request_.proxy_ca_file.empty()) {
    set(easy, CURLOPT_PROXY_CAINFO, request_.proxy_ca_file.c_str());
  }
  if (!request_.proxy_client_cert.empty()) {
    set(easy, CURLOPT_PROXY_SSLCERT, request_.proxy_client_cert.c_str());
  }
}

int HttpTransfer::on_request(void* self, char*, char*, int, int) {
  static_cast<HttpTransfer*>(self)->begun_ = true;
  return CURL_PREREQFUNC_OK;
}

void HttpTransfer::set_up_body() {
  CURL* easy = easy_.get();
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    CHECK(longer != nullptr);
    (void)headers_.release();
    headers_.reset(longer);
  };
  add("Expect:");  // no round trip before a body
  for (const auto& [name, value] : request_.headers) {
    add(value.empty() ? name + ";" : str(name, ": ", value));
  }
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (request_.method != "GET") {
    set(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  auto& transfer = *static_cast<HttpTransfer*>(self);
  if (starts_with_ignoring_case(line, "date:")) transfer.answer_.date = trim(line.substr(5));
  return line.size();
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  std::string& body = transfer.answer_.body;
  if (body.size() + size * count > transfer.request_.answer_bytes_max) {
    transfer.too_large_ = true;
    return 0;  // libcurl ends the transfer with CURLE_WRITE_ERROR
  }
  body.append(data, size * count);
  return size * count;
}

HttpAnswer HttpTransfer::answer(CURLcode result) {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  const bool plain = request_.url.starts_with("http://");
  if (result == CURLE_OK && plain && refused_by_proxy(answer_, status)) {
    // A proxy that is not let through answers in the place of the host.
  } else if (result == CURLE_OK) {
    answer_.end = HttpAnswer::End::kAnswered;
  } else {
    describe_failure(answer_, result);
  }
  return std::move(answer_);
}

void HttpTransfer::describe_failure(HttpAnswer& answer, CURLcode result) {
  answer.body.clear();
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &status);
  if (!begun_ && status / 100 != 2 && refused_by_proxy(answer, status)) return;
  long sent = 0;  // what was said to a proxy counts here too
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sent);
  const bool not_sent = !begun_ || sent == 0;
  answer.end = not_sent ? HttpAnswer::End::kNotSent : HttpAnswer::End::kNoAnswer;
  answer.code = code_of(result);
  std::string detail = error_[0] != '\0' ? error_ : curl_easy_strerror(result);
  if (too_large_) detail = str("answer too large: over ", request_.answer_bytes_max, " bytes");
  // libcurl's own sentence mostly names the host.
  const std::string peer = host_and_port(request_.url);
  const bool named = detail.find(peer.substr(0, peer.rfind(':'))) != detail.npos;
  answer.why = named ? detail : str(peer, ": ", detail);
  if (!request_.proxy.empty()) {
    if (result == CURLE_COULDNT_CONNECT) answer.code = "proxy";
    answer.why += str(" (through the proxy ", host_and_port(request_.proxy), ')');
  }
}

// True, and said: the proxy did not let the request through.
bool HttpTransfer::refused_by_proxy(HttpAnswer& answer, long status) const {
  const bool plain = request_.url.starts_with("http://");
  if (request_.proxy.empty() || status == 0 || (plain && status != 407)) return false;
  answer.end = HttpAnswer::End::kNotSent;
  answer.code = "proxy";
  answer.why = str("the proxy ", host_and_port(request_.proxy),
                   " does not let requests through to ", host_and_port(request_.url), " (HTTP ",
                   status, status == 407 ? ", it asks for a user and a password" : "", ")");
  answer.body.clear();
  return true;
}

}  // namespace cb::io
