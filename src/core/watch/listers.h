#pragma once
// Who asked LIST_ALL, until every region has shown what it has. One that cannot is the answer: a
// list that leaves instances out would be a false one.

#include <map>
#include <string>
#include <utility>

#include "core/step/step.h"

namespace cb::core {

class Listers {
 public:
  explicit Listers(Step& step) : step_(step) {}

  // `regions`: how many are asked, at least one.
  void ask(CallerId caller, std::size_t regions) { waiting_[caller].left = regions; }
  void forget(CallerId caller) { waiting_.erase(caller); }
  // One region's part. The last one answers.
  void shown(CallerId caller, const AllInstances& part) {
    const auto found = waiting_.find(caller);
    if (found == waiting_.end()) return;
    auto& all = found->second.all.instances;
    all.insert(all.end(), part.instances.begin(), part.instances.end());
    if (--found->second.left != 0) return;
    step_.act(Reply{caller, std::move(found->second.all)});
    waiting_.erase(found);
  }
  void failed(CallerId caller, const std::string& why) {
    if (waiting_.erase(caller) != 0) step_.act(Reply{caller, CommandFailed{why}});
  }

 private:
  struct Waiting {
    std::size_t left = 0;
    AllInstances all;
  };
  Step& step_;
  std::map<CallerId, Waiting> waiting_;
};

}  // namespace cb::core
