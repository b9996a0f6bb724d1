#include "io/net/http_client.h"

#include <curl/curl.h>

#include <array>
#include <boost/asio/post.hpp>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "io/net/http_transfer.h"

namespace cb::io {
namespace {

constexpr long kConnectionsMax = 32;  // within the 64 descriptors kept for EC2, store and probes
constexpr long kIdleConnectionsMax = 4;
constexpr int kPollMs = 60'000;  // libcurl's own timers and wakeups cut it short

}  // namespace

class HttpClient::Worker {
 public:
  explicit Worker(boost::asio::io_context& context) : context_(context) {
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnectionsMax);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    thread_ = std::thread([this] { run(); });
  }

  ~Worker() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& [easy, job] : running_) curl_multi_remove_handle(multi_, easy);
    running_.clear();
    waiting_.clear();
    curl_multi_cleanup(multi_);
  }

  void send(HttpRequest request, Callback done) {
    auto job = std::make_unique<Job>(std::move(request), std::move(done));
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(job));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  struct Job {
    Job(HttpRequest request, Callback callback)
        : transfer(std::move(request)), done(std::move(callback)) {}
    HttpTransfer transfer;
    Callback done;
  };

  void run() {
    while (begin_waiting()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
  }

  // False: it is time to stop.
  bool begin_waiting() {
    std::vector<std::unique_ptr<Job>> begin;
    {
      std::lock_guard lock(mutex_);
      if (stop_) return false;
      begin.swap(waiting_);
    }
    for (auto& job : begin) {
      CURL* easy = job->transfer.handle();
      running_[easy] = std::move(job);
      CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
    }
    return true;
  }

  void finish_done() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode result = message->data.result;
      curl_multi_remove_handle(multi_, easy);
      auto job = running_.extract(easy);
      CHECK(!job.empty());
      boost::asio::post(context_, [done = std::move(job.mapped()->done),
                                   answer = job.mapped()->transfer.answer(result)]() mutable {
        done(std::move(answer));
      });
    }
  }

  boost::asio::io_context& context_;
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Job>> running_;  // the thread's own
  std::mutex mutex_;
  std::vector<std::unique_ptr<Job>> waiting_;  // under mutex_
  bool stop_ = false;                          // under mutex_
  std::thread thread_;
};

HttpClient::HttpClient(boost::asio::io_context& context)
    : worker_(std::make_unique<Worker>(context)) {}
HttpClient::~HttpClient() = default;

void HttpClient::send(HttpRequest request, Callback done) {
  worker_->send(std::move(request), std::move(done));
}

HttpAnswer http_once(const HttpRequest& request) {
  HttpTransfer transfer(request);
  return transfer.answer(curl_easy_perform(transfer.handle()));
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  // strptime reads month names in the C locale, which this program never leaves.
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return {};
  return WallTime{seconds{timegm(&parts)}};
}

}  // namespace cb::io
