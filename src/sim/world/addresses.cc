#include "sim/world/addresses.h"

#include "base/text.h"

namespace cb::sim {
namespace {

Addresses::Pair pair_of(int number) {
  return {number, str("198.51.100.", number), str("10.0.0.", number)};
}

}  // namespace

Addresses::Addresses(int count, Prng prng) : prng_(prng) {
  for (int number = count; number > 0; --number) free_.push_back(number);
}

std::optional<Addresses::Pair> Addresses::take(Instance& holder) {
  if (free_.empty()) return {};
  const std::size_t from_last = prng_.chance(70) ? 0 : prng_.below(free_.size());
  const std::size_t index = free_.size() - 1 - from_last;
  const Pair pair = pair_of(free_[index]);
  free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(index));
  holders_[pair.public_address] = &holder;
  holders_[pair.private_address] = &holder;
  return pair;
}

void Addresses::give_back(const Instance& holder) {
  const auto found = holders_.find(holder.private_address);
  if (found == holders_.end() || found->second != &holder) return;
  const auto number = parse_int(holder.private_address.substr(sizeof "10.0.0." - 1));
  const Pair pair = pair_of(static_cast<int>(*number));
  leavers_[pair.public_address] = leavers_[pair.private_address] = &holder;
  holders_.erase(pair.public_address);
  holders_.erase(pair.private_address);
  free_.push_back(pair.number);
}

const Instance* Addresses::latest_leaver(const std::string& address) const {
  const auto found = leavers_.find(address);
  return found == leavers_.end() ? nullptr : found->second;
}

Instance* Addresses::holder(const std::string& address) const {
  const auto found = holders_.find(address);
  return found == holders_.end() ? nullptr : found->second;
}

}  // namespace cb::sim
