// A client's connection: bytes in pieces, silence, answers, half-closes, in any order.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/text_session.h"

namespace {

using namespace cb;

// What the input's next byte asks for is done to one session; whatever it asks of the broker is
// answered or left waiting.
class Client {
 public:
  explicit Client(std::string_view input) : input_(input) { options_.version = "0"; }

  void run() {
    while (!input_.empty() && session_.phase() != wire::TextSession::Phase::kClosed) {
      const auto choice = static_cast<unsigned char>(take(1)[0]);
      act(choice % 8, choice / 8);
      CHECK(session_.output().size() <= 1 << 20);
      CHECK(session_.bytes_held() <= 1 << 20);
    }
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view out = input_.substr(0, size);
    input_.remove_prefix(out.size());
    return out;
  }
  void note(const wire::TextSession::Asked& asked) { waiting_ = waiting_ || asked.has_value(); }

  void act(int what, std::size_t size) {
    const bool waits = session_.phase() == wire::TextSession::Phase::kWaiting;
    switch (what) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (session_.input_room() != 0) {
          note(session_.received(take(std::min(size + 1, session_.input_room())), now_));
        }
        return;
      case 4:
        now_ += milliseconds{size * 100};
        note(session_.time_passed(now_));
        return;
      case 5:
        if (waits) note(session_.answered(core::WorkerAddress{"192.0.2.1"}, now_));
        return;
      case 6:
        note(session_.wrote(std::min(size * 8, session_.output().size()), now_));
        return;
      default:
        if (waits) session_.told({core::Progress::Phase::kLaunching, "launching"}, now_);
        if (size > 24) note(session_.input_ended(now_));
        return;
    }
  }

  wire::TextOptions options_;
  std::string_view input_;
  Instant now_{seconds{1}};
  wire::TextSession session_{options_, now_};
  bool waiting_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Client(std::string_view(reinterpret_cast<const char*>(data), size)).run();
  return 0;
}
