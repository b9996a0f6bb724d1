#include "core/watch/cloud_watches.h"

namespace cb::core {

void CloudWatches::identified(const CloudIdentity& identity) {
  const bool was_open = step_.cloud_open;
  if (account_.identified(identity)) {
    if (was_open || !step_.cloud_open) return;
    for (auto& [region, watch] : watches_)
      watch.doubt_trouble();  // that of the former keys, perhaps
    return;
  }
  for (auto& [region, watch] : watches_) watch.keys_refused();
}

void CloudWatches::keys_changed() {
  account_.keys_changed();
  for (auto& [region, watch] : watches_) watch.keys_changed();
}

void CloudWatches::listed(const Listed& answer) {
  for (auto& [region, watch] : watches_) {
    if (watch.listed(answer)) return;
  }
}

// Whoever comes while one of them is being asked is content with that answer.
void CloudWatches::doubt_trouble(std::span<const std::string> regions) {
  for (const std::string& region : regions) {
    if (step_.cloud(region).trouble_doubted) return;
  }
  for (const std::string& region : regions) {
    const auto found = watches_.find(region);
    if (found != watches_.end()) found->second.doubt_trouble();
  }
}

void CloudWatches::list_for(CallerId caller) {
  if (const std::string& trouble = step_.cloud_trouble(); !step_.cloud_open && !trouble.empty()) {
    return step_.act(Reply{caller, CommandFailed{trouble}});
  }
  listers_.ask(caller, watches_.size());
  for (auto& [region, watch] : watches_) watch.list_for(caller);
}

void CloudWatches::forget(CallerId caller) {
  listers_.forget(caller);
  for (auto& [region, watch] : watches_) watch.forget(caller);
}

void CloudWatches::schedule(bool hurry) {
  if (watches_.size() != step_.clouds.size()) {  // none of either ever goes
    for (const auto& [region, cloud] : step_.clouds) watches_.try_emplace(region, region, shared_);
  }
  for (auto& [region, watch] : watches_) watch.schedule(hurry);
  step_.journal_is_new = step_.journal_is_new && !step_.all_heard_of();
}

void CloudWatches::listing_due(const std::string& region) {
  const auto found = watches_.find(region);
  if (found != watches_.end()) found->second.listing_due();
}

void CloudWatches::patience_ended() {
  for (auto& [region, watch] : watches_) watch.patience_ended();
}

}  // namespace cb::core
