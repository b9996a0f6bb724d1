#include "driver/driver.h"

#include <iterator>
#include <utility>

namespace cb::driver {
namespace {

struct Act {
  Ports& ports;

  void operator()(const core::Reply& a) { ports.replies.reply(a.caller, a.answer); }
  void operator()(const core::Tell& a) { ports.replies.tell(a.caller, a.progress); }
  void operator()(const core::Notify& a) { ports.replies.notify(a.connection, a.notice); }
  void operator()(const core::Identify& a) { ports.cloud.identify(a); }
  void operator()(const core::LaunchInstance& a) { ports.cloud.launch(a); }
  void operator()(const core::ListInstances& a) { ports.cloud.list(a); }
  void operator()(const core::TerminateInstances& a) { ports.cloud.terminate(a); }
  void operator()(const core::TagInstances& a) { ports.cloud.tag(a); }
  void operator()(const core::ProbeWorker& a) { ports.prober.probe(a); }
  void operator()(const core::HangUp& a) { ports.prober.hang_up(a.worker); }
  void operator()(const core::Log& a) { ports.log.write(a); }
};

template <class T>
void append(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Driver::Driver(core::Broker& broker, Ports ports) : broker_(broker), ports_(ports) {}

void Driver::post(core::Event event) {
  queue_.push_back(std::move(event));
}

void Driver::run(Now now) {
  for (std::size_t left = queue_.size(); left != 0; --left) {
    const core::Event event = std::move(queue_.front());
    queue_.pop_front();
    step(now, event);
  }
  // Last, so that whoever asked in time is heard before a worker's time is up.
  if (const auto due = next_deadline(); due && *due <= now.boot) step(now, core::TimePassed{});
  if (!save(now)) drop_launches();
  act();
  batch_.save.clear();
}

void Driver::act() {
  for (const core::Action& action : batch_.then) std::visit(Act{ports_}, action);
  batch_.then.clear();
}

void Driver::step(Now now, const core::Event& event) {
  core::Decision decision = broker_.step(now, event);
  for (const core::Change& change : decision.save) {
    const auto* settled = std::get_if<core::DropAttempt>(&change);
    if (settled != nullptr) take_back(settled->token);
  }
  append(batch_.save, std::move(decision.save));
  append(batch_.then, std::move(decision.then));
}

// A later step of the batch knows what became of the launch: its intent is saved no more.
void Driver::take_back(const LaunchToken& token) {
  std::erase_if(batch_.then, [&](const core::Action& action) {
    const auto* launch = std::get_if<core::LaunchInstance>(&action);
    return launch != nullptr && launch->token == token;
  });
}

// Whether everything decided so far is durable.
bool Driver::save(Now now) {
  if (batch_.save.empty()) return unsaved_.empty();
  if (unsaved_.empty()) {
    const Status status = ports_.store.commit(batch_.save, now);
    if (status) return true;
    save_trouble_ = status.error().what;
    unsaved_.fold(batch_.save);
    return false;
  }
  unsaved_.fold(batch_.save);
  const Status status = ports_.store.commit(unsaved_.changes(), now);
  if (!status) {
    save_trouble_ = status.error().what;
    return false;
  }
  unsaved_.clear();
  queue_.push_front(core::SaveWorks{});
  return true;
}

void Driver::drop_launches() {
  core::SaveFailed failed{save_trouble_, {}};
  std::erase_if(batch_.then, [&](const core::Action& action) {
    const auto* launch = std::get_if<core::LaunchInstance>(&action);
    if (launch != nullptr) failed.launches_not_made.push_back(launch->token);
    return launch != nullptr;
  });
  if (batch_.save.empty() && failed.launches_not_made.empty()) return;
  queue_.push_front(std::move(failed));
}

}  // namespace cb::driver
