#pragma once
// The text listener's connections: a few hundred bytes each, found in one step by the number that
// epoll or the broker's answer carries.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "io/net/stream.h"
#include "wire/text_session.h"

namespace cb::io {

struct TextConnection {
  Stream stream;
  wire::TextSession session;
  std::uint64_t id = 0;       // unique in this run; its low bits are the slot
  CallerId caller;            // of the request that is with the broker; 0: none
  std::uint32_t watched = 0;  // what epoll reports: EPOLLIN, EPOLLOUT
  std::size_t held = 0;       // bytes of its buffers, as last counted
  bool unwanted = false;      // it reported something that the session does not want now
  bool touched = false;       // waits to be settled
  bool shut = false;          // writing is shut down
  bool refused = false;       // got one line instead of a session

  std::uint32_t slot() const;
};

// Numbers are made of a serial number and a slot, so that a number that outlived its owner finds
// nothing. Those that the broker knows have the source in front.
class TextConnections {
 public:
  static constexpr int kSlotBits = 20;

  explicit TextConnections(CallerSource source) : source_(source) {}

  TextConnection& add(Stream stream, wire::TextSession session) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::make_unique<TextConnection>(
        TextConnection{std::move(stream), std::move(session), fresh_number(slot), {}});
    ++size_;
    return *slots_[slot];
  }
  // Closes the socket.
  void remove(TextConnection& connection) {
    const std::uint32_t slot = connection.slot();
    slots_[slot].reset();
    free_.push_back(slot);
    --size_;
  }
  void new_caller(TextConnection& connection) {
    connection.caller = caller_id(source_, fresh_number(connection.slot()));
  }

  TextConnection* in_slot(std::uint32_t slot) const {
    return slot < slots_.size() ? slots_[slot].get() : nullptr;
  }
  TextConnection* by_id(std::uint64_t id) const {
    TextConnection* const found = in_slot(slot_of(id));
    return found != nullptr && found->id == id ? found : nullptr;
  }
  TextConnection* by_caller(CallerId caller) const {
    TextConnection* const found = in_slot(slot_of(caller.value));
    return found != nullptr && caller.value != 0 && found->caller == caller ? found : nullptr;
  }
  // What the broker knows it by.
  ConnectionId id_of(const TextConnection& connection) const {
    return {with_source(source_, connection.id)};
  }
  TextConnection* by_connection(ConnectionId id) const {
    TextConnection* const found = in_slot(slot_of(id.value));
    return found != nullptr && id_of(*found) == id ? found : nullptr;
  }
  std::uint32_t slots() const { return static_cast<std::uint32_t>(slots_.size()); }
  std::size_t size() const { return size_; }

  static std::uint32_t slot_of(std::uint64_t number) {
    return static_cast<std::uint32_t>(number & ((1U << kSlotBits) - 1));
  }

 private:
  std::uint64_t fresh_number(std::uint32_t slot) { return ++serial_ << kSlotBits | slot; }

  CallerSource source_;
  std::vector<std::unique_ptr<TextConnection>> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::uint64_t serial_ = 0;
};

inline std::uint32_t TextConnection::slot() const {
  return TextConnections::slot_of(id);
}

}  // namespace cb::io
