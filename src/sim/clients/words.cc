// What clients ask and hear, for the timeline and the summary.

#include "base/text.h"
#include "sim/clients/clients.h"

namespace cb::sim {
namespace {

using core::Answer;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// What it is to be.
std::string asked_of(const core::GetWorker& get) {
  std::string out;
  if (get.cores != 0) out += str(" cores=", get.cores);
  if (get.type) out += str(" type=", *get.type);
  if (get.market) out += str(" market=", to_string(*get.market));
  if (get.region) out += str(" region=", *get.region);
  if (get.count != 1) out += str(" count=", get.count);
  if (get.alone) out += " exclusive=1";
  return out;
}

std::string named(LeaseId lease) {
  return lease.none() ? std::string() : str(" lease=", to_text(lease));
}

}  // namespace

std::string_view kind_of(const Answer& answer) {
  return std::visit(Overloaded{[](const core::WorkerAddress&) { return "address"; },
                               [](const core::WorkerAddresses&) { return "addresses"; },
                               [](const core::Ok&) { return "ok"; },
                               [](const core::Refused&) { return "refused"; },
                               [](const core::StatusRows&) { return "status"; },
                               [](const core::Overview&) { return "overview"; },
                               [](const core::AllInstances&) { return "instances"; },
                               [](const core::TerminatedIds& ids) {
                                 return ids.nothing_to_do ? "nothing-to-do" : "terminated";
                               },
                               [](const core::CommandFailed&) { return "failed"; }},
                    answer);
}

std::string describe(const core::Request& request) {
  return std::visit(
      Overloaded{
          [](const core::GetWorker& get) {
            return str("GET_WORKER pool=", get.pool.value,
                       " wait=", get.wait ? to_string(*get.wait) : "usual", asked_of(get));
          },
          [](const core::Ping& ping) { return str("PING ", ping.address); },
          [](const core::Release& release) {
            return str("RELEASE ", release.address, named(release.lease));
          },
          [](const core::Renew& renew) { return str("RENEW", named(renew.lease)); },
          [](const core::ShowStatus& show) { return str("STATUS", show.everything ? " all" : ""); },
          [](const core::ListAll&) { return str("LIST_ALL"); },
          [](const core::TerminateAll&) { return str("TERMINATE_ALL"); }},
      request);
}

std::string describe(const Answer& answer) {
  return std::visit(
      Overloaded{
          [](const core::WorkerAddress& worker) {
            return str(worker.address, named(worker.lease));
          },
          [](const core::WorkerAddresses& all) {
            std::string text;
            for (const core::WorkerAddress& one : all.workers) {
              text += str(text.empty() ? "" : " ", one.address, named(one.lease));
            }
            return text;
          },
          [](const core::Ok&) { return str("OK"); },
          [](const core::Refused& refused) { return str("ERROR: ", refused.why); },
          [](const core::StatusRows& status) { return str(status.rows.size(), " rows"); },
          [](const core::Overview& all) { return str(all.ready.size(), " ready"); },
          [](const core::AllInstances& all) { return str(all.instances.size(), " instances"); },
          [](const core::TerminatedIds& ids) { return str("ended ", ids.ids.size()); },
          [](const core::CommandFailed& failed) { return str("failed: ", failed.why); }},
      answer);
}

}  // namespace cb::sim
