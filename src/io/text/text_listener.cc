#include "io/text/text_listener.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace cb::io {
namespace {

constexpr std::size_t kScratch = 16 * 1024;  // bytes read at once
constexpr int kEventsATurn = 256;
constexpr std::size_t kModest = 4096;  // bytes that a client may always hold

int new_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

std::uint32_t interest(const wire::TextSession& session) {
  return Stream::polled(session.input_room() != 0, !session.output().empty());
}

bool holds_leases(const TextConnection& connection) {
  return connection.session.protocol() >= 3;
}

}  // namespace

TextListener::TextListener(boost::asio::io_context& io, TextListenerOptions options,
                           std::function<Now()> clock, port::EventSink& sink, port::LogSink& log)
    : io_(io),
      options_(std::move(options)),
      clock_(std::move(clock)),
      sink_(sink),
      log_(log),
      epoll_(io, new_epoll()),
      timer_(io),
      acceptor_(io, options_.doors, *this, log),
      connections_(options_.source),
      scratch_(kScratch),
      now_(clock_().boot),
      finish_timer_(io) {
  watch_epoll();
}

TextListener::~TextListener() = default;

void TextListener::reply(CallerId caller, const core::Answer& answer) {
  TextConnection* const connection = connections_.by_caller(caller);
  if (connection == nullptr) return;
  see_the_time();
  connection->caller = {};
  take(*connection, connection->session.answered(answer, now_));
  touch(*connection);
}

void TextListener::tell(CallerId caller, const core::Progress& progress) {
  TextConnection* const connection = connections_.by_caller(caller);
  if (connection == nullptr) return;
  see_the_time();
  connection->session.told(progress, now_);
  touch(*connection);
}

void TextListener::notify(ConnectionId id, const core::Notice& notice) {
  TextConnection* const connection = connections_.by_connection(id);
  if (connection == nullptr) return;
  see_the_time();
  connection->session.noticed(notice, now_);
  touch(*connection);
}

void TextListener::finish(Duration limit, std::function<void()> done) {
  acceptor_.stop();
  finishing_ = true;
  done_ = std::move(done);
  see_the_time();
  for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
    if (TextConnection* const connection = connections_.in_slot(slot)) {
      connection->session.stop(now_);
      touch(*connection);
    }
  }
  finish_timer_.expires_after(limit);
  finish_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
      if (TextConnection* const connection = connections_.in_slot(slot)) close(*connection);
    }
    finish_if_empty();
  });
  boost::asio::post(io_, [this] { finish_if_empty(); });
}

void TextListener::finish_if_empty() {
  if (!finishing_ || connections_.size() != 0 || !done_) return;
  finish_timer_.cancel();
  std::exchange(done_, nullptr)();
}

void TextListener::watch_epoll() {
  epoll_.async_wait(epoll_.wait_read, [this](boost::system::error_code cancelled) {
    if (cancelled) return;
    turn();
    watch_epoll();
  });
}

// What can wait is a full backlog at each door and something from each client; who comes while this
// runs is heard in the next turn.
void TextListener::read_what_waits() {
  const std::size_t most = connections_.size() + acceptor_.waiting_max();
  bool more = true;
  for (std::size_t turns = 2 + most / Acceptor::kAcceptsATurn; more && turns != 0; --turns) {
    const bool at_doors = acceptor_.accept_waiting();
    more = turn() || at_doors;
  }
}

// Whether more may wait.
bool TextListener::turn() {
  std::array<epoll_event, kEventsATurn> events;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kEventsATurn, 0);
  now_ = clock_().boot;
  in_turn_ = true;
  for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
  end_turn();
  return count == kEventsATurn;
}

void TextListener::end_turn() {
  in_turn_ = true;
  settle_touched();
  in_turn_ = false;
  arm_timer();
  finish_if_empty();
}

void TextListener::expire() {
  read_what_waits();  // nobody's time is up who has spoken in it
  now_ = clock_().boot;
  in_turn_ = true;
  while (const auto slot = deadlines_.take_due(now_)) {
    TextConnection& connection = *connections_.in_slot(*slot);
    take(connection, connection.session.time_passed(now_));
    touch(connection);
  }
  end_turn();
}

// One timer for everybody. It is only moved forward: when it comes too early, it is set again.
void TextListener::arm_timer() {
  const std::optional<Instant> next = deadlines_.earliest();
  if (!next || (timer_at_ && *timer_at_ <= *next)) return;
  timer_at_ = next;
  timer_.expires_after(std::max(Duration{0}, *next - now_));
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    timer_at_.reset();
    expire();
  });
}

// Outside of a turn: within one it is read once.
void TextListener::see_the_time() {
  if (!in_turn_) now_ = clock_().boot;
}

void TextListener::admit(UniqueFd fd) {
  see_the_time();
  add(std::move(fd), wire::TextSession(options_.text, now_), false);
}

// An answer must not be destroyed by a reset, so refused clients are lingered for like others;
// beyond a number of them, only what has already arrived is read.
void TextListener::refuse(UniqueFd fd, const std::string& why) {
  see_the_time();
  const std::string line = str("ERROR: ", why);
  if (refused_ < Acceptor::kRefusedAtOnce) {
    ++refused_;
    return add(std::move(fd), wire::TextSession::refusing(options_.text, now_, line), true);
  }
  Stream stream(std::move(fd));
  stream.write(line + '\n', true);
  stream.shut();
  stream.read(scratch_);
}

// Its command is often here already: read at once.
void TextListener::add(UniqueFd fd, wire::TextSession session, bool refused) {
  TextConnection& connection = connections_.add(Stream(std::move(fd)), std::move(session));
  connection.refused = refused;
  connection.watched = EPOLLIN;
  epoll_event event{};
  event.events = connection.watched;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, connection.stream.fd(), &event);
  read_from(connection);
  touch(connection);
}

void TextListener::handle(const epoll_event& event) {
  TextConnection* const connection = connections_.by_id(event.data.u64);
  if (connection == nullptr) return;
  touch(*connection);
  wire::TextSession& session = connection->session;
  const bool hung_up = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  connection->unwanted = (event.events & (EPOLLIN | EPOLLOUT) & ~interest(session)) != 0;
  // Before a reset counts, so that a complete line in front of it does.
  if (hung_up || (event.events & EPOLLIN) != 0) read_from(*connection);
  // While it lingers both directions are shut, which is a hang-up too: reading has seen the end.
  if (hung_up && session.phase() != wire::TextSession::Phase::kLingering) session.reset();
}

void TextListener::read_from(TextConnection& connection) {
  wire::TextSession& session = connection.session;
  const std::size_t room = std::min(session.input_room(), scratch_.size());
  if (room == 0) return;
  const Stream::Result got = connection.stream.read({scratch_.data(), room});
  if (got.outcome == Stream::Outcome::kDone) {
    take(connection, session.received({scratch_.data(), got.bytes}, now_));
  } else if (got.outcome == Stream::Outcome::kEnd) {
    take(connection, session.input_ended(now_));
  } else if (got.outcome == Stream::Outcome::kBroken) {
    session.reset();
  }
}

void TextListener::write_to(TextConnection& connection) {
  wire::TextSession& session = connection.session;
  while (!session.output().empty() && session.phase() != wire::TextSession::Phase::kClosed) {
    const bool last = session.phase() == wire::TextSession::Phase::kEnding;
    const Stream::Result sent = connection.stream.write(session.output(), last);
    if (sent.outcome == Stream::Outcome::kLater) return;
    if (sent.outcome == Stream::Outcome::kBroken) return session.reset();
    take(connection, session.wrote(sent.bytes, now_));
  }
}

// Only of those who end something: the others are asked for nothing, and cost nothing.
core::Origin TextListener::origin_of(const TextConnection& connection,
                                     const core::Request& request) {
  if (!std::holds_alternative<core::Release>(request) &&
      !std::holds_alternative<core::TerminateAll>(request)) {
    return {};
  }
  return {connection.stream.peer(), connection.session.client()};
}

void TextListener::take(TextConnection& connection, wire::TextSession::Asked asked) {
  if (!asked) return;
  connections_.new_caller(connection);
  core::Origin origin = origin_of(connection, *asked);
  const ConnectionId stays =
      holds_leases(connection) ? connections_.id_of(connection) : ConnectionId{};
  sink_.post(core::Asked{connection.caller, std::move(*asked), std::move(origin), stays});
}

// Whatever happens to a connection within a turn is carried out at the turn's end, so that ten
// answers are one write. Outside of a turn, one is asked for.
void TextListener::touch(TextConnection& connection) {
  if (std::exchange(connection.touched, true)) return;
  touched_.push_back(connection.slot());
  if (in_turn_ || std::exchange(turn_wanted_, true)) return;
  boost::asio::post(io_, [this] {
    turn_wanted_ = false;
    now_ = clock_().boot;
    end_turn();
  });
}

void TextListener::settle_touched() {
  // A connection that is added while this runs is not in the list before it was touched itself.
  const std::vector<std::uint32_t> touched = std::exchange(touched_, {});
  for (const std::uint32_t slot : touched) {
    TextConnection* const connection = connections_.in_slot(slot);
    if (connection != nullptr && std::exchange(connection->touched, false)) settle(*connection);
  }
}

void TextListener::settle(TextConnection& connection) {
  using Phase = wire::TextSession::Phase;
  wire::TextSession& session = connection.session;
  write_to(connection);
  if (!within_memory(connection)) session.reset();
  if (session.phase() == Phase::kLingering && !std::exchange(connection.shut, true)) {
    connection.stream.shut();
    if ((connection.watched & EPOLLIN) == 0) read_from(connection);
  }
  if (session.phase() != Phase::kWaiting && connection.caller.value != 0) {
    sink_.post(core::CallerGone{std::exchange(connection.caller, {})});
  }
  if (session.phase() == Phase::kClosed) return close(connection);
  watch(connection);
  if (const auto deadline = session.deadline()) {
    deadlines_.set(connection.slot(), *deadline);
  } else {
    deadlines_.clear(connection.slot());
  }
}

// Whoever makes the sum too large is the one to go, unless it holds little itself.
bool TextListener::within_memory(TextConnection& connection) {
  held_ -= connection.held;
  connection.held = connection.session.bytes_held();
  held_ += connection.held;
  const std::size_t most = options_.client_memory_mib * 1024 * 1024;
  if (held_ < most / 2) told_memory_ = false;
  if (held_ <= most || connection.held <= kModest) return true;
  if (!std::exchange(told_memory_, true)) {
    log_.write({core::LogLevel::kAlert, "listener.memory",
                str("the buffers of ", connections_.size(), " clients hold ", held_ / 1024 / 1024,
                    " MiB (client_memory_mib ", options_.client_memory_mib,
                    "): closing those who do not read their answers; raise client_memory_mib if "
                    "they are yours"),
                "listener.memory"});
  }
  return false;
}

// What is no longer wanted is left watched until it happens: mostly the connection ends before.
void TextListener::watch(TextConnection& connection) {
  const std::uint32_t wanted = interest(connection.session);
  const bool more = (wanted & ~connection.watched) != 0;
  if (!more && !std::exchange(connection.unwanted, false)) return;
  if (wanted == connection.watched) return;
  connection.watched = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, connection.stream.fd(), &event);
}

void TextListener::close(TextConnection& connection) {
  if (holds_leases(connection)) sink_.post(core::ConnectionLost{connections_.id_of(connection)});
  held_ -= connection.held;
  deadlines_.clear(connection.slot());
  if (connection.refused) --refused_;
  connections_.remove(connection);
}

}  // namespace cb::io
