// Reading EC2's listing of many instances, against pugixml's bare parse of the same bytes, turn by
// turn. Prints one JSON object.
//
//   bench-parse [INSTANCES [ROUNDS]]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <pugixml.hpp>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "wire/ec2_response.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace cb::bench {
namespace {

// The fields of a real answer of today, most of which the broker does not read.
std::string item(std::size_t number) {
  return str(
      "<item><reservationId>r-0", 1'000'000'000'000'000 + number,
      "</reservationId><ownerId>111122223333</ownerId><groupSet/"
      "><instancesSet><item><instanceId>i-0",
      1'000'000'000'000'000 + number,
      "</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code><name>"
      "running</name></instanceState><privateDnsName>ip-10-0-0-1.ec2.internal</privateDnsName>"
      "<dnsName>ec2-198-51-100-7.compute-1.amazonaws.com</dnsName><reason/><keyName>dserv-workers"
      "</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>c7i.16xlarge"
      "</instanceType><launchTime>2026-11-23T10:00:00.000Z</launchTime><placement>"
      "<availabilityZone>us-east-1b</availabilityZone><groupName/><tenancy>default</tenancy>"
      "</placement><monitoring><state>disabled</state></monitoring><subnetId>"
      "subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>"
      "10.0.0.1</privateIpAddress><ipAddress>198.51.100.7</ipAddress><sourceDestCheck>true"
      "</sourceDestCheck><groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>"
      "dserv-workers</groupName></item></groupSet><architecture>x86_64</architecture>"
      "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/sda1</rootDeviceName>"
      "<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>"
      "vol-0123456789abcdef0</volumeId><status>attached</status><attachTime>"
      "2026-11-23T10:00:01.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs>"
      "</item></blockDeviceMapping><instanceLifecycle>spot</instanceLifecycle>"
      "<spotInstanceRequestId>sir-abcdefgh</spotInstanceRequestId><virtualizationType>hvm"
      "</virtualizationType><clientToken>benchmark-",
      number,
      "</clientToken><tagSet><item><key>Name</key><value>dserv-worker</value></item><item><key>"
      "compute-broker</key><value>default</value></item><item><key>compute-broker-pool</key><value>"
      "default</value></item><item><key>compute-broker-token</key><value>benchmark-",
      number,
      "</value></item><item><key>compute-broker-expires</key><value>2026-11-23T22:00:00Z</value>"
      "</item></tagSet><hypervisor>xen</hypervisor><networkInterfaceSet><item><networkInterfaceId>"
      "eni-0123456789abcdef0</networkInterfaceId><subnetId>subnet-0123456789abcdef0</subnetId>"
      "<vpcId>vpc-0123456789abcdef0</vpcId><description/><ownerId>111122223333</ownerId><status>"
      "in-use</status><macAddress>0a:00:00:00:00:01</macAddress><privateIpAddress>10.0.0.1"
      "</privateIpAddress><sourceDestCheck>true</sourceDestCheck><attachment><attachmentId>"
      "eni-attach-0123456789abcdef0</attachmentId><deviceIndex>0</deviceIndex><status>attached"
      "</status></attachment></item></networkInterfaceSet><ebsOptimized>true</ebsOptimized>"
      "<cpuOptions><coreCount>32</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>"
      "<metadataOptions><state>applied</state><httpTokens>required</httpTokens>"
      "<httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>"
      "</metadataOptions></item></instancesSet></item>");
}

struct Cost {
  double seconds = 0;
  std::size_t allocations = 0;
};

Cost cost_of(const std::string& body, const std::function<void(std::string)>& read) {
  std::string copy = body;
  const std::size_t before = allocations;
  const auto begun = std::chrono::steady_clock::now();
  read(std::move(copy));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return {took.count(), allocations - before};
}

void print_rates(const char* name, const std::vector<Cost>& costs, double megabytes) {
  std::printf("\"%s\":[", name);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    std::printf("%s%.1f", i == 0 ? "" : ",", megabytes / costs[i].seconds);
  }
  std::printf("],");
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  using namespace cb::bench;
  const auto instances = static_cast<std::size_t>(argc > 1 ? std::atoll(argv[1]) : 1000);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 51;
  std::string body = "<DescribeInstancesResponse><reservationSet>";
  for (std::size_t i = 0; i < instances; ++i) body += item(i);
  body += "</reservationSet></DescribeInstancesResponse>";
  // Allocations of the bare parse are counted too: pugixml is given the same allocator.
  pugi::set_memory_management_functions([](std::size_t size) { return ::operator new(size); },
                                        [](void* memory) { ::operator delete(memory); });
  std::vector<Cost> bare, ours;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(cost_of(body, [](std::string text) {
      pugi::xml_document document;
      CHECK(document.load_buffer_inplace(text.data(), text.size()));
    }));
    ours.push_back(cost_of(body, [&](std::string text) {
      const auto page = cb::wire::decode_describe_instances(std::move(text));
      CHECK(page && page->instances.size() == instances);
    }));
  }
  const double megabytes = static_cast<double>(body.size()) / 1e6;
  std::printf("{\"instances\":%zu,\"bytes\":%zu,", instances, body.size());
  print_rates("bare_mb_s", bare, megabytes);
  print_rates("ours_mb_s", ours, megabytes);
  std::printf("\"bare_allocations\":%zu,\"our_allocations\":%zu}\n", bare.back().allocations,
              ours.back().allocations);
}
