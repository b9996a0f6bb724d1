#pragma once
// Callers come in by several doors (text, later HTTP and encrypted text), and one broker answers
// all of them: each answer goes back by the door that its caller came in by. Single-threaded.

#include <array>

#include "port/ports.h"

namespace cb::driver {

class ReplyRouter : public port::Replies {
 public:
  // `door` numbers its callers with caller_id(source, ...) and outlives the router. A source that
  // has a door already is a fault of the program.
  void add(CallerSource source, port::Replies& door);

  // A caller of no door is one that is gone: ignored.
  void reply(CallerId caller, const core::Answer& answer) override;
  void tell(CallerId caller, const core::Progress& progress) override;
  void notify(ConnectionId connection, const core::Notice& notice) override;

 private:
  std::array<port::Replies*, 16> doors_{};
};

}  // namespace cb::driver
