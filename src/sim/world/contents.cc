#include "sim/world/contents.h"

namespace cb::sim {
namespace {

std::int64_t number(const std::optional<WallTime>& time) {
  return time ? time->time_since_epoch().count() : -1;
}

struct FoldAnswer {
  Timeline& timeline;

  void operator()(const core::WorkerAddress& worker) {
    timeline.fold(worker.address, to_text(worker.lease));
  }
  void operator()(const core::WorkerAddresses& all) {
    for (const core::WorkerAddress& worker : all.workers) (*this)(worker);
  }
  void operator()(const core::Ok&) {}
  void operator()(const core::Refused& refused) {
    timeline.fold(to_string(refused.reason));
    timeline.fold(refused.why);
  }
  void operator()(const core::StatusRows& status) {
    for (const core::StatusRow& row : status.rows) {
      timeline.fold(row.instance.value, row.address, row.idle.count(),
                    row.ends_in.value_or(Duration{-1}).count(),
                    row.busy ? static_cast<int>(*row.busy) : -1, row.pool.value, row.type,
                    to_string(row.market), row.zone, number(row.launched), row.handed_out);
      for (const core::LeaseRow& lease : row.leases) {
        timeline.fold(to_text(lease.lease), lease.client, lease.connected, lease.ends_in.count());
      }
    }
  }
  // What it says is in the others' answers; its waiters and troubles are its own.
  void operator()(const core::Overview& all) {
    timeline.fold(all.ready.size(), all.coming.size(), all.ending.size(), all.waiting);
    for (const std::string& trouble : all.troubles) timeline.fold(trouble);
  }
  void operator()(const core::AllInstances& all) {
    for (const core::ListedInstance& listed : all.instances) {
      fold(timeline, listed.view);
      timeline.fold(listed.address);
    }
  }
  void operator()(const core::TerminatedIds& ended) {
    timeline.fold(ended.nothing_to_do);
    for (const InstanceId& id : ended.ids) timeline.fold(id.value);
    for (const auto& one : ended.refused) timeline.fold(one.id.value, one.why);
  }
  void operator()(const core::CommandFailed& failed) { timeline.fold(failed.why); }
};

}  // namespace

void fold(Timeline& timeline, const core::InstanceView& view) {
  timeline.fold(view.id.value, to_string(view.state), view.type, to_string(view.market), view.image,
                view.zone, view.public_address, view.private_address, number(view.launched),
                view.token.value, view.state_reason_code, view.state_reason, number(view.ended));
  for (const auto& [key, value] : view.tags) timeline.fold(key, value);
}

void fold(Timeline& timeline, const core::Answer& answer) {
  timeline.fold(answer.index());
  std::visit(FoldAnswer{timeline}, answer);
}

void fold(Timeline& timeline, const core::LedgerRecord& line) {
  timeline.fold(line.id.value, line.pool.value, line.account, line.region, to_string(line.market),
                line.type, line.zone, number(line.launched), number(line.ended), line.end_reason,
                line.handed_out);
}

}  // namespace cb::sim
