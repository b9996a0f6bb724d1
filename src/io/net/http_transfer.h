#pragma once
// One request as libcurl's easy handle sees it. Used by http_client.cc alone.

#include <curl/curl.h>

#include <memory>
#include <string>

#include "io/net/http_client.h"

namespace cb::io {

// Not movable: libcurl holds its address. One thread at a time.
class HttpTransfer {
 public:
  explicit HttpTransfer(HttpRequest request);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  CURL* handle() { return easy_.get(); }
  // Once, when libcurl is done with the handle.
  HttpAnswer answer(CURLcode result);

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_request(void* self, char* to, char* from, int to_port, int from_port);
  void set_up();
  void set_up_proxy();
  void set_up_body();
  void describe_failure(HttpAnswer& answer, CURLcode result);
  bool refused_by_proxy(HttpAnswer& answer, long connect_status) const;

  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  HttpRequest request_;
  HttpAnswer answer_;
  bool too_large_ = false;
  bool begun_ = false;  // the way to the host is open, through proxy and TLS
  char error_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

}  // namespace cb::io
