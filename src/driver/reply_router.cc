#include "driver/reply_router.h"

#include "base/check.h"

namespace cb::driver {

void ReplyRouter::add(CallerSource source, port::Replies& door) {
  CHECK(doors_.at(source) == nullptr);
  doors_.at(source) = &door;
}

void ReplyRouter::reply(CallerId caller, const core::Answer& answer) {
  if (port::Replies* const door = doors_[source_of(caller)]) door->reply(caller, answer);
}

void ReplyRouter::tell(CallerId caller, const core::Progress& progress) {
  if (port::Replies* const door = doors_[source_of(caller)]) door->tell(caller, progress);
}

void ReplyRouter::notify(ConnectionId connection, const core::Notice& notice) {
  if (port::Replies* const door = doors_[source_of(connection)]) door->notify(connection, notice);
}

}  // namespace cb::driver
